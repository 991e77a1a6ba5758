"""Copies of a text with a few words changed, after Wei and Zou 2019, "EDA: Easy Data Augmentation
Techniques".

A word is what white space separates, or a single Chinese character. Mask tokens are neither words nor
changed.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_MASK = r"\[[A-Z][A-Z_]*(?:_[0-9a-f]{8})?\]"
_PIECE = re.compile(rf"(?P<mask>{_MASK})|(?P<word>[\u3400-\u9fff]|(?:(?!{_MASK})[^\s\u3400-\u9fff])+)|\s+")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass
class Pieces:
    """A text in pieces that give it back when joined: words, mask tokens and white space.

    Attributes:
        pieces: all of them, in order.
        words: places of the words among them.
    """

    pieces: list[str]
    words: list[int]

    @classmethod
    def of(cls, text: str) -> "Pieces":
        found = list(_PIECE.finditer(text))
        return cls([one[0] for one in found], [i for i, one in enumerate(found) if one.lastgroup == "word"])

    def text(self) -> str:
        return re.sub(r"[^\S\n]{2,}", " ", "".join(self.pieces)).strip()


def altered(text: str, method: str, strength: float, rng: random.Random) -> str:
    """A copy of `text` changed by one method, or `text` itself where it is too short to change.

    Args:
        text: any text.
        method: `swap`, `drop`, `insert` or `noise`.
        strength: share of the words changed, at least one.
        rng: where chance comes from.
    """
    parts = Pieces.of(text)
    if len(parts.words) < 2:
        return text
    _METHODS[method](parts, max(1, round(strength * len(parts.words))), rng)
    return parts.text()


def _swap(parts: Pieces, times: int, rng: random.Random) -> None:
    """Words change places with the next word."""
    for at in _chosen(range(len(parts.words) - 1), times, rng):
        one, other = parts.words[at], parts.words[at + 1]
        parts.pieces[one], parts.pieces[other] = parts.pieces[other], parts.pieces[one]


def _drop(parts: Pieces, times: int, rng: random.Random) -> None:
    """Words go; one always stays."""
    for place in _chosen(parts.words, min(times, len(parts.words) - 1), rng):
        parts.pieces[place] = ""


def _insert(parts: Pieces, times: int, rng: random.Random) -> None:
    """Words of the same text are put in again elsewhere."""
    words = [parts.pieces[place] for place in parts.words]
    for place in _chosen(parts.words, times, rng):
        word = rng.choice(words)
        gap = "" if _HAN.match(word) else " "
        parts.pieces[place] = f"{word}{gap}{parts.pieces[place]}"


def _noise(parts: Pieces, times: int, rng: random.Random) -> None:
    """In a word two neighbouring characters change places, or a character goes; a Chinese character goes."""
    for place in _chosen(parts.words, min(times, len(parts.words) - 1), rng):
        word = parts.pieces[place]
        if len(word) < 2:
            parts.pieces[place] = "" if _HAN.match(word) else word * 2
            continue
        at = rng.randrange(len(word) - 1)
        pair = word[at + 1] + word[at] if rng.random() < 0.5 else word[at + 1]
        parts.pieces[place] = word[:at] + pair + word[at + 2 :]


def _chosen(places: Sequence[int], times: int, rng: random.Random) -> list[int]:
    return rng.sample(places, min(times, len(places)))


_METHODS: dict[str, Callable[[Pieces, int, random.Random], None]] = {
    "swap": _swap,
    "drop": _drop,
    "insert": _insert,
    "noise": _noise,
}
