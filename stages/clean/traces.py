"""What no later file may hold: keyed hashes of the values that masking found, and of quarantined texts.

A value is compared by its words, so that another spelling of the same number is found too:
`+1 (415) 555-0123` and `1 415 555 0123` are one. Only keyed hashes are ever written; without the key they say
nothing, not even whether a guess is right.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from stages.artifacts import StageError

TRACES = "values.bin"
MOST_WORDS = 8
"""words by which a value is known; of a longer one, each run of so many"""
SENTENCE = 6
"""words of a quarantined text that in a row are a trace of it"""

_KNOWN = ("retort",)
"""stands in every file, so that another secret than the file's is noticed; no value is such a word"""
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_SIZE = 16

Words = tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, folded in case and width; every Chinese character is a word of its own."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def telling(words: Words) -> bool:
    """Whether a value says by itself whose it is, and so has no business in any file.

    A single word does not, unless it is a long one with digits in it: May is a month too, and 42 is anything.
    Of several words, eight letters or digits are asked for, or three Chinese characters.
    """
    letters = sum(map(len, words))
    if len(words) == 1:
        return letters >= 7 and any(map(str.isdigit, words[0]))
    wide = sum(len(word) == 1 and ord(word) >= 0x3400 for word in words)
    return letters >= 8 or wide >= 3


def runs(words: Sequence[str], length: int) -> Iterator[Words]:
    """Every run of so many words."""
    return (tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def mark(secret: bytes, words: Words) -> bytes:
    """The keyed hash of a run of words, 16 bytes, after its length in one byte."""
    return bytes([len(words)]) + hmac.digest(secret, " ".join(words).encode(), "sha256")[:_SIZE]


class Place(Protocol):
    """Where a value stands in a text, in characters."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Outcome(Protocol):
    """What masking made of a text."""

    @property
    def text(self) -> str | None:
        """None where the masker did not vouch for it."""
        ...

    @property
    def spans(self) -> Sequence[Place]:
        """Of the values found."""
        ...


class Traces:
    """The runs of words that must not appear again. They live in memory only."""

    def __init__(self) -> None:
        self._found: set[Words] = set()

    def add(self, text: str, outcome: Outcome) -> None:
        """Takes what masking made of `text`: its values, or the whole of it where it was not vouched for."""
        if outcome.text is None:
            self.add_sentence(text)
        places = ((span.start, span.end) for span in outcome.spans)
        self.add_values(text[start:end] for start, end in places)

    def add_values(self, values: Iterable[str]) -> None:
        """Takes the values that tell of somebody by themselves."""
        for value in values:
            words = words_of(value)
            self._found |= {run for run in runs(words, min(len(words), MOST_WORDS)) if telling(run)}

    def add_sentence(self, text: str) -> None:
        """Takes every run of `SENTENCE` words; of a shorter text, the whole."""
        words = words_of(text)
        self._found |= {run for run in runs(words, min(len(words), SENTENCE)) if telling(run)}

    def __len__(self) -> int:
        return len(self._found)

    def write(self, path: Path, secret: bytes) -> None:
        """Writes the keyed hashes in their own order, which is no order of the rows."""
        path.write_bytes(b"".join(sorted(mark(secret, words) for words in {*self._found, _KNOWN})))


def read_marks(path: Path, secret: bytes) -> dict[int, set[bytes]]:
    """The keyed hashes that `Traces.write` wrote, by the number of their words.

    Raises:
        StageError: the file is missing, cut short, or made with another secret.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise StageError(f"{path}: not found; run `dvc repro clean`") from None
    if len(content) % (_SIZE + 1):
        raise StageError(f"{path}: cut short; delete it and run `dvc repro clean`")
    marks: dict[int, set[bytes]] = {}
    for start in range(0, len(content), _SIZE + 1):
        whole = content[start : start + _SIZE + 1]
        marks.setdefault(whole[0], set()).add(whole)
    known = mark(secret, _KNOWN)
    if known not in marks.get(known[0], ()):
        raise StageError(f"{path}: made with another vault; run `dvc repro --force ingest`")
    marks[known[0]].remove(known)
    return marks
