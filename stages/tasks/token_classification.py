"""Token classification: one text, a class for each of its tokens; a target is a list of typed spans.

Classes are `O`, and for each type `B-` where a span begins and `I-` within it (Ramshaw and Marcus 1995). The
tokens of all rows stand one after another; every row begins with a start token, which is in no span.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from stages.tasks.base import Places
from stages.tasks.moving import Moving
from stages.tasks.text import Text
from stages.tasks.text_classification import calibration_error

OUTSIDE = "O"
_TYPE = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_WANTED = 'a list of spans such as {"start": 0, "end": 3, "type": "PERSON"}, apart, within the text'

Span = tuple[int, int, str]
"""Start, end and type; characters."""


class TokenClassification(Text):
    """One text, typed spans in it."""

    name = "token-classification"
    family = "tokens"
    architectures: tuple[str, ...] = ("lstm", "transformer")
    students: tuple[str, ...] = ("lstm", "transformer")
    per_token = True
    headline = "f1"
    rival = "the class each token had most often"
    alterable = False

    def target(self, cells: Mapping[str, Any], text: str) -> Any:
        """Spans, as a list of objects or its JSON, become JSON of `[start, end, type]` in order."""
        cell = cells["label"]
        if isinstance(cell, str):
            try:
                cell = json.loads(cell)
            except (ValueError, RecursionError):
                raise ValueError(f"its spans must be {_WANTED}") from None
        if cell is None:
            return None
        if not isinstance(cell, list):
            raise ValueError(f"its spans must be {_WANTED}")
        spans = sorted(_span(one) for one in cell)
        beyond = bool(spans) and spans[-1][1] > len(text)
        if beyond or any(first[1] > second[0] for first, second in pairwise(spans)):
            raise ValueError(f"its spans must be {_WANTED}")
        return _written(spans)

    def classes(self, target: str) -> list[str]:
        return [OUTSIDE, *sorted({kind for *_, kind in _read(target)})]

    def moved(self, target: str, before: str, after: str) -> str:
        """Spans keep what they stand on. One that cleaning rewrote, as masking does, stands on what it wrote.

        A span of which nothing is left is dropped, as is one that would overlap the span before it.
        """
        if before == after:
            return target
        carried = Moving(before, after)
        kept: list[Span] = []
        for start, end, kind in _read(target):
            first, last = carried(start, end)
            while first < last and after[first].isspace():
                first += 1
            while first < last and after[last - 1].isspace():
                last -= 1
            if first < last and (not kept or kept[-1][1] <= first):
                kept.append((first, last, kind))
        return _written(kept)

    def labels(self, targets: Sequence[str]) -> list[str]:
        kinds = sorted({kind for target in set(targets) for *_, kind in _read(target)})
        return [OUTSIDE, *(f"{part}-{kind}" for kind in kinds for part in "BI")]

    def encode(
        self, targets: Sequence[str], labels: Sequence[str], places: Sequence[Places] | None = None
    ) -> np.ndarray:
        if places is None:
            raise ValueError("a class per token needs the places of the tokens")
        number = {label: index for index, label in enumerate(labels)}
        tags: list[int] = []
        unknown = 0
        for target, own in zip(targets, places, strict=True):
            spans = _read(target)
            unknown += any(f"B-{kind}" not in number for *_, kind in spans)
            tags += _tags([span for span in spans if f"B-{span[2]}" in number], own, number)
        if unknown:
            raise ValueError(f"{unknown} rows have a span of a type that the training split does not hold")
        return np.array(tags, dtype=np.int64)

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """Precision, recall and F1 of whole spans, over all and by type; accuracy and calibration of tokens.

        A span counts as found where start, end and type are right (as in the CoNLL-2003 shared task).
        """
        guess = probabilities.argmax(axis=1)
        counts = span_counts(truth, guess, labels)
        by_type = {kind: _scores(*numbers) for kind, numbers in counts.items()}
        whole = _scores(*np.sum([*counts.values(), (0, 0, 0)], axis=0).tolist())
        return {
            "tokens": len(truth),
            "accuracy": float((guess == truth).mean()),
            "precision": whole["precision"],
            "recall": whole["recall"],
            "f1": whole["f1"],
            "macro_f1": float(np.mean([found["f1"] for found in by_type.values()])) if by_type else 0.0,
            "calibration_error": calibration_error(truth, probabilities),
            "per_class": {kind: {**by_type[kind], "spans": counts[kind][2]} for kind in by_type},
        }

    def answer(
        self, probabilities: np.ndarray, labels: Sequence[str], places: Places | None = None
    ) -> dict[str, Any]:
        """The spans, each with its type and the mean probability of its tokens' classes."""
        own = places or []
        best, top = probabilities.argmax(axis=-1), probabilities.max(axis=-1)
        spans = []
        for first, last, kind in spans_of(np.atleast_1d(best), labels):
            stands = [place for place in own[first:last] if place[0] < place[1]]
            if stands:
                score = float(np.atleast_1d(top)[first:last].mean())
                spans.append({"start": stands[0][0], "end": stands[-1][1], "type": kind, "score": score})
        return {"spans": spans}


