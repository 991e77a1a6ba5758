"""A name found once in a document is a name wherever it stands in it."""

import re
from collections.abc import Iterable, Sequence

from stages.clean.masking.rules.base import listed
from stages.clean.masking.rules.names import NOT_NAMES
from stages.clean.masking.spans import Span

_HAN = re.compile("[一-鿿]")
_AMBIGUOUS = NOT_NAMES | frozenset(
    listed(
        """
        april art august bill bob brook chance chase christian crystal dawn dean drew earl faith
        frank gene grace grant hope hunter iris ivy jack jean joy june king lance lily major mark
        max may mercy miles miss nick olive page pat paul penny pearl ray rich rob robin rose ruby
        sky sue summer sunny ted victor violet wade will winter young
        """
    )
)
"""Parts of names that are words too: these alone are not looked for elsewhere."""


def propagated(text: str, original: str, spans: Sequence[Span]) -> list[Span]:
    """Further occurrences in `text` of the names among `spans` of `original`: whole, and part by part.

    Parts count with a capital and from three letters on, so that a name masks no common word; `Okafor` also
    as `OKAFOR`, `T. Okafor` and `the Okafors`. The whole of a name counts in small letters too.
    """
    values = {
        value for span in spans if span.type == "PERSON" for value in _values(original[span.start : span.end])
    }
    if not values:
        return []
    longest = "|".join(re.escape(value) for value in sorted(values, key=lambda value: (-len(value), value)))
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:(?:[A-Z]\. ?){{0,2}}(?:{longest})s?)(?![A-Za-z0-9])")
    return [Span(*match.span(), "PERSON", "propagation", 0.8) for match in pattern.finditer(text)]


def _values(name: str) -> Iterable[str]:
    if _HAN.search(name):
        if len(name) >= 2:
            yield name
        return
    if len(name) >= 4 and name.lower() not in _AMBIGUOUS:
        yield name
        yield name.upper()
        if len(name.split()) > 1:
            yield name.lower()
    for part in re.split(r"[\s.]+", name):
        if len(part) >= 3 and part[0].isupper() and part.lower() not in _AMBIGUOUS:
            yield part
            yield part.upper()
