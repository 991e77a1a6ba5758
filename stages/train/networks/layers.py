"""What several networks share."""

from collections.abc import Iterator, Sequence
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

PRIMES = (1_000_003, 998_244_353, 2_147_483_647, 1_000_000_007, 1_500_450_271, 776_531_401)

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "gelu": nn.GELU,
}


def activation(name: str) -> nn.Module:
    """A fresh non-linearity."""
    return _ACTIVATIONS[name]()


class Pixels(nn.Module):
    """Pixel values, int64 (batch, length), as numbers from -1 to 1, (batch, length, 1), 0 where masked."""

    def __init__(self, shape: Sequence[int]) -> None:
        """`shape` is height, width and channels of every image."""
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return ((ids.float() / 127.5 - 1) * mask).unsqueeze(-1)

    def planes(self, numbers: Tensor) -> Tensor:
        """What `forward` gave as (batch, channels, height, width)."""
        return numbers.reshape(-1, *self.shape).permute(0, 3, 1, 2)


def fixed_length(network: nn.Module) -> int | None:
    """The one length of rows that a network for images reads; None for a network that reads any."""
    found = next((one for one in network.modules() if isinstance(one, Pixels)), None)
    return None if found is None else prod(found.shape)


def attention_stack(network: nn.Module) -> tuple[nn.Module, str, list[nn.Module]]:
    """The module that holds the network's attention layers, its name for them, and the layers, if any."""
    for module in network.modules():
        for name, stack in module.named_children():
            if isinstance(stack, nn.ModuleList) and len(stack) and _attends(stack[0]):
                return module, name, list(stack)
    return network, "", []


def embeddings_of(network: nn.Module) -> list[nn.Module]:
    """The tables of embeddings, and what a pretrained network keeps beside them, such as their norms."""
    return [
        module
        for name, module in network.named_modules()
        if isinstance(module, nn.Embedding) or "embed" in name.rpartition(".")[2]
    ]


def freeze_lowest(network: nn.Module, layers: int) -> None:
    """Keeps the embeddings, with their norms, and the `layers` lowest attention layers as they are.

    What does not learn gives the same in training as after it: its dropout, a tenth of a step, is taken out.
    """
    for module in (*embeddings_of(network), *attention_stack(network)[2][:layers]):
        module.requires_grad_(False)
        for part in module.modules():
            if isinstance(part, nn.Dropout):
                part.p = 0.0


def _attends(layer: nn.Module) -> bool:
    return "attention" in " ".join(name.lower() for name, _ in layer.named_modules())


def ngram_keys(ids: Tensor, mask: Tensor, longest: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields a number for each n-gram of two and more tokens, at its first token, and whether it is there.

    Both are (batch, length); a number is a sum of ids times large odd multipliers, to be taken modulo the
    number of buckets (multiplicative hashing, Knuth 6.4).
    """
    length = ids.shape[1]
    spare = (0, longest - 1)
    ids, mask = pad(ids, spare), pad(mask, spare)
    key = ids[:, :length] * PRIMES[0]
    for reach in range(1, longest):
        key = key + ids[:, reach : reach + length] * PRIMES[reach]
        # an n-gram counts where its last token does
        yield key, mask[:, reach : reach + length]


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """Mean over the tokens: states (batch, length, width) and mask (batch, length) to (batch, width)."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def masked_max(states: Tensor, mask: Tensor) -> Tensor:
    """Maximum over the tokens: states (batch, length, width) and mask (batch, length) to (batch, width)."""
    return states.masked_fill(mask.unsqueeze(-1) == 0, torch.finfo(states.dtype).min).amax(1)
