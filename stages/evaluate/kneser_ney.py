"""The n-gram model that a network which writes text must beat."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class _Order:
    """The n-grams of one length, numbered in the order of their keys."""

    keys: np.ndarray
    """of each n-gram: the number of its first n - 1 tokens, times the vocabulary, plus its last token"""
    kept: np.ndarray
    """the discounted count of each n-gram"""
    total: np.ndarray
    """of each context, by its number: the counts of all its n-grams"""
    spared: np.ndarray
    """of each context: what was discounted from them"""


class KneserNey:
    """Interpolated Kneser-Ney with three discounts for each order.

    Chen and Goodman 1999, "An Empirical Study of Smoothing Techniques for Language Modeling". N-grams are
    numbered, so that counting and looking up are sorts and searches of whole arrays.

    Args:
        stream: the training tokens, int64 (tokens,), each below `vocabulary`.
        vocabulary: how many different tokens there may be.
        order: tokens of the longest n-gram.
        start: the token that is taken to stand before a stream, as often as needed.
    """

    def __init__(self, stream: np.ndarray, vocabulary: int, order: int, start: int) -> None:
        self.vocabulary, self.order, self.start = vocabulary, order, start
        self._keys: list[np.ndarray] = []
        padded = self._padded(stream)
        ends: list[np.ndarray] = []
        for length in range(1, order + 1):
            keys = self._keyed(padded, ends)
            self._keys.append(np.unique(keys[length - 1 :]))
            ends.append(self._numbered(keys, length))
        self._orders = []
        contexts = 1
        for length in range(1, order + 1):
            own = ends[length - 1][order:]
            if length < order:
                # not how often an n-gram occurs, but how many different tokens stand before it
                own = own[np.unique(ends[length][order:], return_index=True)[1]]
            counts = np.bincount(own, minlength=len(self._keys[length - 1]))
            self._orders.append(_discounted(self._keys[length - 1], counts, vocabulary, contexts))
            contexts = len(counts)

    def log2(self, stream: np.ndarray) -> np.ndarray:
        """The binary logarithm of each token's probability after those before it, float64 (tokens,)."""
        padded = self._padded(stream)
        ends: list[np.ndarray] = []
        chance = np.full(len(stream), 1 / self.vocabulary)
        for length, order in enumerate(self._orders, 1):
            before = _before(ends, len(padded))[self.order :]
            ends.append(self._numbered(self._keyed(padded, ends), length))
            own = ends[-1][self.order :]
            known = before >= 0
            known[known] = order.total[before[known]] > 0
            total = np.where(known, order.total[before], 1)
            kept = np.where(known & (own >= 0), order.kept[own], 0.0)
            spared = np.where(known, order.spared[before], 1.0)
            chance = kept / total + spared / total * chance
        return np.log2(chance)

    def _padded(self, stream: np.ndarray) -> np.ndarray:
        return np.concatenate([np.full(self.order, self.start), np.asarray(stream)]).astype(np.int64)

    def _keyed(self, padded: np.ndarray, shorter: list[np.ndarray]) -> np.ndarray:
        before = _before(shorter, len(padded))
        return np.where(before >= 0, before * self.vocabulary + padded, -1)

    def _numbered(self, keys: np.ndarray, length: int) -> np.ndarray:
        """The numbers of the n-grams that end at each token; -1 for one that training did not hold."""
        there = self._keys[length - 1]
        spot = np.minimum(np.searchsorted(there, keys), len(there) - 1)
        return np.where((keys >= 0) & (there[spot] == keys), spot, -1)


def _before(shorter: list[np.ndarray], count: int) -> np.ndarray:
    """The number of the context of each token: that of the n-gram that ends one token earlier."""
    if not shorter:
        return np.zeros(count, dtype=np.int64)
    return np.concatenate([[-1], shorter[-1][:-1]])


def _discounted(keys: np.ndarray, counts: np.ndarray, vocabulary: int, contexts: int) -> _Order:
    ones, twos, threes, fours = (max(1, int((counts == number).sum())) for number in (1, 2, 3, 4))
    share = ones / (ones + 2 * twos)
    # few n-grams can give discounts that are none; without any, what was never seen would be impossible
    discounts = np.array(
        [0.0, 1 - 2 * share * twos / ones, 2 - 3 * share * threes / twos, 3 - 4 * share * fours / threes]
    )
    discounts = np.clip(discounts, [0, 0.1, 0.1, 0.1], [0, 0.99, 1.99, 2.99])
    taken = discounts[np.minimum(counts, 3)]
    owner = np.maximum(keys, 0) // vocabulary
    total = np.bincount(owner, weights=counts, minlength=contexts)
    spared = np.bincount(owner, weights=taken, minlength=contexts)
    return _Order(keys, counts - taken, total, spared)
