"""What a detector finds, and how findings become one masked text."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

TYPES = (
    "SECRET",
    "CRYPTO",
    "IBAN",
    "CARD",
    "NATIONAL_ID",
    "EMAIL",
    "URL",
    "IP",
    "MAC",
    "BIRTH_DATE",
    "PHONE",
    "BANK_ACCOUNT",
    "TAX_ID",
    "PASSPORT",
    "LICENCE",
    "ACCOUNT",
    "HANDLE",
    "PERSON",
    "ADDRESS",
    "PLATE",
    "GPS",
    "AGE",
    "TITLE",
    "NATIONALITY",
    "DATE",
    "LOCATION",
    "ORGANISATION",
)
"""Every type there is; where findings overlap, the earlier type names the whole."""

EXTRA_TYPES = ("ORGANISATION", "LOCATION", "DATE", "NATIONALITY", "TITLE")
"""Off unless asked for: they tell of nobody by themselves, and training needs them."""

TOKEN = re.compile(r"\[(?:" + "|".join(TYPES) + r")\]")
"""A type token as `mask` writes it."""

_RANK = {kind: rank for rank, kind in enumerate(TYPES)}
_JOINED = {"PERSON": re.compile(r"[ \t]?[-'’.·]?[ \t]?"), "ADDRESS": re.compile(r"[ \t]*[,.;\n-]?\s*")}
"""Between two spans of one of these types, such a gap is part of the value."""


@dataclass(frozen=True, slots=True)
class Span:
    """A personal value: characters `start` to `end` of the original text.

    `detector` names the rule or model that found it, `score` is its confidence between 0 and 1.
    """

    start: int
    end: int
    type: str
    detector: str
    score: float


def token(kind: str) -> str:
    """What stands in a masked text for a value of this type."""
    return f"[{kind}]"


def resolve(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans that do not overlap, in order: the union of all, so that no part of any finding stays visible.

    Overlapping findings become one, under the type of the highest rank (`TYPES`), then the longest. Names
    and addresses are joined over the space between their parts.
    """
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if found and span.start < found[-1].end:
            best = min(found[-1], span, key=lambda one: (_RANK[one.type], one.start - one.end))
            end = max(found[-1].end, span.end)
            found[-1] = replace(best, start=found[-1].start, end=end)
        elif found and _joined(text, found[-1], span):
            found[-1] = replace(found[-1], end=span.end, score=max(found[-1].score, span.score))
        else:
            found.append(span)
    return found


def outside_tokens(text: str, spans: Iterable[Span]) -> list[Span]:
    """Cuts type tokens out of spans, so that a token is neither masked again nor split.

    Of what a cut leaves, only parts with a letter or digit are kept.
    """
    tokens = [match.span() for match in TOKEN.finditer(text)] if "[" in text else []
    kept = []
    for span in spans:
        inside = [(left, right) for left, right in tokens if left < span.end and right > span.start]
        if not inside:
            kept.append(span)
            continue
        starts = [span.start, *(right for _, right in inside)]
        ends = [*(left for left, _ in inside), span.end]
        for start, end in zip(starts, ends, strict=True):
            part = text[start:end] if start < end else ""
            if any(map(str.isalnum, part)):
                blank = len(part) - len(part.lstrip())
                kept.append(replace(span, start=start + blank, end=start + len(part.rstrip())))
    return kept


class Draft:
    """A text under masking: what was found so far, and the text with it masked."""

    def __init__(self, text: str) -> None:
        self.original = text
        self.spans: list[Span] = []
        self.masked = text
        self._starts: list[int] = [0]
        self._shifts: list[int] = [0]

    def add(self, spans: Sequence[Span]) -> bool:
        """Takes findings in `masked`; says whether there was anything new.

        A finding never touches a token that masking wrote, so its ends map to the original text.
        """
        fresh = outside_tokens(self.masked, spans)
        if not fresh:
            return False
        back = [
            replace(span, start=self._back(span.start), end=self._back(span.end - 1) + 1) for span in fresh
        ]
        self.spans = resolve(self.original, [*self.spans, *back])
        self._rewrite()
        return True

    def _rewrite(self) -> None:
        pieces, at, length = [], 0, 0
        self._starts, self._shifts = [0], [0]
        for span in self.spans:
            written = token(span.type)
            pieces += [self.original[at : span.start], written]
            length += span.start - at + len(written)
            at = span.end
            self._starts.append(length)
            self._shifts.append(at - length)
        self.masked = "".join([*pieces, self.original[at:]])

    def _back(self, place: int) -> int:
        return place + self._shifts[bisect_right(self._starts, place) - 1]


def _joined(text: str, left: Span, right: Span) -> bool:
    if left.type != right.type:
        return False
    if left.end == right.start:
        return True
    gap = _JOINED.get(left.type)
    return gap is not None and right.start - left.end < 8 and bool(gap.fullmatch(text, left.end, right.start))
