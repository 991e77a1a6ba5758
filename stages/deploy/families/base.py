"""What a bundle of any family can do once it is open."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypedDict

from fastapi import FastAPI

from stages.deploy.service import Service


class Exchange(TypedDict):
    """A request that was asked of the model, and what it answered."""

    path: str
    body: dict[str, Any]
    answer: dict[str, Any]
    """the answer's JSON without what differs from one asking to the next, see `VOLATILE`"""


VOLATILE = frozenset({"name", "version", "masked", "id", "created", "model"})
"""Keys of an answer that say who answered, and when."""


class Served(Protocol):
    """An open bundle. Safe to use from several threads."""

    version: str
    name: str
    description: dict[str, Any]

    def exchanges(self, rows: Sequence[Sequence[int]], vouched: Callable[[str], bool]) -> Iterator[Exchange]:
        """Requests made of encoded rows, and their answers, which whoever serves the bundle must repeat.

        Args:
            rows: token ids of rows of the test split; their texts are masked already, and are masked again.
            vouched: whether a text may be recorded.
        """
        ...

    def masker(self) -> dict[str, Any]:
        """What masks its input, as JSON."""
        ...

    def mount(self, app: FastAPI, service: Service, ready: Callable[[], None]) -> frozenset[str]:
        """Adds the routes that ask the model.

        Args:
            app: what they are added to.
            service: runs the model under the limits of requests.
            ready: raises where the model may not answer any more; called before every answer.

        Returns:
            The keys that its requests may have, which an error may name.
        """
        ...
