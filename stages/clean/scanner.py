"""Looks through files for what masking took out, by keyed hashes: the values themselves are not at hand.

Every run of words of a file is hashed and looked up. Text is read as text; of anything else (ONNX, SQLite)
the readable strings are, in UTF-8 and UTF-16. What is compressed or sealed shows nothing.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from stages.clean.traces import mark, read_marks, runs, telling, words_of

_BLOCK = 4 << 20
_OVERLAP = 4 << 10
_LETTER = rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"
# ASCII and well-formed UTF-8, as long as a trace at least: in weights, as good as random, there is little
_PLAIN = re.compile(rb"(?:[\x20-\x7e\t\n\r]|" + _LETTER + rb"){7,}|(?:" + _LETTER + rb"){3,}")
_UTF16 = re.compile(rb"(?:[\x20-\x7e]\x00){7,}")
# JSON may write line ends, and other letters than ASCII, by their numbers
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrt])")


class Scanner:
    """Finds traces in texts and files.

    Args:
        marks: keyed hashes by their number of words.
        secret: the bytes that they are keyed with.
    """

    def __init__(self, marks: dict[int, set[bytes]], secret: bytes) -> None:
        self._marks, self._secret = marks, secret

    @classmethod
    def load(cls, path: Path, secret: bytes) -> "Scanner":
        """The scanner for the traces that clean wrote.

        Raises:
            StageError: the traces are missing, or made with another secret.
        """
        return cls(read_marks(path, secret), secret)

    @property
    def known(self) -> int:
        """How many runs of words it knows."""
        return sum(map(len, self._marks.values()))

    def in_text(self, text: str) -> set[bytes]:
        """The traces in a text, as keyed hashes."""
        words = words_of(text)
        return {
            found
            for length, marks in self._marks.items()
            # a run that occurs often is hashed once
            for found in (mark(self._secret, run) for run in set(runs(words, length)) if telling(run))
            if found in marks
        }

    def clears(self, text: str) -> bool:
        """Whether a text holds none: a value may be masked in one text and missed in another."""
        return not self.in_text(text)

    def in_file(self, path: Path) -> set[bytes]:
        """The traces in a file's readable strings; none in one that is gone meanwhile."""
        found: set[bytes] = set()
        for text in _texts(path):
            found |= self.in_text(text)
        return found

    def in_places(self, places: Iterable[Path]) -> dict[Path, int]:
        """How many different traces each file of the given files and folders holds; only those that do."""
        known: dict[bytes, int] = {}
        counts = {}
        for path in (path for place in places for path in _files(place)):
            # a tokenizer lies in many places, and is read once
            content = _digest(path)
            if content not in known:
                known[content] = len(self.in_file(path))
            counts[path] = known[content]
        return {path: count for path, count in counts.items() if count}


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except FileNotFoundError:  # gone since it was listed
        return b""


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink())


def _texts(path: Path) -> Iterator[str]:
    """The readable text of a file, in blocks that overlap, so that nothing is cut in two."""
    with suppress(FileNotFoundError), path.open("rb") as stream:
        kept = b""
        while block := stream.read(_BLOCK):
            yield from _readable(kept + block)
            kept = block[-_OVERLAP:]


def _readable(block: bytes) -> Iterator[str]:
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and "\0" not in text:
        yield _ESCAPED.sub(lambda code: chr(int(code[1], 16)) if code[1] else " ", text)
        return
    yield "\n".join(piece.decode("utf-8", "replace") for piece in _PLAIN.findall(block))
    yield "\n".join(piece.decode("utf-16-le") for piece in _UTF16.findall(block))
