"""What evaluate does, as a pure function: predictions and texts in, metrics and verdict out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.artifacts import Check, Verdict, at_least, at_most
from stages.evaluate.baseline import baseline_probabilities
from stages.evaluate.plots import confusion_table, reliability_table
from stages.evaluate.scoring import scores, softmax
from stages.params.evaluate import EvaluateGates
from stages.tasks import Task


@dataclass(frozen=True)
class Texts:
    """Masked texts and their classes."""

    texts: Sequence[str]
    truth: np.ndarray
    """int64, shape (rows,)"""


@dataclass(frozen=True)
class Evaluation:
    """What is written about a model."""

    metrics: dict[str, Any]
    confusion: pd.DataFrame
    reliability: pd.DataFrame
    verdict: Verdict


def run(
    logits: np.ndarray,
    train: Texts,
    test: Texts,
    labels: Sequence[str],
    task: Task,
    language: str,
    gates: EvaluateGates,
) -> Evaluation:
    """Scores the teacher's `logits`, shape (test rows, classes), beside a baseline taught with `train`."""
    probabilities = softmax(logits)
    metrics = scores(task, test.truth, probabilities, labels)
    rival = baseline_probabilities(train.texts, train.truth, test.texts, language, len(labels))
    baseline = scores(task, test.truth, rival, labels)
    metrics["baseline"] = {name: baseline[name] for name in ("accuracy", "macro_f1", "calibration_error")}
    metrics["lead"] = metrics["accuracy"] - baseline["accuracy"]
    return Evaluation(
        metrics,
        confusion_table(test.truth, probabilities.argmax(axis=1), labels),
        reliability_table(test.truth, probabilities),
        Verdict(tuple(checks(metrics, gates))),
    )


def checks(metrics: dict[str, Any], gates: EvaluateGates) -> Iterator[Check]:
    """Holds the metrics against every gate that asks for something."""
    yield from at_least("accuracy", metrics["accuracy"], gates.accuracy)
    yield from at_least("macro_f1", metrics["macro_f1"], gates.macro_f1)
    yield from at_most("calibration_error", metrics["calibration_error"], gates.calibration_error)
    yield from at_least("beats_baseline", metrics["lead"], gates.beats_baseline)
