"""From words that the tagger marks to whole names and addresses."""

import re
from collections.abc import Sequence
from dataclasses import replace

from stages.clean.masking.rules.names import NOT_NAMES
from stages.clean.masking.rules.places import COUNTRIES, STATES
from stages.clean.masking.spans import Span, token

WEAK = 0.3
"""Share of the least score that is enough next to a sure finding of the same kind."""
_NEAR = {
    "PERSON": re.compile(r" ?[-'’.·]? ?| [^\W\d_]\.? "),
    "ADDRESS": re.compile(r"[\s,.;/#-]{0,6}"),
}
_SURNAME = re.compile(r" (?:[^\W\d_a-z]\.? )?([^\W\d_a-z][^\W\d_]+(?:[-'’](?!s\b)[^\W\d_]+)*)(?!\w)")
_TOUCHING = re.compile(r"[ ./()+-]{0,3}")
_MASKED = re.compile(re.escape(token("ADDRESS")))
_BETWEEN = re.compile(
    r"[\W_]{0,8}(?:(?:apt|apartment|suite|ste|unit|flat|floor|room|building|bldg|box|no|ul|of|de|la|[0-9]+)"
    r"[\W_]{1,8}){0,2}",
    re.IGNORECASE,
)

_UNIT = (
    r"(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|building|bldg|block|door)\.? ?#?[0-9]{1,5}[a-z]?"
)
_POSTCODE = (
    r"(?:[0-9]{4,6}(?:-[0-9]{3,4})?|[0-9]{3} [0-9]{2}|[0-9]{4} [a-z]{2}"
    r"|[a-z]{1,2}[0-9][0-9a-z]? [0-9][a-z]{2}|[a-z][0-9][a-z] [0-9][a-z][0-9])"
)
_TAIL = re.compile(
    rf"(?:[\s,.;>?*#-]{{1,8}}"
    rf"(?:{_UNIT}|(?:[a-z]{{2}}[ -])?{_POSTCODE}|{COUNTRIES}|{STATES}|(?-i:[A-Z]{{2,3}})|usa|uk)"
    r"(?![0-9A-Za-z]))+",
    re.IGNORECASE,
)
"""What follows the parts that the tagger tells: a flat, a postcode, a region, a country."""
_HEAD = re.compile(rf"(?<![0-9A-Za-z.,/-])(?:{_UNIT}|[0-9]{{1,5}}[a-z]?)[\s,.;>?*#-]{{1,5}}$", re.IGNORECASE)
_HEAD_LENGTH = 30


def grown(text: str, spans: Sequence[Span], min_score: float) -> list[Span]:
    """Sure findings, and unsure ones of the same kind next to them: hysteresis, as in edge detection."""
    kept: list[Span] = []
    run: list[Span] = []
    for span in spans:
        kind = _kind(span)
        near = _NEAR.get(kind, _TOUCHING)
        if run and not (_kind(run[-1]) == kind and near.fullmatch(text, run[-1].end, span.start)):
            kept += _sure(text, run, min_score)
            run = []
        run.append(span)
    return kept + _sure(text, run, min_score)


def _sure(text: str, run: list[Span], min_score: float) -> list[Span]:
    """A run with a sure finding as it is, gaps of initials included; else nothing of it."""
    if all(span.score < min_score for span in run):
        return []
    if run[0].type != "PERSON":
        return run
    whole = replace(run[0], end=max(span.end for span in run), score=max(span.score for span in run))
    return [_with_surname(text, whole)]


def _with_surname(text: str, name: Span) -> Span:
    """A name of one word together with the capitalised words after it, common ones aside."""
    following = None if " " in text[name.start : name.end] else _SURNAME.match(text, name.end)
    if following is None or not text[name.start].isupper() or following.group(1).lower() in NOT_NAMES:
        return name
    return replace(name, end=following.end(1))


def addresses(text: str, spans: Sequence[Span], places: bool = False) -> list[Span]:
    """Joins the parts of an address over words like `Apt.`; drops places without a street or house.

    A town alone tells of nobody, so it is given only with `places`, as a LOCATION. A token of an address
    masked before counts as its part.
    """
    kept: list[Span] = []
    run: list[Span] = []
    masked = [Span(*match.span(), "ADDRESS", "rampart", 0.0) for match in _MASKED.finditer(text)]
    for span in sorted([*spans, *masked], key=lambda one: one.start):
        if span.type not in ("PLACE", "ADDRESS"):
            kept.append(span)
            continue
        if run and not _BETWEEN.fullmatch(text, run[-1].end, span.start):
            kept += _address(text, run, places)
            run = []
        run.append(span)
    return kept + _address(text, run, places)


def _address(text: str, run: list[Span], places: bool) -> list[Span]:
    if not any(span.type == "ADDRESS" for span in run):
        return [replace(span, type="LOCATION") for span in run] if places else []
    start, end = run[0].start, max(span.end for span in run)
    head = _HEAD.search(text, max(0, start - _HEAD_LENGTH), start)
    tail = _TAIL.match(text, end)
    start, end = head.start() if head else start, tail.end() if tail else end
    return [replace(run[0], start=start, end=end, type="ADDRESS", score=max(span.score for span in run))]


def _kind(span: Span) -> str:
    return "ADDRESS" if span.type == "PLACE" else span.type
