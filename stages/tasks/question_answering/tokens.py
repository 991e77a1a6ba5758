"""Answers judged by their tokens: what training and distilling need, who have the arrays and not the texts.

The F1 of bags of tokens is near to that of words, and needs neither offsets nor a language.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.tasks.question_answering.decode import Calibration, best_of, calibrated
from stages.tasks.question_answering.metrics import overlap_f1
from stages.tasks.question_answering.task import END, QUESTION, START


@dataclass(frozen=True)
class TokenScores:
    """Of each question, each of shape (questions,)."""

    margins: np.ndarray
    """how much better the best span scores than no answer does"""
    f1: np.ndarray
    """what giving that span scores"""
    exact: np.ndarray
    """1 where it is the right one"""
    silence: np.ndarray
    """1 where there is no answer"""

    def calibrated(self) -> Calibration:
        """The threshold that suits these questions best."""
        return calibrated(self.margins.tolist(), self.f1.tolist(), self.silence.tolist())

    def at(self, threshold: float) -> dict[str, float]:
        """F1 and exact match where answers below the threshold are not given."""
        given = self.margins > threshold
        return {
            "f1": float(np.where(given, self.f1, self.silence).mean()),
            "exact_match": float(np.where(given, self.exact, self.silence).mean()),
        }


def token_scores(spans: np.ndarray, labels: np.ndarray, row: Callable[[int], np.ndarray]) -> TokenScores:
    """Judges the best span of each question.

    Args:
        spans: of each window what `span_of` says, shape (windows, 4).
        labels: of each window its label, shape (windows, 4).
        row: gives the ids of a window.
    """
    order = np.argsort(labels[:, QUESTION], kind="stable")
    changes = np.flatnonzero(np.diff(labels[order, QUESTION])) + 1
    found = [_judged(group, spans, labels, row) for group in np.split(order, changes)]
    return TokenScores(*np.array(found, dtype=np.float64).reshape(-1, 4).T)


def _judged(
    group: np.ndarray, spans: np.ndarray, labels: np.ndarray, row: Callable[[int], np.ndarray]
) -> tuple[float, float, float, float]:
    best = best_of(spans[group])
    given = row(int(group[best.window]))[best.start : best.end + 1].tolist()
    holding = [int(window) for window in group if labels[window, END] > 0]
    if not holding:
        return best.margin, 0.0, 0.0, 1.0
    start, end = labels[holding[0], START], labels[holding[0], END]
    right = row(holding[0])[start : end + 1].tolist()
    return best.margin, overlap_f1(given, right), float(given == right), 0.0
