"""What networks that read a text from left to right share."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from stages.train.networks.layers import PRIMES


@dataclass(frozen=True)
class Carried:
    """One tensor of what a network hands from one step of writing to the next."""

    name: str
    kind: str
    """`float32` or `int64`"""
    shape: tuple[int | str, ...]
    """sizes; `batch` is that of the ids, `seen` the number of tokens read so far"""


class Writer(Protocol):
    """A network that tells the next token, and can go on from where it stopped reading."""

    max_length: int
    """most tokens that it reads"""

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids and mask int64 (batch, length) -> logits of the next token, (batch, length, vocabulary)."""
        ...

    def step(self, ids: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Reads `ids`, int64 (batch, length), after what `state` holds: their logits, and the new state."""
        ...

    def carried(self) -> Sequence[Carried]:
        """What the state is made of, in order."""
        ...


def blank(carried: Sequence[Carried], batch: int) -> list[Tensor]:
    """The state before anything was read."""
    sizes = {"batch": batch, "seen": 0}
    return [
        torch.zeros([sizes[size] if isinstance(size, str) else size for size in one.shape]).to(
            getattr(torch, one.kind)
        )
        for one in carried
    ]


def untied(network: nn.Module) -> nn.Module:
    """A copy whose head has weights of its own, so that either can be quantised by itself."""
    network = copy.deepcopy(network)
    for module in network.modules():
        table = getattr(module, "embedding", None)
        if getattr(module, "head", table) is None and isinstance(table, nn.Embedding):
            module.head = nn.Linear(table.embedding_dim, table.num_embeddings, bias=False)
            module.head.weight = nn.Parameter(table.weight.detach().clone())
    return network


def ngrams_ending(ids: Tensor, before: Tensor | None, longest: int) -> Iterator[Tensor]:
    """Yields a number for each n-gram of 2 to `longest` tokens that ends at a token, int64 (batch, length).

    Args:
        before: the `longest - 1` tokens before, int64 (batch, longest - 1); None or zeros at the start.
    """
    length = ids.shape[1]
    if before is None:
        before = torch.zeros_like(ids[:, :1]).repeat(1, longest - 1)
    whole = torch.cat([before, ids], dim=1)
    key = ids * PRIMES[0]
    for reach in range(1, longest):
        first = longest - 1 - reach
        key = key + whole[:, first : first + length] * PRIMES[reach]
        yield key


def earlier(before: Tensor, ids: Tensor) -> Tensor:
    """The last tokens once `ids` are read, as many as `before` holds."""
    return torch.cat([before, ids], dim=1)[:, -before.shape[1] :]
