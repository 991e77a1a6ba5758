"""A long text in overlapping windows: nothing is cut off, and memory and time stay in proportion."""

from collections.abc import Iterator

WINDOW = 50_000
"""Characters that a detector reads at once."""
OVERLAP = 5_000
"""Characters that two windows share: more than the longest value, a private key of 4096 bits in PEM."""
SLACK = 1_000
"""Characters in which a white space is looked for to cut at."""


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each window; one for a text that is not long. Cut at white space if there is any."""
    start = 0
    while len(text) - start > WINDOW:
        end = _cut(text, start + WINDOW)
        yield start, end
        start = _cut(text, end - OVERLAP)
    yield start, len(text)


def count(text: str) -> int:
    """About how many windows a text has, at least one: the measure of the time that it may take."""
    return 1 + len(text) // (WINDOW - OVERLAP - 2 * SLACK)


def _cut(text: str, place: int) -> int:
    """The last place at or before this one that follows a white space; this one where none is near."""
    for at in range(place, place - SLACK, -1):
        if text[at - 1].isspace():
            return at
    return place
