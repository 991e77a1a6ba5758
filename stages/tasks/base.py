"""The data side of a task, as every stage sees it."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

Places = Sequence[tuple[int, int]]
"""Where each token of a text stands in it: start and end, in characters; (0, 0) for one that is not in it."""


class Task(Protocol):
    """What a stage needs to know of a task without knowing which task it is."""

    name: str
    text_columns: tuple[str, ...]
    """columns of the clean tables that are masked, deduplicated and read by the model"""
    target_column: str
    """column of the clean tables that holds the truth"""
    architectures: tuple[str, ...]
    """networks that can learn the task"""
    students: tuple[str, ...]
    """kinds of student that can learn it"""
    per_token: bool
    """whether every token of a text has a class, rather than the text"""
    headline: str
    """the score that a student keeps a share of, and that must lead over the baseline's"""
    alterable: bool
    """whether an altered text keeps its target, so that copies can be made of it"""

    def target(self, cell: Any, text: str) -> Any:
        """The target of `text` as a plain value, from its cell. Raises ValueError saying what it must be."""
        ...

    def classes(self, target: str) -> list[str]:
        """The classes under which a row with this target is counted; at least one."""
        ...

    def moved(self, target: str, before: str, after: str) -> str:
        """The target of a text that cleaning changed from `before` to `after`."""
        ...

    def labels(self, targets: Sequence[str]) -> list[str]:
        """The classes in their lasting order, from the training targets."""
        ...

    def encode(
        self, targets: Sequence[str], labels: Sequence[str], places: Sequence[Places] | None = None
    ) -> np.ndarray:
        """Targets as an int64 array of shape (rows,), or (tokens,) of all rows one after another.

        Args:
            places: where the tokens of each row stand; only a task with a class per token needs them.

        Raises:
            ValueError: naming how many are unknown.
        """
        ...

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """Scores of `probabilities`, shape (rows or tokens, classes), against `truth`, (rows or tokens,)."""
        ...

    def answer(
        self, probabilities: np.ndarray, labels: Sequence[str], places: Places | None = None
    ) -> dict[str, Any]:
        """What the API gives for a text, from probabilities of shape (classes,) or (tokens, classes)."""
        ...
