"""Lets the inside of an answer tell how long its parts took, without knowing who listens, if anybody does."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Who is told, from several threads at once."""

    def took(self, part: str, seconds: float) -> None:
        """A part of an answer took so long."""

    def scored(self, rows: int) -> None:
        """The model was run on so many rows at once."""

    def masked(self, counts: Mapping[str, int]) -> None:
        """So many values of each type were masked."""


listener: ContextVar[Listener | None] = ContextVar("listener", default=None)
"""of the request that is being answered; a thread that answers it is given the context of the request"""


@contextmanager
def timed(part: str) -> Iterator[None]:
    """Tells how long the block took."""
    started = time.perf_counter()
    yield
    if told := listener.get():
        told.took(part, time.perf_counter() - started)
