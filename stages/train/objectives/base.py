"""The learning side of a task, as the training loop sees it."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from stages.tokenize.arrays import TokenSplit

Batch = dict[str, Tensor]
"""Holds `ids` and `mask` (batch, length), `rows` (batch,) and what the objective itself needs."""


class Objective(Protocol):
    """What the training loop needs to know of a task without knowing which task it is."""

    outputs: int
    """width of the network's output"""
    width: int
    """numbers that `outcome` keeps of each row"""

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        """A padded batch of the given rows."""
        ...

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """What is minimised, a scalar."""
        ...

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        """What validation keeps of each row, float32, shape (batch, width)."""
        ...

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """Validation scores from all outcomes in row order, shape (rows, width); `loss` is one of them."""
        ...
