"""From words that the tagger marks to whole names and addresses."""

import re
from collections.abc import Sequence
from dataclasses import replace

from stages.clean.masking.spans import Span, token

WEAK = 0.3
"""Share of the least score that is enough next to a sure finding of the same kind."""
_NEAR = {
    "PERSON": re.compile(r" ?[-'’.·]? ?| [^\W\d_]\.? "),
    "ADDRESS": re.compile(r"[\s,.;/#-]{0,6}"),
}
_TOUCHING = re.compile(r"[ ./()+-]{0,3}")
_MASKED = re.compile(re.escape(token("ADDRESS")))
_BETWEEN = re.compile(
    r"[\W_]{0,8}(?:(?:apt|apartment|suite|ste|unit|flat|floor|room|building|bldg|box|no|ul|of|de|la|[0-9]+)[\W_]{1,8}){0,2}",
    re.IGNORECASE,
)


def grown(text: str, spans: Sequence[Span], min_score: float) -> list[Span]:
    """Sure findings, and unsure ones of the same kind next to them: hysteresis, as in edge detection."""
    kept: list[Span] = []
    run: list[Span] = []
    for span in spans:
        kind = _kind(span)
        near = _NEAR.get(kind, _TOUCHING)
        if run and not (_kind(run[-1]) == kind and near.fullmatch(text, run[-1].end, span.start)):
            kept += _sure(run, min_score)
            run = []
        run.append(span)
    return kept + _sure(run, min_score)


def _sure(run: list[Span], min_score: float) -> list[Span]:
    """A run with a sure finding as it is, gaps of initials included; else nothing of it."""
    if all(span.score < min_score for span in run):
        return []
    if run[0].type != "PERSON":
        return run
    return [replace(run[0], end=max(span.end for span in run), score=max(span.score for span in run))]


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
            kept += _address(run, places)
            run = []
        run.append(span)
    return kept + _address(run, places)


def _address(run: list[Span], places: bool) -> list[Span]:
    if not any(span.type == "ADDRESS" for span in run):
        return [replace(span, type="LOCATION") for span in run] if places else []
    end, score = max(span.end for span in run), max(span.score for span in run)
    return [replace(run[0], end=end, type="ADDRESS", score=score)]


def _kind(span: Span) -> str:
    return "ADDRESS" if span.type == "PLACE" else span.type
