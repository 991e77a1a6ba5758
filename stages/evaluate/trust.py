"""What else is known of a classifier besides its scores: how sure it may be."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.evaluate.calibration import ROWS, SOFTMAX, calibration, figures, temperature_of
from stages.evaluate.case import Case, Evaluation
from stages.evaluate.leaks.losses import take
from stages.train.predict import predict_logits


@dataclass(frozen=True)
class Trust:
    """What is said of a model besides its scores."""

    report: dict[str, Any]
    """`trust.json`: figures and curves"""
    metrics: dict[str, Any]
    """the figures that are compared between runs"""


def examine(case: Case, found: Evaluation) -> Trust:
    """The trust report of the judged network; empty where its task gives no class to a row."""
    if case.task.family not in SOFTMAX or found.logits is None:
        return Trust({}, {})
    truth = np.asarray(case.split("test").labels)
    sure = calibration(truth, found.logits, _temperature(case))
    return Trust({"calibration": sure}, {"calibration": figures(sure)})


def _temperature(case: Case) -> float:
    valid = case.split("valid")
    if len(valid) > ROWS:
        valid = take(valid, np.linspace(0, len(valid) - 1, ROWS).astype(int))
    return temperature_of(np.asarray(valid.labels), predict_logits(case.network, valid, case.meta.pad_id))
