"""Tokens as they stand in masked texts: plain, `[EMAIL]`; of an own type; or with a pseudonym,
`[PERSON_7f3a2c91]`.

The detectors know plain tokens of shipped types only. So they read a view of the text in which every other
token has its plain form: whatever the style, they see the same, and masking twice is masking once.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from stages.clean.masking.own import STANDS_FOR
from stages.clean.masking.spans import TYPES, Span, token

MARK = re.compile(r"\[([A-Z]{2,}(?:_[A-Z]{2,})*)(?:_([0-9a-f]{8}))?\]")
"""A token of any type and style, by its form: what may be taken for one in a text that was masked."""


def mark(kind: str, pseudonym: str | None) -> str:
    """The token of a type, with the pseudonym where there is one."""
    return token(kind) if pseudonym is None else f"[{kind}_{pseudonym}]"


class View:
    """A text with its tokens in their plain form: `text`, and the way back to places of the original."""

    def __init__(self, original: str, own: Sequence[str]) -> None:
        self.text = original
        self._starts, self._shifts = [0], [0]
        if "[" in original:
            self._fill(original, own)

    def back(self, span: Span) -> Span:
        """The span in places of the original. It holds no token, so each end has one place."""
        if len(self._starts) == 1:
            return span
        return replace(span, start=self._place(span.start), end=self._place(span.end - 1) + 1)

    def _fill(self, original: str, own: Sequence[str]) -> None:
        pieces, at, length = [], 0, 0
        for match in MARK.finditer(original):
            kind, pseudonym = match.groups()
            if kind not in own and not (pseudonym and kind in TYPES):
                continue
            plain = token(STANDS_FOR if kind in own else kind)
            pieces += [original[at : match.start()], plain]
            length += match.start() - at + len(plain)
            at = match.end()
            self._starts.append(length)
            self._shifts.append(at - length)
        self.text = "".join([*pieces, original[at:]])

    def _place(self, place: int) -> int:
        return place + self._shifts[bisect_right(self._starts, place) - 1]


def write(text: str, spans: Iterable[Span], written: Callable[[Span], str]) -> str:
    """The text with `written(span)` in place of each span."""
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], written(span)]
        at = span.end
    return "".join([*pieces, text[at:]])
