"""What a reader answers to questions, as text: read from a context given, or from passages that are found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from stages.evaluate.retrieval import Passage, Retriever
from stages.tasks.question_answering.columns import Asked
from stages.tasks.question_answering.decode import Calibration, best_of, calibrated, span_of
from stages.tasks.question_answering.metrics import exact_match, f1
from stages.tasks.question_answering.windows import Windows

READ = 5
"""passages that are read for a question"""
BEHIND = 1.0
"""logits that a passage must gain on the first for each power of e in its rank"""

Logits = Callable[[Sequence[list[int]]], Sequence[np.ndarray]]
"""From the ids of windows to their logits, each of shape (length, 2)."""


@dataclass(frozen=True)
class Reading:
    """The best span of a context, whether or not it is good enough to be given."""

    text: str
    start: int
    """where it stands in the context, in characters"""
    end: int
    margin: float
    """how much better it scores than no answer does, in logits"""


@dataclass(frozen=True)
class Found:
    """The best reading of the passages found, and which of them it is of."""

    reading: Reading
    passage: Passage


class Reader:
    """Reads contexts with a network.

    Raises:
        ValueError: as `Windows`.
    """

    def __init__(self, logits: Logits, tokenizer: Tokenizer, max_length: int) -> None:
        self._logits, self.windows = logits, Windows(tokenizer, max_length)

    def read(self, asked: Sequence[Asked]) -> list[Reading]:
        """The best span for each question in its context."""
        windows = self.windows(asked)
        every = iter(self._logits([window.ids for own in windows for window in own]))
        readings = []
        for one, own in zip(asked, windows, strict=True):
            best = best_of(np.array([span_of(next(every), window.first) for window in own]))
            window = own[best.window]
            if not window.places:
                readings.append(Reading("", 0, 0, best.margin))
                continue
            start = window.places[best.start - window.first][0]
            end = window.places[best.end - window.first][1]
            readings.append(Reading(one.context[start:end], start, end, best.margin))
        return readings

    def find(self, question: str, retriever: Retriever) -> Found | None:
        """The best reading of the passages that a search finds; None where it finds none."""
        passages = [retriever.passages[place] for place in retriever.search(question)[:READ]]
        if not passages:
            return None
        readings = self.read([Asked(question, one.title, one.text, 0) for one in passages])
        worth = [reading.margin - BEHIND * np.log(rank) for rank, reading in enumerate(readings, start=1)]
        best = int(np.argmax(worth))
        return Found(readings[best], passages[best])


@dataclass(frozen=True)
class Judged:
    """Answers against the right ones, each of shape (questions,)."""

    margins: np.ndarray
    f1: np.ndarray
    """what giving the answer scores"""
    exact: np.ndarray
    silence: np.ndarray
    """1 where there is no answer"""

    def calibrated(self) -> Calibration:
        """The threshold that suits these questions best."""
        return calibrated(self.margins.tolist(), self.f1.tolist(), self.silence.tolist())

    def at(self, threshold: float) -> dict[str, float]:
        """F1 and exact match of all; of those with an answer; and of how many without the reader says so."""
        given = self.margins > threshold
        score, exact = np.where(given, self.f1, self.silence), np.where(given, self.exact, self.silence)
        there = self.silence == 0
        found = {"f1": float(score.mean()), "exact_match": float(exact.mean())}
        if there.any():
            found["answerable_f1"] = float(score[there].mean())
        if not there.all():
            found["no_answer_accuracy"] = float(score[~there].mean())
        return found


def judged(readings: Sequence[Reading], right: Sequence[Sequence[str]], language: str) -> Judged:
    """Scores of readings against the right answers of each question; none where there is no answer."""
    return Judged(
        np.array([reading.margin for reading in readings]),
        # where there is no answer, giving any is wrong, whatever is left of it without articles and the like
        np.array(
            [f1(one.text, own, language) if own else 0.0 for one, own in zip(readings, right, strict=True)]
        ),
        np.array(
            [
                exact_match(one.text, own, language) if own else 0.0
                for one, own in zip(readings, right, strict=True)
            ]
        ),
        np.array([0.0 if own else 1.0 for own in right]),
    )
