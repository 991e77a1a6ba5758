"""Multi-label classification: one text, any number of labels."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stages.tasks.base import Places
from stages.tasks.text import Text

NOTHING = "(no label)"
"""under which a row without a label is counted"""
_WANTED = 'its labels must be a list of names, such as ["a", "b"], or names joined by |, ; or a comma'
_SEPARATORS = "|;,"
_GRID = np.round(np.arange(0.05, 0.951, 0.01), 2)


class MultiLabelClassification(Text):
    """One text, none, one or several of the labels.

    A label is given where its probability reaches its threshold: 0.5, or the one that `tuning` chose.
    """

    name = "multi-label-classification"
    family = "labels"
    architectures: tuple[str, ...] = ("mlp", "cnn", "lstm", "transformer", "pretrained")
    students: tuple[str, ...] = ("static", "lstm", "transformer")
    headline = "micro_f1"
    rival = "TF-IDF and a logistic regression for each label"
    figures: tuple[str, ...] = ("micro_f1", "macro_f1", "subset_accuracy", "calibration_error")
    alterable = True

    def __init__(self, thresholds: Sequence[float] | None = None) -> None:
        """`thresholds`, one for each label, are what `tuned` sets."""
        self.thresholds = None if thresholds is None else np.asarray(thresholds, dtype=float)

    def target(self, cells: Mapping[str, Any], text: str) -> Any:
        """A list, its JSON, or names joined by the first of `|`, `;`, `,` in them becomes JSON, sorted."""
        cell = cells["label"]
        if isinstance(cell, str):
            if not cell.strip():
                return None
            cell = _split(cell.strip())
        if cell is None:
            return None
        if not isinstance(cell, list) or not all(isinstance(one, str) and one.strip() for one in cell):
            raise ValueError(_WANTED)
        return json.dumps(sorted({one.strip() for one in cell}), ensure_ascii=False)

    def classes(self, target: str) -> list[str]:
        return _read(target) or [NOTHING]

    def moved(self, target: str, before: str, after: str) -> str:
        return target

    def labels(self, targets: Sequence[str]) -> list[str]:
        return sorted({name for target in set(targets) for name in _read(target)})

    def encode(
        self, targets: Sequence[str], labels: Sequence[str], places: Sequence[Places] | None = None
    ) -> np.ndarray:
        """int64, shape (rows, labels): 1 where a row has the label."""
        place = {label: index for index, label in enumerate(labels)}
        found = np.zeros((len(targets), len(labels)), dtype=np.int64)
        unknown = 0
        for row, target in enumerate(targets):
            names = _read(target)
            unknown += any(name not in place for name in names)
            found[row, [place[name] for name in names if name in place]] = 1
        if unknown:
            raise ValueError(f"{unknown} rows have a label that the training split does not hold")
        return found

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """The sigmoid of each logit by itself."""
        return 0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64)))

    def decided(self, probabilities: np.ndarray) -> np.ndarray:
        """Which labels are given, of the shape of `probabilities`."""
        return probabilities >= (0.5 if self.thresholds is None else self.thresholds)

    def agreement(self, wanted: np.ndarray, found: np.ndarray) -> float:
        """Share of labels that are given, or not, by both; of the rows that one of them gives any."""
        one, other = (self.decided(self.probabilities(logits)) for logits in (wanted, found))
        either = (one | other).sum()
        return float((one & other).sum() / either) if either else 1.0

    def tuning(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
        """The threshold of each label with the highest F1 (Yang 2001), or 0.5 for one that never occurs."""
        chosen = []
        for own, scores in zip(truth.T, probabilities.T, strict=True):
            given = scores[None, :] >= _GRID[:, None]
            f1 = 2 * (given & (own > 0)).sum(1) / np.maximum(1, given.sum(1) + own.sum())
            best = np.flatnonzero(f1 == f1.max()) if own.any() else np.array([len(_GRID) // 2])
            # of equals the one nearest to one half
            chosen.append(float(_GRID[best[np.abs(_GRID[best] - 0.5).argmin()]]))
        return {"thresholds": chosen}

    def tuned(self, tuning: Mapping[str, Any]) -> "MultiLabelClassification":
        return MultiLabelClassification(tuning["thresholds"])

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """F1 over all decisions and as the mean of the labels', the share of rows wholly right, calibration.

        The calibration error compares probabilities with frequencies over all rows and labels, in 15 bins.
        """
        given, own = self.decided(probabilities), truth > 0
        hits, told, there = ((given & own).sum(0), given.sum(0), own.sum(0))
        precision, recall = hits / np.maximum(told, 1), hits / np.maximum(there, 1)
        f1 = 2 * hits / np.maximum(told + there, 1)
        return {
            "rows": len(truth),
            "micro_f1": float(2 * hits.sum() / max(1, told.sum() + there.sum())),
            "macro_f1": float(f1.mean()),
            "subset_accuracy": float((given == own).all(axis=1).mean()),
            "calibration_error": _gap(own.ravel(), probabilities.ravel()),
            "per_class": {
                label: {
                    "precision": float(precision[index]),
                    "recall": float(recall[index]),
                    "f1": float(f1[index]),
                    "rows": int(there[index]),
                }
                for index, label in enumerate(labels)
            },
        }

    def answer(
        self, probabilities: np.ndarray, labels: Sequence[str], places: Places | None = None
    ) -> dict[str, Any]:
        given = self.decided(probabilities)
        return {
            "labels": [label for label, one in zip(labels, given, strict=True) if one],
            "scores": {label: float(value) for label, value in zip(labels, probabilities, strict=True)},
        }


def frequency_bins(truth: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> list[dict[str, float]]:
    """Per bin of probability that holds any: its number of decisions, mean probability and frequency.

    Args:
        truth: booleans, shape (decisions,).
        probabilities: of the same shape.
    """
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    return [
        {
            "rows": int((place == index).sum()),
            "confidence": float(probabilities[place == index].mean()),
            "accuracy": float(truth[place == index].mean()),
        }
        for index in np.unique(place)
    ]


def _gap(truth: np.ndarray, probabilities: np.ndarray) -> float:
    found = frequency_bins(truth, probabilities)
    return float(sum(one["rows"] * abs(one["confidence"] - one["accuracy"]) for one in found) / len(truth))


def _split(cell: str) -> Any:
    if cell.startswith("["):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            raise ValueError(_WANTED) from None
    separator = next((one for one in _SEPARATORS if one in cell), None)
    return [one for one in cell.split(separator) if one.strip()] if separator else [cell]


def _read(target: str) -> list[str]:
    return list(json.loads(target))