def spans_of(tags: np.ndarray, labels: Sequence[str]) -> list[Span]:
    """The spans of tokens that tags, shape (tokens,), make. `I-` without a span to go on begins one."""
    found: list[Span] = []
    start, kind = 0, ""
    inside = np.flatnonzero(tags)
    before = -2
    for place in inside.tolist():
        part, own = labels[int(tags[place])].split("-", 1)
        if place != before + 1 or part == "B" or own != kind:
            if kind:
                found.append((start, before + 1, kind))
            start, kind = place, own
        before = place
    if kind:
        found.append((start, before + 1, kind))
    return found


def span_counts(
    truth: np.ndarray, guess: np.ndarray, labels: Sequence[str]
) -> dict[str, tuple[int, int, int]]:
    """By type: spans that were found rightly, spans found, and spans there are."""
    wanted, found = set(spans_of(truth, labels)), set(spans_of(guess, labels))
    kinds = sorted({label[2:] for label in labels if label != OUTSIDE})
    return {
        kind: (
            sum(span[2] == kind for span in wanted & found),
            sum(span[2] == kind for span in found),
            sum(span[2] == kind for span in wanted),
        )
        for kind in kinds
    }


def _scores(right: int, found: int, there: int) -> dict[str, float]:
    precision, recall = right / max(found, 1), right / max(there, 1)
    return {"precision": precision, "recall": recall, "f1": 2 * right / max(found + there, 1)}


def _tags(spans: Sequence[Span], places: Places, number: dict[str, int]) -> Iterator[int]:
    """The class of each token, by number: spans and tokens are both in order."""
    at, before = 0, -1
    for start, end in places:
        while at < len(spans) and spans[at][1] <= start:
            at += 1
        if start < end and at < len(spans) and end > spans[at][0]:
            yield number[f"{'I' if before == at else 'B'}-{spans[at][2]}"]
            before = at
        else:
            yield number[OUTSIDE]


def _span(cell: Any) -> Span:
    values = cell
    if isinstance(cell, dict):
        values = [cell.get("start"), cell.get("end"), cell.get("type", cell.get("label"))]
    if not isinstance(values, list | tuple) or len(values) != 3:
        raise ValueError(f"its spans must be {_WANTED}")
    start, end, kind = values
    whole = all(isinstance(place, int) and not isinstance(place, bool) for place in (start, end))
    if not whole or not 0 <= start < end or not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise ValueError(f"its spans must be {_WANTED}")
    return start, end, kind


def _read(target: str) -> list[Span]:
    return [(start, end, kind) for start, end, kind in json.loads(target)]


def _written(spans: Sequence[Span]) -> str:
    return json.dumps([list(span) for span in spans], separators=(",", ":"))
