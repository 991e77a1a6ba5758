"""Okapi BM25 (Robertson and Zaragoza 2009) over an inverted index of words and of Chinese characters.

Written here because what must lie in a bundle is the passages alone: the index is made anew in a moment, and
libraries that save theirs do so as pickles, or want more packages than this has lines.
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

K1, B = 1.2, 0.75
"""how soon a repeated term stops to count, and how far long passages are held back"""

_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+")
_FUNCTION = """
a an and are as at be by can did do does for from had has have how i if in is it its me my of on or should
that the there this to was what when where which who whom whose why will with would
"""
_IDLE = frozenset(_FUNCTION.split())
_HAN = re.compile(r"[\u3400-\u9fff]")


def terms(text: str) -> list[str]:
    """What a text is found by: stems of words that say something; Chinese characters, and pairs of them.

    Chinese has no spaces between its words; pairs of characters are most of them, and need no dictionary.
    """
    found, idle = [], []
    for word in _WORD.findall(text.lower()):
        if _HAN.match(word):
            found += [*word, *(word[at : at + 2] for at in range(len(word) - 1))]
        elif word in _IDLE:
            idle.append(word)
        else:
            found.append(_stem(word))
    return found or idle


def _stem(word: str) -> str:
    """The word without its plural's s and one common ending (a little more than Harman's S stemmer, 1991)."""
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed", "es", "e"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word[: -len(ending)]
    return word


class Bm25:
    """An index of passages."""

    def __init__(self, passages: Sequence[str]) -> None:
        counted = [Counter(terms(passage)) for passage in passages]
        lengths = np.array([sum(counts.values()) for counts in counted], dtype=np.float64)
        longer = K1 * (1 - B + B * lengths / max(float(lengths.mean()) if len(lengths) else 1.0, 1.0))
        holding: dict[str, list[tuple[int, int]]] = {}
        for place, counts in enumerate(counted):
            for term, count in counts.items():
                holding.setdefault(term, []).append((place, count))
        self._count = len(passages)
        self._index: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for term, entries in holding.items():
            places = np.array([place for place, _ in entries])
            often = np.array([count for _, count in entries], dtype=np.float64)
            rare = np.log1p((self._count - len(entries) + 0.5) / (len(entries) + 0.5))
            self._index[term] = (places, rare * often * (K1 + 1) / (often + longer[places]))

    def scores(self, question: str) -> np.ndarray:
        """How well each passage fits, float64, shape (passages,); 0 where it shares no term."""
        found = np.zeros(self._count)
        for term in terms(question):
            if term in self._index:
                places, weights = self._index[term]
                found[places] += weights
        return found
