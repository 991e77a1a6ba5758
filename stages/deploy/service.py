"""What the server does, apart from HTTP: limits, and answering outside the event loop."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel

from stages.deploy import tally
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

    def __init__(self, limits: Serve, listener: tally.Listener | None = None) -> None:
        self._limits = limits
        self._listener = listener
        self.takes_images = False
        # more requests at a time than cores would only slow each other down
        self._slots = CapacityLimiter(os.cpu_count() or 1)

    async def run(self, answer: Callable[[Asked], Answered], asked: Asked) -> Answered:
        """Answers in a thread: the loop stays free. What `answer` raises is raised here."""
        tally.listener.set(self._listener)
        return await to_thread.run_sync(answer, asked, limiter=self._slots)

    def body_limit(self) -> int:
        """The largest body, in bytes.

        It holds any allowed texts (6 bytes for an escaped character), and one image where images are taken.
        """
        texts = 6 * self._limits.max_texts * self._limits.max_characters
        return 65_536 + max(texts, self._image_characters if self.takes_images else 0)

    @property
    def max_pixels(self) -> int:
        """The largest image that is read."""
        return self._limits.max_pixels

    @property
    def _image_characters(self) -> int:
        """The length of the largest image in base64, which writes 3 bytes as 4 characters."""
        return -(-self._limits.max_image_kb * 1024 // 3) * 4

    def check_images(self, images: Sequence[str]) -> None:
        """Holds images in base64 against the limits.

        Raises:
            TooMuchError: there are too many of them, or one is too large.
        """
        if len(images) > self._limits.max_texts:
            raise TooMuchError(f"{len(images)} images; at most {self._limits.max_texts} in one request")
        for index, image in enumerate(images):
            if len(image) > self._image_characters:
                raise TooMuchError(f"image {index}: it is larger than {self._limits.max_image_kb} KB")

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
