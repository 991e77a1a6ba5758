"""A weighted mean of looked-up vectors, and the same with int8 vectors."""

import torch
from torch import Tensor, nn


class Bag(nn.Module):
    """Means of rows of a table, weighted by the exponential of a learned importance."""

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        # sparse gradients: a step costs what the batch holds, not what the table holds
        self.vectors = nn.Embedding(rows, width, sparse=True)
        self.importance = nn.Embedding(rows, 1, sparse=True)
        nn.init.zeros_(self.importance.weight)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids and mask int64 (batch, length) -> float32 (batch, width); zero where the mask is all zero."""
        weights = torch.exp(self.importance(ids)).squeeze(-1) * mask.to(torch.float32)
        return _mean(weights, weights, self.vectors(ids))

    def int8(self) -> "Int8Bag":
        """The same with int8 vectors."""
        return Int8Bag(self.vectors.weight.detach(), self.importance.weight.detach())


class Int8Bag(nn.Module):
    """A bag whose vectors are int8. A row's scale and weight are one factor, so no operation is added."""

    integers: Tensor
    factors: Tensor

    def __init__(self, vectors: Tensor, importance: Tensor) -> None:
        super().__init__()
        integers, scale = int8_rows(vectors)
        weight = torch.exp(importance)
        self.register_buffer("integers", integers)
        self.register_buffer("factors", torch.cat([weight * scale, weight], dim=1))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """As in `Bag`."""
        factors = self.factors[ids] * mask.unsqueeze(-1).to(torch.float32)
        return _mean(factors[..., 0], factors[..., 1], self.integers[ids].float())


def int8_rows(table: Tensor) -> tuple[Tensor, Tensor]:
    """A table (rows, width) as int8 of that shape times a scale for each row, (rows, 1)."""
    scale = table.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
    return (table / scale).round().clamp(-127, 127).to(torch.int8), scale


def _mean(factors: Tensor, weights: Tensor, vectors: Tensor) -> Tensor:
    # a matrix product reads the vectors once; multiplying and then adding would read and write them thrice
    total = torch.bmm(factors.unsqueeze(1), vectors).squeeze(1)
    return total / (weights.sum(dim=1, keepdim=True) + 1e-6)
