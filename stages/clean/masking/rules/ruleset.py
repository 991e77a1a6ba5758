"""Many rules tried together: RE2 tells which of them can match in which lines; only those are tried there.

RE2 reads some 700 MB/s however long its patterns are, Python's exact patterns some 5 MB/s. One set of all
patterns would need more states than fit any cache, so there are a few. A text is halved as long as
anything in it can match, so that most of it is read by RE2 alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import re2

from stages.clean.masking.rules.base import Rule, Window
from stages.clean.masking.spans import Span

PER_SET = 40
"""Patterns in a set: few sets are asked more quickly, but of many patterns RE2 makes many states."""
CHUNK = 4096
"""Characters that RE2 is asked about first."""
SMALL = 200
"""Characters of a window that is not halved again."""
HALVINGS = 4
REACH = 200
"""A long line is cut into windows that overlap by this much: more than any value with spaces in it."""
_STATES = 64 << 20
_NOT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_GAP = re.compile(r"[\s，。！？；、]")


class _Gate:
    """A few rules whose patterns RE2 looks for at once."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.digits = min(rule.digits for rule in rules)
        options = re2.Options()
        options.max_mem = _STATES
        self._set = re2.Set.SearchSet(options)
        for rule in rules:
            self._set.Add(rule.gate)
        # Matches always. Where it does not, RE2 ran out of memory and would silently have found nothing.
        self._set.Add("")
        self._set.Compile()

    def open(self, text: bytes) -> list[Rule]:
        """The rules that can match in the text."""
        hit = self._set.Match(text)
        rules = self.rules
        if not hit or len(rules) not in hit:
            raise MemoryError("RE2 had too little memory to look for the rules")
        return [rules[place] for place in hit if place < len(rules)] if len(hit) > 1 else []


class RuleSet:
    """Rules that are tried together."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._order = {rule.name: place for place, rule in enumerate(rules)}
        kinds: dict[tuple[bool, bool], list[Rule]] = {}
        for rule in rules:
            kinds.setdefault((rule.chinese, rule.digits > 0), []).append(rule)
        self._gates = {
            chinese: [
                _Gate(some[first : first + PER_SET])
                for kind, some in kinds.items()
                if kind[0] == chinese
                for first in range(0, len(some), PER_SET)
            ]
            for chinese in (False, True)
        }

    def find(self, text: str) -> list[Span]:
        """What the rules find in a folded text; findings may overlap."""
        gates = self._gates[False] if text.isascii() else self._gates[False] + self._gates[True]
        found: list[Span] = []
        later: list[tuple[int, Rule, Window]] = []
        for chunk in _chunks(text):
            part = _Part(text, chunk)
            # Gate by gate, so that the states of one stay in the cache while it reads.
            for gate in gates:
                hits: list[tuple[Rule, Window]] = []
                if part.digits >= gate.digits:
                    _hits(gate, part, hits)
                for rule, window in hits:
                    if rule.last:
                        later.append((self._order[rule.name], rule, window))
                    else:
                        found += rule.find(text, window)
        if later:
            rest = _without(text, found)
            for _, rule, window in sorted(later, key=_by_order):
                if rule.digits and _digits(rest[window.first : window.last].encode()) < rule.digits:
                    continue
                more = rule.find(rest, window)
                if more:
                    found += more
                    rest = _without(rest, more)
        return found


class _Part:
    """A window of a text, what RE2 reads of it, and the smaller windows in it."""

    __slots__ = ("_smaller", "_text", "digits", "encoded", "window")

    def __init__(self, text: str, window: Window) -> None:
        self.window = window
        self.encoded = text[window.first : window.last].encode()
        self.digits = _digits(self.encoded)
        self._text = text
        self._smaller: list[_Part] | None = None

    def smaller(self) -> list["_Part"]:
        """None, where it is small."""
        if self._smaller is None:
            # Halved four times at once: to ask at every size costs more than it saves.
            windows = _halved(self._text, self.window, HALVINGS)
            self._smaller = [_Part(self._text, window) for window in windows] if len(windows) > 1 else []
        return self._smaller


def _digits(text: bytes) -> int:
    return len(text.translate(None, _NOT_DIGITS))


def _by_order(one: tuple[int, Rule, Window]) -> int:
    return one[0]


def _hits(gate: _Gate, part: _Part, hits: list[tuple[Rule, Window]]) -> None:
    """Adds the smallest windows in which the rules of a gate can match."""
    rules = gate.open(part.encoded)
    if not rules:
        return
    smaller = part.smaller()
    for one in smaller:
        if one.digits >= gate.digits:
            _hits(gate, one, hits)
    if not smaller:
        hits += [(rule, part.window) for rule in rules if part.digits >= rule.digits]


def _chunks(text: str) -> Iterator[Window]:
    """Whole lines, together about `CHUNK` characters; a longer line is a chunk."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + CHUNK) + 1 if start + CHUNK < len(text) else len(text)
        end = end or len(text)
        yield Window(start, start, end, end)
        start = end


def _halved(text: str, window: Window, times: int) -> list[Window]:
    """The window halved so many times, as far as it can be."""
    halves = _halves(text, window) if times else ()
    return [one for half in halves for one in _halved(text, half, times - 1)] or [window]


def _halves(text: str, window: Window) -> tuple[Window, ...]:
    """Two windows instead of one: cut at the end of a line, or at a space with some overlap; else none."""
    first, own_first, own_last, last = window
    if last - first <= SMALL:
        return ()
    middle = (own_first + own_last) // 2
    quarter = (own_last - own_first) // 4
    line = text.rfind("\n", middle - quarter, middle + quarter) + 1
    if line:
        return Window(first, own_first, line, line), Window(line, line, own_last, last)
    if last - first <= 4 * REACH:
        return ()
    gap = _GAP.search(text, middle, middle + quarter)
    if gap is None:
        return ()
    cut = gap.start()
    before = _GAP.search(text, max(first, cut - 2 * REACH), cut - REACH)
    after = _GAP.search(text, cut + REACH, last)
    return (
        Window(first, own_first, cut, after.start() if after else last),
        Window(before.start() if before else first, cut, own_last, last),
    )


def _without(text: str, spans: Iterable[Span]) -> str:
    """The text with letters in place of what was found, of the same length."""
    pieces, at = [], 0
    for start, end in sorted([(span.start, span.end) for span in spans]):
        if end > at:
            start = max(at, start)
            pieces += [text[at:start], "x" * (end - start)]
            at = end
    return "".join([*pieces, text[at:]])
