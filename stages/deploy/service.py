"""What the server does, apart from HTTP: limits, and answering outside the event loop."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel

from stages.params.serve import Serve

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class TooMuchError(ValueError):
    """A request over a limit. The message says which, and quotes nothing."""


class Problem(BaseModel):
    """What is wrong with a request, in one line that quotes nothing of it."""

    detail: str


class Service:
    """The limits under which a model answers."""

    def __init__(self, limits: Serve) -> None:
        self._limits = limits
        # more requests at a time than cores would only slow each other down
        self._slots = CapacityLimiter(os.cpu_count() or 1)

    async def run(self, answer: Callable[[Asked], Answered], asked: Asked) -> Answered:
        """Answers in a thread: the loop stays free. What `answer` raises is raised here."""
        return await to_thread.run_sync(answer, asked, limiter=self._slots)

    def body_limit(self) -> int:
        """The largest body, in bytes, that can hold an allowed request (6 bytes for an escaped character)."""
        return 65_536 + 6 * self._limits.max_texts * self._limits.max_characters

    def check(self, texts: Sequence[str]) -> None:
        """Holds texts against the limits.

        Raises:
            TooMuchError: there are too many of them, or one is too long.
        """
        if len(texts) > self._limits.max_texts:
            raise TooMuchError(f"{len(texts)} texts; at most {self._limits.max_texts} in one request")
        longest = max(map(len, texts), default=0)
        if longest > self._limits.max_characters:
            raise TooMuchError(f"a text of {longest} characters; at most {self._limits.max_characters}")
