"""From the reader's logits to the best answer of all windows of a context, and to whether there is one.

As Devlin et al. 2019 do for SQuAD 2.0: a span scores the sum of its first token's start logit and its last
token's end logit; no answer scores what the first token of the sequence, [CLS], says. The difference between
the best span and no answer is held against a threshold that the validation split chose.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LONGEST = 48
"""most tokens of an answer"""


@dataclass(frozen=True)
class Best:
    """The best span of the windows of a context."""

    window: int
    start: int
    end: int
    """first and last token, as places in the window's ids"""
    margin: float
    """how much better it scores than no answer does, in logits"""


@dataclass(frozen=True)
class Calibration:
    """How sure a reader must be: `margin` above `threshold`; its probability rises by `slope` around it."""

    threshold: float
    slope: float

    def probability(self, margin: float) -> float:
        """That there is an answer: one half at the threshold (Platt 1999, with a given middle)."""
        return float(1 / (1 + np.exp(-np.clip(self.slope * (margin - self.threshold), -60, 60))))


def span_of(logits: np.ndarray, first: int) -> tuple[float, float, int, int]:
    """The best span of one window: its score, the score of no answer, first and last token.

    Args:
        logits: shape (length, 2): start and end of its tokens, padding left out.
        first: place of the first token of its context; the last token is a separator.
    """
    logits = logits.astype(np.float64)
    null = float(logits[0].sum())
    start, end = logits[first:-1, 0], logits[first:-1, 1]
    count = len(start)
    if not count:
        return -1e9, null, 0, 0
    # of each start the best end within reach, by a sliding maximum
    reach = min(LONGEST, count)
    padded = np.concatenate([end, np.full(reach - 1, -np.inf)])
    ahead = np.lib.stride_tricks.sliding_window_view(padded, reach)
    ends = ahead.argmax(axis=1)
    scores = start + ahead[np.arange(count), ends]
    at = int(scores.argmax())
    return float(scores[at]), null, first + at, first + at + int(ends[at])


def spans_of(logits: np.ndarray, offsets: np.ndarray, firsts: np.ndarray) -> np.ndarray:
    """What `span_of` says of many windows, float64, shape (windows, 4).

    Args:
        logits: of the tokens of all windows one after another, shape (tokens, 2).
        offsets: where each window begins among them, and where the last one ends, shape (windows + 1,).
        firsts: of each window the place of the first token of its context.
    """
    found = [span_of(logits[offsets[at] : offsets[at + 1]], int(first)) for at, first in enumerate(firsts)]
    return np.array(found, dtype=np.float64).reshape(-1, 4)


def best_of(spans: np.ndarray) -> Best:
    """The best over all windows of a question, from `span_of` each, shape (windows, 4)."""
    at = int(spans[:, 0].argmax())
    # a window that does not hold the answer is sure that there is none: the least sure one counts
    return Best(at, int(spans[at, 2]), int(spans[at, 3]), float(spans[at, 0] - spans[:, 1].min()))


def calibrated(margins: Sequence[float], gains: Sequence[float], losses: Sequence[float]) -> Calibration:
    """The threshold that gives the best mean score on a validation split, and the slope that fits it.

    Args:
        margins: of each question how much better its best span is than no answer.
        gains: what answering scores, such as F1.
        losses: what staying silent scores: 1 where there is no answer, else 0.
    """
    order = np.argsort(-np.asarray(margins, dtype=np.float64), kind="stable")
    ranked = np.asarray(margins, dtype=np.float64)[order]
    gained = np.asarray(gains, dtype=np.float64)[order] - np.asarray(losses, dtype=np.float64)[order]
    # answering the k surest questions: the total of what that gains over silence
    totals = np.concatenate([[0.0], gained.cumsum()])
    count = int(totals.argmax())
    if count == 0:
        threshold = float(ranked[0]) + 1.0
    elif count == len(ranked):
        threshold = float(ranked[-1]) - 1.0
    else:
        threshold = float(ranked[count - 1] + ranked[count]) / 2
    answerable = 1.0 - np.asarray(losses, dtype=np.float64)[order]
    return Calibration(threshold, _slope(ranked - threshold, answerable))


def _slope(margins: np.ndarray, answerable: np.ndarray) -> float:
    """The slope of least cross-entropy, from a grid: one number needs no optimiser."""

    def loss(slope: float) -> float:
        signed = np.where(answerable > 0.5, margins, -margins) * slope
        return float(np.logaddexp(0.0, -signed).mean())

    return float(min(np.geomspace(0.02, 5.0, 60).tolist(), key=loss))
