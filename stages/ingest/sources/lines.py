"""The lines of a text file: decoded, bad bytes marked, and no more of them in memory than a row needs."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from stages.artifacts import StageError

# a line that is longer than so many of the longest cells is cut
_CELLS = 32
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Lines:
    """Iterates over lines and remembers those of the row being read.

    Bytes that cannot be decoded become lone surrogates (PEP 383), so that the row they stand in is found.
    """

    def __init__(self, stream: TextIO, encoding: str, max_cell: int) -> None:
        self._stream = stream
        self._encoding = encoding
        self._limit = _CELLS * max_cell
        self.number = 0
        """the line read last, from 1"""
        self.row: list[str] = []
        """the lines since `start`"""
        self.cut = False
        """whether a line since `start` was too long to be held"""

    def start(self) -> None:
        """Forgets the lines of the row before."""
        self.row.clear()
        self.cut = False

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._stream.readline(self._limit)
        if not line:
            raise StopIteration
        self.number += 1
        self.row.append(line)
        if len(line) == self._limit and not line.endswith(("\n", "\r")):
            self._skip()
        return line

    def raw(self) -> bytes:
        """The bytes of the row being read."""
        return "".join(self.row).encode(self._encoding, "surrogateescape")

    def _skip(self) -> None:
        self.cut = True
        while rest := self._stream.readline(self._limit):
            if rest.endswith(("\n", "\r")):
                break


@contextmanager
def open_lines(path: Path, encoding: str, max_cell: int) -> Iterator[Lines]:
    """Opens a text file, plain or gzipped. A byte order mark is no part of it.

    Raises:
        StageError: it is missing, may not be read, is empty, is damaged gzip, or not in `encoding` at all.
    """
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise StageError(
            f"ingest.encoding: {encoding!r} is not known; use such as utf-8, latin-1, gb18030"
        ) from None
    lines = None
    try:
        with _open(path) as binary:
            head = binary.peek(4)[:4]
            if not head:
                raise StageError(f"{path}: the file is empty; check ingest.source")
            mark = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
            if mark and not codec.startswith(mark):
                raise StageError(f"{path}: starts with the mark of {mark}; set ingest.encoding: {mark}")
            decoder = "utf-8-sig" if codec == "utf-8" else codec
            # newline="" leaves line ends as they are, as the csv module asks
            with io.TextIOWrapper(binary, encoding=decoder, errors="surrogateescape", newline="") as stream:
                lines = Lines(stream, codec, max_cell)
                yield lines
    except FileNotFoundError:
        raise StageError(f"{path}: no such file; check ingest.source") from None
    except UnicodeDecodeError:
        after = lines.number if lines else 0
        raise StageError(f"{path}: not {encoding} after line {after}; set ingest.encoding") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise StageError(f"{path}: damaged or cut gzip; fetch the file again") from None
    except OSError:
        raise StageError(f"{path}: cannot be read; check its owner and mode") from None


def _open(path: Path) -> io.BufferedReader:
    if path.name.lower().endswith(".gz"):
        return io.BufferedReader(gzip.open(path, "rb"))
    return path.open("rb")
