"""What several networks share."""

import torch
from torch import Tensor, nn

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "gelu": nn.GELU,
}


def activation(name: str) -> nn.Module:
    """A fresh non-linearity."""
    return _ACTIVATIONS[name]()


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """Mean over the tokens: states (batch, length, width) and mask (batch, length) to (batch, width)."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def masked_max(states: Tensor, mask: Tensor) -> Tensor:
    """Maximum over the tokens: states (batch, length, width) and mask (batch, length) to (batch, width)."""
    return states.masked_fill(mask.unsqueeze(-1) == 0, torch.finfo(states.dtype).min).amax(1)
