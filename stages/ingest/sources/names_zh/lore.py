"""What tagged news tell about names: of which characters they are made, not whose they are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from random import Random

END = ""
"""stands before the first and after the last character of a transliterated name"""
_PLACES = frozenset(("ns", "nz", "nt"))


class Letters:
    """Characters to draw, each as often as it was met."""

    def __init__(self, counts: Counter[str]) -> None:
        self._letters = list(counts)
        self._sums = list(accumulate(counts.values()))

    def draw(self, rng: Random) -> str:
        return rng.choices(self._letters, cum_weights=self._sums)[0]


@dataclass(frozen=True)
class Lore:
    """What a `Maker` draws from beside its own words."""

    letters: str
    """the characters of which rare given names are made"""
    lexicon: Sequence[str]
    """words that are nobody's name"""
    places: Sequence[str] = ()
    """places, brands and institutions of the news: nobody's names either"""
    given: tuple[Letters, Letters] | None = None
    """first and second characters of given names"""
    syllables: dict[str, Letters] | None = None
    """what follows which character in transliterated names"""
    taken: frozenset[str] = frozenset()
    """names and places of the news; no transliterated name is made like one of them"""


def learned(tagged: Iterable[Sequence[tuple[str, str]]], letters: str, lexicon: Sequence[str]) -> Lore:
    """Counts the characters of distinct names, so that who is often in the news weighs no more.

    Args:
        tagged: sentences of (word, tag), names marked `nr`, surname and given name apart.
    """
    names: dict[str, None] = {}
    places: dict[str, None] = {}
    for sentence in tagged:
        for word, tag in sentence:
            if tag == "nr":
                names.setdefault(word)
            elif tag in _PLACES and 2 <= len(word) <= 5 and _han(word):
                places.setdefault(word)
    pairs = [name for name in names if len(name) == 2 and _han(name)]
    parts = {part for name in names if "·" in name for part in name.split("·") if len(part) > 1}
    known = {letter for part in parts for letter in part}
    foreign = sorted(parts | {name for name in names if len(name) > 2 and known.issuperset(name)})
    follows: dict[str, Counter[str]] = {}
    for part in filter(_han, foreign):
        for before, after in pairwise((END, *part, END)):
            follows.setdefault(before, Counter())[after] += 1
    return Lore(
        letters,
        lexicon,
        tuple(places),
        (Letters(Counter(pair[0] for pair in pairs)), Letters(Counter(pair[1] for pair in pairs))),
        {letter: Letters(counts) for letter, counts in follows.items()},
        frozenset(foreign).union(places),
    )


def _han(word: str) -> bool:
    return all("一" <= letter <= "鿿" for letter in word)
