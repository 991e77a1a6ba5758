"""The user's own types: RE2 patterns, which read in linear time, beside the rules that ship."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import re2

from stages.clean.masking.spans import TYPES, Span
from stages.params.clean import OwnType, compiled_by_re2

NEAR = 60
"""Characters on either side in which a context word must stand."""
STANDS_FOR = TYPES[0]
"""The type that an own type is to the detectors: they know its token, and it wins where values overlap."""
_DETECTOR = "custom:"


@dataclass(frozen=True)
class OwnRule:
    """An own type as a rule: always tried."""

    name: str
    pattern: "re2._Regexp" = field(repr=False)
    context: tuple[str, ...] = ()

    @classmethod
    def of(cls, own: OwnType) -> "OwnRule":
        """The rule of an entry in `clean.masking.custom`."""
        return cls(own.name, compiled_by_re2(own.pattern), tuple(word.lower() for word in own.context))

    def find(self, text: str) -> Iterator[Span]:
        """The values in a folded text; those without a context word near them are none."""
        for match in self.pattern.finditer(text):
            start, end = match.span()
            if start < end and self._in_context(text, start, end):
                yield Span(start, end, STANDS_FOR, _DETECTOR + self.name, 0.9)

    def _in_context(self, text: str, start: int, end: int) -> bool:
        if not self.context:
            return True
        near = text[max(0, start - NEAR) : end + NEAR].lower()
        return any(word in near for word in self.context)


def own_name(span: Span) -> str | None:
    """The own type that a finding is of; None where it is of a type that ships."""
    return span.detector.removeprefix(_DETECTOR) if span.detector.startswith(_DETECTOR) else None
