"""Batches of rows of like length, so that little is padding."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from stages.tokenize.arrays import TokenSplit
from stages.train.objectives import Batch, Objective

_POOL = 100


class LengthBatches(Sampler[list[int]]):
    """Yields lists of row numbers of like length; each of several ranks gets equally many batches.

    Rows are shuffled, cut into pools of 100 batches, sorted by length within a pool, cut into batches, and
    the batches are shuffled. The order depends on seed and epoch alone, so a resumed run repeats it.
    """

    def __init__(
        self,
        lengths: np.ndarray,
        batch_size: int,
        order: tuple[int, int] | None,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        """`order` is (seed, epoch); None does not shuffle: rows are sorted by length, for validation."""
        self.lengths, self.batch_size, self.order = np.asarray(lengths), batch_size, order
        self.rank, self.ranks = rank, ranks

    def __len__(self) -> int:
        return math.ceil(math.ceil(len(self.lengths) / self.batch_size) / self.ranks)

    def __iter__(self) -> Iterator[list[int]]:
        batches = self._all()
        # every rank must take equally many steps: the first batches are given again to those left short
        batches += batches[: -len(batches) % self.ranks]
        return iter(batches[self.rank :: self.ranks])

    def _all(self) -> list[list[int]]:
        size = self.batch_size
        if self.order is None:
            order = np.argsort(-self.lengths, kind="stable")
            return [order[start : start + size].tolist() for start in range(0, len(order), size)]
        random = np.random.default_rng(self.order)
        order = random.permutation(len(self.lengths))
        pools = [order[start : start + size * _POOL] for start in range(0, len(order), size * _POOL)]
        order = np.concatenate([pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools])
        batches = [order[start : start + size].tolist() for start in range(0, len(order), size)]
        return [batches[index] for index in random.permutation(len(batches))]


class _Rows(Dataset[Any]):
    """Collates a whole batch at once: one read of the mapped arrays instead of one for each row."""

    def __init__(self, split: TokenSplit, objective: Objective) -> None:
        self.split, self.objective = split, objective

    def __len__(self) -> int:
        return len(self.split)

    def __getitems__(self, rows: list[int]) -> Batch:
        return self.objective.collate(self.split, rows)


def loader(
    split: TokenSplit,
    objective: Objective,
    batch_size: int,
    order: tuple[int, int] | None,
    rank: int = 0,
    ranks: int = 1,
) -> DataLoader[Batch]:
    """Padded batches of a split, shuffled by `order` = (seed, epoch); None keeps them sorted by length."""
    return loader_of(split, objective, LengthBatches(split.lengths, batch_size, order, rank, ranks))


def loader_of(split: TokenSplit, objective: Objective, sampler: Sampler[list[int]]) -> DataLoader[Batch]:
    """Padded batches of the rows that `sampler` lists."""
    # a generator of its own: the loader draws a number from the global one whenever it starts, and a resumed
    # run, which starts it once more, would then see other dropout
    own = torch.Generator()
    return DataLoader(_Rows(split, objective), batch_sampler=sampler, collate_fn=_as_is, generator=own)


def _as_is(batch: Any) -> Any:
    return batch
