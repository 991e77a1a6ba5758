"""What a rule is: a pattern, what may not stand beside it, a validator, and the words it needs around it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from stages.clean.masking.spans import Span


class Window(NamedTuple):
    """Characters `first` to `last` are read; what begins from `own_first` to `own_last` is this window's."""

    first: int
    own_first: int
    own_last: int
    last: int


@dataclass(frozen=True)
class Rule:
    """One kind of value that a pattern finds.

    Attributes:
        type: the type its findings get (one of `spans.TYPES`).
        name: what a span gives as its detector.
        pattern: in RE2 syntax, so without look-arounds; group `value`, where there is one, is the value.
        before, after: characters that may not stand beside the match, as the inside of a character class.
            Never `\\b`: it does not fire between a Chinese character and a digit.
        validate: whether the value is a real one.
        narrow: instead of `validate`, gives the parts of the match, as offsets in it, that are values.
        gate: what RE2 looks for first, if the pattern has too many states for it: something in every match.
            Of a pattern that goes over the end of a line, it is what stands before that.
        beyond: how many characters after the end of a line the match may reach.
        digits: so many ASCII digits, or more, are in the match; none where it goes over the end of a line.
        chinese: whether every match holds a Chinese character.
        ignore_case: whether capitals do not matter.
        score: confidence of the findings.
        last: a costly or loose rule, tried on what the rules before it leave.
    """

    type: str
    name: str
    pattern: str
    before: str = ""
    after: str = ""
    validate: Callable[[str], bool] | None = None
    narrow: Callable[[str], Iterator[tuple[int, int]]] | None = None
    gate: str = ""
    beyond: int = 0
    digits: int = 0
    chinese: bool = False
    ignore_case: bool = False
    score: float = 0.9
    last: bool = False
    _exact: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _group: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        before = f"(?<![{self.before}])" if self.before else ""
        after = f"(?![{self.after}])" if self.after else ""
        ignore = "(?i)" if self.ignore_case else ""
        # ASCII, as RE2 reads \s, \w and \d: else the gate would pass over what the pattern finds.
        exact = re.compile(f"{ignore}{before}(?:{self.pattern}){after}", re.ASCII)
        object.__setattr__(self, "_exact", exact)
        object.__setattr__(self, "_group", exact.groupindex.get("value", 0))
        # The edge of a window may be within a word, so there the gate asks for less than the pattern.
        left = f"(?:^|[^{self.before}])" if self.before else ""
        right = f"(?:$|[^{self.after}])" if self.after else ""
        gate = f"(?:{self.gate})" if self.gate else f"{left}(?:{self.pattern}){right}"
        object.__setattr__(self, "gate", ignore + gate)

    def find(self, text: str, window: Window | None = None) -> list[Span]:
        """The values in a folded text, or those whose match begins in what is the window's own."""
        first, own_first, own_last, last = window or (0, 0, len(text), len(text))
        narrow, validate, group = self.narrow, self.validate, self._group
        found: list[Span] = []
        for match in self._exact.finditer(text, first, last + self.beyond):
            if not own_first <= match.start() < own_last:
                continue
            start, end = match.span(group)
            if narrow is not None:
                for left, right in narrow(text[start:end]):
                    found.append(Span(start + left, start + right, self.type, self.name, self.score))
            elif validate is None or validate(text[start:end]):
                found.append(Span(start, end, self.type, self.name, self.score))
        return found


def words(*lists: str) -> str:
    """A group of the cue words in comma-separated lists, the longest first, like beginnings written once.

    Python tries the alternatives of a pattern one after the other: in a tree of letters they are few.
    """
    alternatives = {word for line in lists for word in line.split(",")}
    return _tree([tuple(_LETTER.findall(word)) for word in alternatives])


_LETTER = re.compile(r"\\?.")
"""A letter of a cue word, or an escaped one."""


def _tree(ends: Sequence[tuple[str, ...]]) -> str:
    """A pattern of words; one that begins another is tried after it."""
    first: dict[str, list[tuple[str, ...]]] = {}
    for word in sorted(filter(None, ends)):
        first.setdefault(word[0], []).append(word[1:])
    branches = [letter + (_tree(rest) if any(rest) else "") for letter, rest in first.items()]
    if not branches:
        return ""
    optional = "?" if () in ends else ""
    return f"(?:{'|'.join(branches)}){optional}" if optional or len(branches) > 1 else branches[0]


def listed(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())
