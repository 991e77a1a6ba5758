"""Regression on texts: one text, one number."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stages.tasks.base import Places
from stages.tasks.text import Text

_WANTED = "its number must be finite and written as 3, -0.5 or 1e3"
NUMBER = "number"
"""under which every row is counted"""


class TextRegression(Text):
    """One text, one number. What the network gives is in the units of the column."""

    name = "text-regression"
    family = "numbers"
    labelled = False
    architectures: tuple[str, ...] = ("mlp", "cnn", "lstm", "transformer", "pretrained")
    students: tuple[str, ...] = ("static", "lstm", "transformer")
    headline = "r2"
    rival = "TF-IDF and ridge regression"
    figures: tuple[str, ...] = ("r2", "mae", "rmse", "spearman")
    alterable = True

    def target(self, cells: Mapping[str, Any], text: str) -> Any:
        """A number, or its decimal form, becomes the shortest form that gives the same number."""
        cell = cells["label"]
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        if isinstance(cell, bool):
            raise ValueError(_WANTED)
        try:
            number = float(cell)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(_WANTED) from None
        if math.isnan(number) and not isinstance(cell, str):
            return None  # how tables write a missing number
        if not math.isfinite(number):
            raise ValueError(_WANTED)
        return repr(number)

    def classes(self, target: str) -> list[str]:
        return [NUMBER]

    def moved(self, target: str, before: str, after: str) -> str:
        return target

    def labels(self, targets: Sequence[str]) -> list[str]:
        return [NUMBER]

    def encode(
        self, targets: Sequence[str], labels: Sequence[str], places: Sequence[Places] | None = None
    ) -> np.ndarray:
        """float64, shape (rows,)."""
        return np.array([float(target) for target in targets], dtype=np.float64)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """The numbers themselves."""
        return logits.astype(np.float64)

    def agreement(self, wanted: np.ndarray, found: np.ndarray) -> float:
        """Share of the variance of `wanted`, shape (rows, 1), that `found` keeps; not below 0."""
        return max(0.0, _r2(wanted.astype(np.float64).ravel(), found.astype(np.float64).ravel()))

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """Mean absolute error, root of the mean squared error, share of variance told, rank correlation."""
        guess = probabilities.reshape(-1)
        return {
            "rows": len(truth),
            "r2": _r2(truth, guess),
            "mae": float(np.abs(guess - truth).mean()),
            "rmse": float(np.sqrt(((guess - truth) ** 2).mean())),
            "spearman": _correlation(_ranks(truth), _ranks(guess)),
        }

    def answer(
        self, probabilities: np.ndarray, labels: Sequence[str], places: Places | None = None
    ) -> dict[str, Any]:
        return {"value": float(probabilities[0])}


def _r2(truth: np.ndarray, guess: np.ndarray) -> float:
    spread = ((truth - truth.mean()) ** 2).sum()
    rest = ((truth - guess) ** 2).sum()
    return float(1 - rest / spread) if spread else float(rest == 0)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0, equal values sharing the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[place]


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = math.sqrt(float((one**2).sum() * (other**2).sum()))
    return float((one * other).sum() / size) if size else 0.0
