"""What the server does, apart from HTTP: limits, and predicting outside the event loop."""

import os
from collections.abc import Sequence

from anyio import CapacityLimiter, to_thread

from stages.deploy.model import Answer, ServedModel
from stages.params.serve import Serve


class TooMuchError(ValueError):
    """A request over a limit. The message says which, and quotes nothing."""


class Service:
    """One model and the limits under which it answers."""

    def __init__(self, model: ServedModel, limits: Serve) -> None:
        self.model = model
        self._limits = limits
        # more requests at a time than cores would only slow each other down
        self._slots = CapacityLimiter(os.cpu_count() or 1)

    async def predict(self, texts: Sequence[str]) -> list[Answer]:
        """Answers `texts`, in their order, in a thread: the loop stays free.

        Raises:
            TooMuchError: there are too many of them, or one is too long.
            UnvouchedError: the masker cannot vouch for one of them.
        """
        self._check(texts)
        return await to_thread.run_sync(self.model.predict, texts, limiter=self._slots)

    def body_limit(self) -> int:
        """The largest body, in bytes, that can hold an allowed request (6 bytes for an escaped character)."""
        return 65_536 + 6 * self._limits.max_texts * self._limits.max_characters

    def _check(self, texts: Sequence[str]) -> None:
        if len(texts) > self._limits.max_texts:
            raise TooMuchError(f"{len(texts)} texts; at most {self._limits.max_texts} in one request")
        longest = max(map(len, texts), default=0)
        if longest > self._limits.max_characters:
            raise TooMuchError(f"a text of {longest} characters; at most {self._limits.max_characters}")
