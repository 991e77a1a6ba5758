"""Text classification: one text, one label."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stages.tasks.base import Places
from stages.tasks.text import Text


class TextClassification(Text):
    """One text, one of several labels."""

    name = "text-classification"
    architectures: tuple[str, ...] = ("mlp", "cnn", "lstm", "transformer", "pretrained")
    students: tuple[str, ...] = ("static", "lstm", "transformer")
    headline = "accuracy"
    alterable = True

    def classes(self, target: str) -> list[str]:
        return [target]

    def moved(self, target: str, before: str, after: str) -> str:
        return target

    def labels(self, targets: Sequence[str]) -> list[str]:
        return sorted(set(targets))

    def encode(
        self, targets: Sequence[str], labels: Sequence[str], places: Sequence[Places] | None = None
    ) -> np.ndarray:
        place = {label: index for index, label in enumerate(labels)}
        unknown = sum(target not in place for target in targets)
        if unknown:
            raise ValueError(f"{unknown} rows have a label that the training split does not hold")
        return np.array([place[target] for target in targets], dtype=np.int64)

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """Accuracy, macro F1, per-class scores, confusion matrix and expected calibration error.

        The calibration error has 15 bins of equal width (Guo et al. 2017, "On Calibration of Modern
        Neural Networks").
        """
        guess = probabilities.argmax(axis=1)
        confusion = confusion_matrix(truth, guess, len(labels))
        hits = np.diag(confusion).astype(float)
        precision = _ratio(hits, confusion.sum(axis=0))
        recall = _ratio(hits, confusion.sum(axis=1))
        f1 = _ratio(2 * precision * recall, precision + recall)
        return {
            "rows": len(truth),
            "accuracy": float((guess == truth).mean()),
            "macro_f1": float(f1.mean()),
            "calibration_error": calibration_error(truth, probabilities),
            "per_class": {
                label: {
                    "precision": float(precision[index]),
                    "recall": float(recall[index]),
                    "f1": float(f1[index]),
                    "rows": int(confusion[index].sum()),
                }
                for index, label in enumerate(labels)
            },
            "confusion": confusion.tolist(),
        }

    def answer(
        self, probabilities: np.ndarray, labels: Sequence[str], places: Places | None = None
    ) -> dict[str, Any]:
        best = int(probabilities.argmax())
        return {
            "label": labels[best],
            "score": float(probabilities[best]),
            "scores": {label: float(value) for label, value in zip(labels, probabilities, strict=True)},
        }


def confusion_matrix(truth: np.ndarray, guess: np.ndarray, classes: int) -> np.ndarray:
    """Counts of shape (classes, classes): rows are the truth, columns the guess."""
    return np.bincount(truth * classes + guess, minlength=classes**2).reshape(classes, classes)


def calibration_bins(truth: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> list[dict[str, float]]:
    """Per bin of confidence that holds any row: its bounds, rows, mean confidence and accuracy."""
    return binned(probabilities.max(axis=1), probabilities.argmax(axis=1) == truth, bins)


def binned(confidence: np.ndarray, hit: np.ndarray, bins: int = 15) -> list[dict[str, float]]:
    """The same from how sure each guess was and whether it was right, both of shape (rows,)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    found = []
    for index in range(bins):
        inside = place == index
        if inside.any():
            found.append(
                {
                    "from": index / bins,
                    "to": (index + 1) / bins,
                    "rows": int(inside.sum()),
                    "confidence": float(confidence[inside].mean()),
                    "accuracy": float(hit[inside].mean()),
                }
            )
    return found


def calibration_error(truth: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error, between 0 and 1."""
    return gap_of(calibration_bins(truth, probabilities, bins))


def gap_of(bins: Sequence[dict[str, float]]) -> float:
    """The mean gap between confidence and accuracy, over the rows of all bins."""
    gaps = sum(one["rows"] * abs(one["confidence"] - one["accuracy"]) for one in bins)
    return float(gaps / sum(one["rows"] for one in bins))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
