"""Counting repeats and sampling rows, in memory that does not grow with the table."""

import hashlib
import heapq
import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Generic, TypeVar

from stages.artifacts import StageError

Item = TypeVar("Item")


class Tally:
    """Counts how often each key was seen.

    The counts lie in SQLite's own temporary database, which spills to an unlinked file once it outgrows
    a small cache. Its keys must not reveal what they stand for.
    """

    def __init__(self, cache_mib: int = 16) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{cache_mib * 1024}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def __enter__(self) -> "Tally":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, key: bytes) -> int:
        """Counts `key` once more and returns how often it has been seen, from 1.

        Raises:
            StageError: the disk that holds temporary files is full.
        """
        try:
            found = self._database.execute(
                "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
                (key,),
            ).fetchone()
        except sqlite3.OperationalError:
            raise StageError("the disk for temporary files is full; free some space, or set TMPDIR") from None
        return int(found[0])


def priority(seed: int, place: bytes, occurrence: int) -> int:
    """Where a row stands in the seeded order of all rows: it depends on its content and on nothing else."""
    text = f"{seed}\0{occurrence}\0".encode() + place
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")


class BottomK(Generic[Item]):
    """Keeps the `size` items of the lowest priority (bottom-k sampling, Cohen and Kaplan 2007).

    Where priorities are hashes this is a uniform sample without replacement, the same in whatever order
    the items come.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, Item]] = []

    def add(self, rank: int, item: Item) -> None:
        """Offers an item; it stays as long as it is among the lowest. Ranks must differ."""
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, (-rank, item))
        elif -rank > self._heap[0][0]:
            heapq.heapreplace(self._heap, (-rank, item))

    def drain(self) -> Iterator[Item]:
        """The items in the order of their priority."""
        for _, item in sorted(self._heap, reverse=True, key=lambda entry: entry[0]):
            yield item
