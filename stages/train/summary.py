"""What a network costs, told before it is trained: weights, multiply-adds, memory."""

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from stages.params.train import Train
from stages.tokenize.arrays import TokenSplit
from stages.train.objectives import Objective

_STATES = {"sgd": 1, "rmsprop": 2, "adam": 2, "adamw": 2}
"""numbers that an optimiser keeps for each weight: momentum, squares of gradients"""


@dataclass(frozen=True)
class Summary:
    """A network's size and what a step of training needs; megabytes are estimates in millions of bytes."""

    parameters: int
    trainable: int
    length: int
    """tokens of the row that is counted: the mean of the training split"""
    multiply_adds: int
    """of one such row, forward: matrix products, convolutions and recurrences"""
    weights_mb: float
    gradients_mb: float
    optimizer_mb: float
    activations_mb: float
    """what a batch of such rows keeps for the backward pass"""

    def metrics(self) -> dict[str, Any]:
        """As numbers under names."""
        return asdict(self)

    def lines(self) -> list[str]:
        """In a few words."""
        whole = self.weights_mb + self.gradients_mb + self.optimizer_mb + self.activations_mb
        return [
            f"{self.parameters:,} parameters, {self.trainable:,} of them learn; "
            f"{self.multiply_adds / 1e6:,.2f} million multiply-adds for a row of {self.length} tokens",
            f"memory of a step: some {whole:,.1f} MB (weights {self.weights_mb:,.1f}, gradients "
            f"{self.gradients_mb:,.1f}, optimiser {self.optimizer_mb:,.1f}, activations "
            f"{self.activations_mb:,.1f})",
        ]


def summarise(
    network: nn.Module, objective: Objective, split: TokenSplit, params: Train, low: bool
) -> Summary:
    """Measures one row, of about the mean length of `split`, and reckons a batch of them.

    Neither the network nor torch's global seed is changed.

    Args:
        low: whether training computes in bfloat16 or float16 where it can.
    """
    length = max(1, round(float(split.lengths.mean())))
    row = int(np.abs(split.lengths - length).argmin())
    batch = objective.collate(split, [row])
    learning = [one for one in network.parameters() if one.requires_grad]
    trainable = sum(one.numel() for one in learning)
    state = _STATES[params.optimizer] if params.momentum or params.optimizer != "sgd" else 0
    with torch.random.fork_rng(devices=[]):
        kept = _kept(network, batch["ids"], batch["mask"], low)
        counted = _multiply_adds(network, batch["ids"], batch["mask"])
    return Summary(
        parameters=sum(one.numel() for one in network.parameters()),
        trainable=trainable,
        length=int(split.lengths[row]),
        multiply_adds=counted,
        weights_mb=round(sum(one.numel() * one.element_size() for one in network.parameters()) / 1e6, 3),
        gradients_mb=round(4 * trainable / 1e6, 3),
        optimizer_mb=round(4 * state * trainable / 1e6, 3),
        activations_mb=round(kept * params.batch_size / 1e6, 3),
    )


def _kept(network: nn.Module, ids: Tensor, mask: Tensor, low: bool) -> int:
    """Bytes that a forward pass keeps for the backward pass, weights aside."""
    weights = {one.untyped_storage().data_ptr() for one in network.parameters()}
    sizes: dict[int, int] = {}
    alive = []

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)  # or another tensor could get its place, and be taken for it
        return tensor

    training = network.training
    noted = {name: one.clone() for name, one in network.named_buffers()}  # normalisation counts what it sees
    network.train()
    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=low),
    ):
        network(ids, mask)
    network.train(training)
    network.load_state_dict(noted, strict=False)
    return sum(sizes.values())


def _multiply_adds(network: nn.Module, ids: Tensor, mask: Tensor) -> int:
    """Of a forward pass. Fused kernels are taken apart for it: the counter knows their parts only."""
    training = network.training
    network.eval()
    with (
        warnings.catch_warnings(action="ignore"),  # of a switch of oneDNN that changes its name
        torch.no_grad(),
        sdpa_kernel(SDPBackend.MATH),
        torch.backends.mkldnn.flags(enabled=False),
        FlopCounterMode(display=False) as counter,
    ):
        network(ids, mask)
    network.train(training)
    return counter.get_total_flops() // 2
