"""What evaluate does, as a pure function: predictions and texts in, metrics and verdict out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.artifacts import Check, Verdict, at_least, at_most
from stages.evaluate.baseline import baseline_probabilities
from stages.evaluate.case import Evaluation
from stages.evaluate.lookup import lookup_probabilities
from stages.evaluate.plots import confusion_table, reliability_table
from stages.evaluate.scoring import scores
from stages.params.evaluate import EvaluateGates
from stages.tasks import Task
from stages.tokenize.arrays import TokenSplit


@dataclass(frozen=True)
class Texts:
    """Masked texts and their classes."""

    texts: Sequence[str]
    truth: np.ndarray
    """what the task's `encode` makes of the targets, shape (rows, ...)"""


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
    rival = baseline_probabilities(train.texts, train.truth, test.texts, language, len(labels))
    return judged(task.probabilities(logits), rival, test.truth, labels, task, gates)


def run_tokens(
    logits: np.ndarray,
    train: TokenSplit,
    test: TokenSplit,
    labels: Sequence[str],
    task: Task,
    gates: EvaluateGates,
) -> Evaluation:
    """The same for a task with a class per token: `logits` of shape (test tokens, classes)."""
    rival = lookup_probabilities(train, test, len(labels))
    return judged(task.probabilities(logits), rival, np.asarray(test.labels), labels, task, gates)


def judged(
    probabilities: np.ndarray,
    rival: np.ndarray,
    truth: np.ndarray,
    labels: Sequence[str],
    task: Task,
    gates: EvaluateGates,
) -> Evaluation:
    """Holds probabilities, shape (rows or tokens, classes), and a baseline's against truth and gates."""
    metrics = scores(task, truth, probabilities, labels)
    baseline = scores(task, truth, rival, labels)
    metrics["baseline"] = {name: baseline[name] for name in (*task.figures, task.headline)}
    metrics["lead"] = metrics[task.headline] - baseline[task.headline]
    guess = probabilities.argmax(axis=1)
    # most tokens belong to nothing, and rightly so: the table shows the others
    shown = (truth > 0) | (guess > 0) if task.per_token else np.full(len(truth), True)
    return Evaluation(
        metrics,
        {
            "confusion": confusion_table(truth[shown], guess[shown], labels),
            "reliability": reliability_table(truth, probabilities),
        },
        Verdict(tuple(checks(metrics, gates))),
    )


def checks(metrics: dict[str, Any], gates: EvaluateGates) -> Iterator[Check]:
    """Holds the metrics against every gate that asks for something that was measured."""
    for name, limit in (
        ("accuracy", gates.accuracy),
        ("micro_f1", gates.micro_f1),
        ("macro_f1", gates.macro_f1),
        ("r2", gates.r2),
    ):
        if name in metrics:
            yield from at_least(name, metrics[name], limit)
    if "calibration_error" in metrics:
        yield from at_most("calibration_error", metrics["calibration_error"], gates.calibration_error)
    yield from at_least("beats_baseline", metrics["lead"], gates.beats_baseline)
