"""Questions, contexts and answers: how they stand in one text, and what is made of a source's cells.

The text of a row is its question, the title of its context (which may be empty) and the context, a line each;
only the context may have more lines. So whatever reads the text, as masking does, sees all of it at once.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Span = tuple[int, int]
"""Start and end, characters."""


@dataclass(frozen=True)
class Asked:
    """A question and what it is asked of."""

    question: str
    title: str
    context: str
    start: int
    """where the context begins in the text of the row"""


@dataclass(frozen=True)
class Answer:
    """An answer as a source gives it."""

    text: str
    start: int | None
    """where it says that the answer begins in the context; None where it does not say"""


def join(question: str, title: str, context: str) -> str:
    """The text of a row.

    Raises:
        ValueError: the question or the context is empty.
    """
    asked = " ".join(question.split())
    if not asked:
        raise ValueError("its question is empty")
    if not context.strip():
        raise ValueError("its context is empty")
    return f"{asked}\n{' '.join(title.split())}\n{context}"


def part(text: str) -> Asked:
    """The parts of a row's text. A text that lost its lines has no context."""
    question, _, rest = text.partition("\n")
    title, _, context = rest.partition("\n")
    return Asked(question, title, context, len(text) - len(context))


def answers_of(cells: Mapping[str, Any]) -> list[Answer]:
    """The answers that the cells `label` and `start` hold; none where the label is empty.

    `label` is a list of `{"text", "answer_start"}` as in SQuAD, `{"text": [...], "answer_start": [...]}` as
    tables of it have it, the JSON of either, or the plain text of one answer, whose place `start` then gives.

    Raises:
        ValueError: it is none of these.
    """
    label = cells.get("label")
    if isinstance(label, str):
        label = _parsed(label)
    if label is None:
        return []
    if isinstance(label, str):
        return [Answer(label, _place(cells.get("start")))] if label.strip() else []
    if isinstance(label, dict):
        texts, starts = label.get("text"), label.get("answer_start")
        if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
            raise ValueError(_WANTED)
        label = [{"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)]
    if not isinstance(label, list):
        raise ValueError(_WANTED)
    return [_answer(one) for one in label]


def placed(answers: Sequence[Answer], context: str) -> list[Span]:
    """Where the answers stand in the context, each once, in the source's order.

    An answer that does not stand where its source says is looked for: as it is written, then without regard
    to case and white space; of several places the nearest to the one given, or the first, is taken. White
    space around it is no part of it.

    Raises:
        ValueError: there are answers, and none of them is in the context.
    """
    found = [span for answer in answers if (span := _found(answer, context)) is not None]
    if answers and not found:
        raise ValueError("its answer is not in its context")
    return list(dict.fromkeys(found))


def faithful(answers: Sequence[Answer], spans: Sequence[Span], context: str) -> bool:
    """Whether every answer stands where its source says, letter by letter."""
    given = {(answer.start, answer.text) for answer in answers if answer.start is not None}
    kept = {(start, context[start:end]) for start, end in spans}
    return given <= kept


def read(target: str) -> list[Span]:
    """The spans of a target, in the text of its row; the first is the one that is learned."""
    return [(int(start), int(end)) for start, end in json.loads(target)]


def written(spans: Sequence[Span]) -> str:
    """The target of spans."""
    return json.dumps([list(span) for span in spans], separators=(",", ":"))


_WANTED = 'its answers must be a text, or a list such as [{"text": "four", "answer_start": 12}]'


def _parsed(label: str) -> Any:
    if not label.lstrip().startswith(("[", "{")):
        return label
    try:
        found = json.loads(label)
    except (ValueError, RecursionError):
        return label
    shaped = isinstance(found, dict) or (
        isinstance(found, list) and all(isinstance(one, dict) for one in found)
    )
    return found if shaped else label


def _answer(cell: Any) -> Answer:
    if not isinstance(cell, dict) or not isinstance(cell.get("text"), str) or not cell["text"].strip():
        raise ValueError(_WANTED)
    return Answer(cell["text"], _place(cell.get("answer_start")))


def _place(cell: Any) -> int | None:
    """A place in characters, from a number or its digits."""
    if cell is None or cell == "":
        return None
    try:
        place = float(cell)
        if place != int(place):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise ValueError("the place of its answer is no whole number") from None
    return int(place)


def _found(answer: Answer, context: str) -> Span | None:
    text = answer.text
    start, lead = answer.start, len(text) - len(text.lstrip())
    text = text.strip()
    if start is not None:
        start += lead
        if start >= 0 and context.startswith(text, start):
            return start, start + len(text)
    words = r"\s+".join(map(re.escape, text.split()))
    for flags in (0, re.IGNORECASE):
        places = [match.span() for match in re.finditer(words, context, flags)]
        if places:
            return places[0] if start is None else min(places, key=lambda span: abs(span[0] - start))
    return None
