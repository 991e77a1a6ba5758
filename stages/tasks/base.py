"""The data side of a task, as every stage sees it."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class Task(Protocol):
    """What a stage needs to know of a task without knowing which task it is."""

    name: str
    text_columns: tuple[str, ...]
    """columns of the clean tables that are masked, deduplicated and read by the model"""
    target_column: str
    """column of the clean tables that holds the truth"""
    architectures: tuple[str, ...]
    """networks that can learn the task"""

    def labels(self, targets: Sequence[str]) -> list[str]:
        """The classes in their lasting order, from the training targets."""
        ...

    def encode(self, targets: Sequence[str], labels: Sequence[str]) -> np.ndarray:
        """Targets as an int64 array of shape (rows,). Raises ValueError naming how many are unknown."""
        ...

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """Scores of `probabilities`, shape (rows, classes), against `truth`, shape (rows,)."""
        ...

    def answer(self, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """What the API gives for one text, from its probabilities of shape (classes,)."""
        ...
