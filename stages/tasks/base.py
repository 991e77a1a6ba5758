"""The data side of a task, as every stage sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Places = Sequence[tuple[int, int]]
"""Where each token of a text stands in it: start and end, in characters; (0, 0) for one that is not in it."""


@dataclass(frozen=True)
class Sequences:
    """The rows of a split as a network reads them: one sequence of numbers or more for each."""

    ids: list[Sequence[int]]
    """of each sequence its numbers; never none"""
    labels: np.ndarray
    """int64, shape (sequences, ...) or (numbers of all sequences,)"""
    cut: list[bool]
    """of each sequence whether something of its row was left out"""
    rows: list[int] | None = None
    """of each sequence the place of the row that it is of; None: there is one for each row"""


class Task(Protocol):
    """What a stage needs to know of a task without knowing which task it is."""

    name: str
    family: str
    """which way of judging, distilling and serving suits it: `rows` (a class for each row), `labels` (any
    number of them), `numbers` (a number for each row), `tokens` (a class for each token), `spans` (an
    answer is a part of the text) or `images` (a class for each image)"""
    inputs: tuple[str, ...]
    """keys of `ingest.columns` whose columns make up the text"""
    optional: tuple[str, ...]
    """those of them that may be null"""
    truths: tuple[str, ...]
    """keys of `ingest.columns` whose columns make up the target"""
    labelled: bool
    """whether there are classes to tell apart: two at least"""
    tokenized: bool
    """whether a vocabulary turns the text into numbers; else the task does it by itself"""
    unmasked: str | None
    """what of a row may be personal and is not masked, in words; None where the masker reads all of it"""
    prose: bool
    """whether the text is language: repaired, masked, and held to a language and a length"""
    text_columns: tuple[str, ...]
    """columns of the clean tables that are masked, deduplicated and read by the model"""
    asked: tuple[str, ...]
    """keys under which a caller gives one row"""
    target_column: str
    """column of the clean tables that holds the truth"""
    architectures: tuple[str, ...]
    """networks that can learn the task"""
    students: tuple[str, ...]
    """kinds of student that can learn it"""
    separators: tuple[str, ...]
    """tokens that part what its texts are made of; a learned vocabulary gets them"""
    per_token: bool
    """whether every token of a text has a class, rather than the text"""
    headline: str
    """the score that a student keeps a share of, and that must lead over the baseline's"""
    rival: str
    """the simple model that it is compared with, in words"""
    figures: tuple[str, ...]
    """the scores by which models are compared, the headline among them"""
    writes: bool
    """whether its networks tell the next token, and so write text"""
    levels: tuple[str, ...]
    """units of a learned vocabulary that suit it"""
    alterable: bool
    """whether an altered text keeps its target, so that copies can be made of it"""

    def joined(self, parts: Sequence[str]) -> str:
        """The text of a row, from the parts that `inputs` names. Raises ValueError saying what is wrong."""
        ...

    def target(self, cells: Mapping[str, Any], text: str) -> Any:
        """The target of `text` as a plain value; None where it is missing.

        Args:
            cells: the cells that `truths` names, by key.

        Raises:
            ValueError: saying what it must be.
        """
        ...

    def repaired(self, cells: Mapping[str, Any], target: str, text: str) -> bool:
        """Whether `target` put something right that the cells said."""
        ...

    def compared(self, text: str) -> str:
        """What must be unlike for two texts to count as two."""
        ...

    def anchored(self, text: str, apart: str) -> str:
        """What keeps a text in its split; `apart` is `clean.splits.apart`."""
        ...

    def shape(self, text: str) -> tuple[int, ...] | None:
        """The form that the numbers of every row have, such as height, width and channels; None for texts."""
        ...

    def classes(self, target: str) -> list[str]:
        """The classes under which a row with this target is counted; at least one."""
        ...

    def moved(self, target: str, before: str, after: str) -> str:
        """The target of a text that cleaning changed from `before` to `after`."""
        ...

    def fate(self, target: str, before: str, moved: str, after: str) -> str | None:
        """What became of a target that `moved` made of another, in a word to be counted, or None."""
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

    def sequences(
        self,
        tokenizer: "Tokenizer",
        texts: Sequence[str],
        targets: Sequence[str],
        labels: Sequence[str],
        max_length: int,
    ) -> Sequences:
        """A split as the network reads it. Raises ValueError as `encode` does."""
        ...

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """What the network's logits, shape (rows or tokens, outputs), say, float64, of the same shape."""
        ...

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """Scores of `probabilities`, shape (rows or tokens, classes), against `truth`, (rows or tokens,)."""
        ...

    def agreement(self, wanted: np.ndarray, found: np.ndarray) -> float:
        """How far the logits `found` answer as `wanted` do, both (rows or tokens, outputs); 1 is wholly."""
        ...

    def tuning(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
        """What turns probabilities into answers, chosen on the validation split: plain JSON, or nothing."""
        ...

    def tuned(self, tuning: Mapping[str, Any]) -> "Task":
        """The task with what `tuning` found."""
        ...

    def answer(
        self, probabilities: np.ndarray, labels: Sequence[str], places: Places | None = None
    ) -> dict[str, Any]:
        """What the API gives for a text, from probabilities of shape (classes,) or (tokens, classes)."""
        ...
