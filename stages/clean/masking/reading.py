"""What the taggers share: files that must be the measured ones, a session, and windows over long texts."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stages.artifacts import StageError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WINDOW = 126
"""Tokens read at once, those that mark start and end aside."""
OVERLAP = 32


@dataclass(frozen=True)
class Window:
    """Tokens `first` to `last` of a piece of text; its reading counts for `own_first` to `own_last`."""

    piece: int
    first: int
    last: int
    own_first: int
    own_last: int

    @property
    def own(self) -> slice:
        """The tokens that it answers for, counted from its first."""
        return slice(self.own_first - self.first, self.own_last - self.first)


def windows(piece: int, count: int) -> Iterator[Window]:
    """Overlapping windows over `count` tokens; of the overlap each window answers for its nearer half."""
    first = 0
    while first < count:
        last = min(first + WINDOW, count)
        own_first = first + OVERLAP // 2 if first else 0
        own_last = last - OVERLAP // 2 if last < count else last
        yield Window(piece, first, last, own_first, own_last)
        if last == count:
            return
        first = last - OVERLAP


def trusted(path: Path, digest: str, tagger: str, remedy: str) -> bytes:
    """The content of a tagger's file.

    Args:
        path: the file.
        digest: its SHA-256 when it was measured.
        tagger: whose it is, for the error.
        remedy: what to do where it was altered, for the error.

    Raises:
        StageError: it is missing or is not the one that was measured.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise StageError(f"{tagger}: {path.name} is missing; run `make install`") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise StageError(f"{tagger}: {path.name} was altered; {remedy}")
    return content


def session(model: bytes) -> "InferenceSession":
    """A session on one thread that does not spin: several processes share the cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
