"""Exact and near duplicates. Near ones are found exactly, not by chance, so the result needs no seed.

Two texts are near duplicates when the Jaccard similarity of their sets of character 5-grams reaches a
threshold. Prefix filtering finds all such pairs (Bayardo, Ma and Srikant 2007, "Scaling Up All Pairs
Similarity Search"): with the 5-grams of every text in one order, rare ones first, similar texts share one of
their first few.
"""

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from stages.clean.masking.marks import MARK

SIZE = 5
"""characters of a shingle"""

_SPACE = re.compile(r"\s+")
_MASK = "\ue000"  # one character of the private use area: the length of a token's name says nothing
_BUCKETS = 1 << 22
_SHARE = 20  # measured on tweets, reviews and news: from 10 to 40 makes little difference


def fold(text: str) -> str:
    """What counts as the same text: case and white space do not matter, nor does which value was masked."""
    return _SPACE.sub(" ", MARK.sub(_MASK, text).casefold()).strip()


def exact_duplicates(texts: Sequence[str], labels: Sequence[str]) -> tuple[list[bool], int]:
    """Which rows to keep of those whose texts are the same.

    The first row that has the label of more than half of them is kept. Where no label has, nobody knows the
    truth, and none is kept.

    Returns:
        For each row whether it is kept, and how many rows are dropped for want of a majority.
    """
    groups: dict[bytes, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        groups[hashlib.blake2b(fold(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()].append(
            index
        )
    keep = [False] * len(texts)
    undecided = 0
    for rows in groups.values():
        label, votes = Counter(labels[row] for row in rows).most_common(1)[0]
        if 2 * votes > len(rows):
            keep[next(row for row in rows if labels[row] == label)] = True
        else:
            undecided += len(rows)
    return keep, undecided


def near_duplicates(texts: Sequence[str], threshold: float) -> list[int | None]:
    """For each text the place of the earlier, kept text that it is like, or None where it is kept itself.

    Args:
        texts: texts in order of preference.
        threshold: least Jaccard similarity, above 0 and up to 1.
    """
    index = NearIndex(threshold)
    found: list[int | None] = []
    for place, signature in enumerate(signatures(texts)):
        match = next(index.like(signature), None)
        found.append(match)
        if match is None:
            index.add(place, signature)
    return found


class NearIndex:
    """Finds the signatures, among those added, that reach a threshold of similarity.

    All signatures must come from one call of `signatures`: they share its order. Two sets with `o` elements
    in common share at least `l` of the first `size - o + l` of each; a larger `l` makes long texts cheaper.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._by_shingle: dict[int, list[int]] = defaultdict(list)
        self._sets: dict[int, frozenset[int]] = {}

    def add(self, place: int, signature: list[int]) -> None:
        """Adds a signature under a number of the caller's."""
        self._sets[place] = frozenset(signature)
        prefix, _ = self._prefix(len(signature))
        for shingle in signature[:prefix]:
            self._by_shingle[shingle].append(place)

    def like(self, signature: list[int]) -> Iterator[int]:
        """Yields the numbers of the signatures that are like this one, each once."""
        size = len(signature)
        prefix, shared = self._prefix(size)
        hits: Counter[int] = Counter()
        for shingle in signature[:prefix]:
            hits.update(self._by_shingle.get(shingle, ()))
        mine = frozenset(signature)
        for place, times in hits.items():
            other = self._sets[place]
            if times >= min(shared, self._prefix(len(other))[1]) and self._alike(mine, other):
                yield place

    def _alike(self, one: frozenset[int], other: frozenset[int]) -> bool:
        small, large = sorted((len(one), len(other)))
        if small < self._threshold * large - 1e-9:
            return False
        common = len(one & other)
        return common >= self._threshold * (small + large - common) - 1e-9

    def _prefix(self, size: int) -> tuple[int, int]:
        """How many shingles of a signature are looked up, and how many of them a like one shares."""
        common = math.ceil(self._threshold * size - 1e-9)
        shared = min(common, 1 + size // _SHARE)
        return size - common + shared, shared


def signatures(texts: Iterable[str]) -> list[list[int]]:
    """The set of hashed 5-grams of each text, rare ones first.

    How rare a 5-gram is, is counted by bucket of its hash; any order that all texts share would be correct.
    """
    sets = [_shingles(fold(text)) for text in texts]
    counts = np.zeros(_BUCKETS, dtype=np.int32)
    for shingles in sets:
        np.add.at(counts, shingles & (_BUCKETS - 1), 1)
    return [
        shingles[np.lexsort((shingles, counts[shingles & (_BUCKETS - 1)]))].tolist()  # by count, then by hash
        for shingles in sets
    ]


def _shingles(text: str) -> np.ndarray:
    """Distinct 64-bit hashes of the 5-grams; a shorter text is one 5-gram, filled up."""
    points = np.frombuffer(text.ljust(SIZE).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(
        np.uint64
    )
    count = len(points) - SIZE + 1
    mixed = np.full(count, 0x9E3779B97F4A7C15, dtype=np.uint64)
    for offset in range(SIZE):  # the multiply and shift rounds of MurmurHash3's finaliser
        mixed ^= points[offset : offset + count]
        mixed *= np.uint64(0xFF51AFD7ED558CCD)
        mixed ^= mixed >> np.uint64(33)
    return np.unique(mixed)
