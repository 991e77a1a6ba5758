"""Encoded splits on disk: all tokens one after another, and where each row begins. No pickle."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from stages.artifacts import StageError, read_json, write_json


@dataclass(frozen=True)
class TokenSplit:
    """One encoded split."""

    ids: np.ndarray
    """int32 (uint8 for pixels), shape (tokens,): the tokens of all rows, one after another"""
    offsets: np.ndarray
    """int64, shape (rows + 1,): row i has the tokens offsets[i] to offsets[i + 1]"""
    labels: np.ndarray
    """int64, shape (rows, ...): the class of each row, 1 for each label that it has, or where its answer
    stands; or (tokens,): the class of each token; or float64, (rows,): the number of each row"""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, index: int) -> np.ndarray:
        """The tokens of one row, of the type of `ids`, shape (length,)."""
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int64, shape (rows,)."""
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Meta:
    """What a reader of the arrays must know."""

    task: str
    labels: list[str]
    vocabulary: int
    max_length: int
    pad_id: int
    unk_id: int
    augmented_rows: int
    """sequences that were made of copies; they stand after all others of the training split"""
    sizes: dict[str, int] = field(default_factory=dict)
    """of a task that writes text, the bytes of each split: see `tasks.text_generation.size_in_bytes`"""
    shape: list[int] | None = None
    """of images height, width and channels, whose product is the length of every row; None for texts"""
    distortion: dict[str, Any] | None = None
    """of images `augment.image`: how those of the training split are changed whenever they are read"""


def make_split(rows: Iterable[Sequence[int] | np.ndarray], labels: np.ndarray) -> TokenSplit:
    """A split from the token ids of each row and the class of each row, or of each token of all rows."""
    arrays = [row if _pixels(row) else np.asarray(row, dtype=np.int32) for row in rows]
    offsets = np.zeros(len(arrays) + 1, dtype=np.int64)
    np.cumsum([len(array) for array in arrays], out=offsets[1:])
    ids = np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int32)
    labels = np.asarray(labels)
    kind = np.float64 if labels.dtype.kind == "f" else np.int64
    return TokenSplit(ids, offsets, labels.astype(kind))


def _pixels(row: Sequence[int] | np.ndarray) -> bool:
    return isinstance(row, np.ndarray) and row.dtype == np.uint8


def pad(split: TokenSplit, rows: Sequence[int] | np.ndarray, pad_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a split as (ids, mask), both int64, shape (rows, longest); mask is 1 at tokens, else 0."""
    rows = np.asarray(rows)
    starts, ends = split.offsets[rows], split.offsets[rows + 1]
    lengths = ends - starts
    mask = np.arange(lengths.max())[None, :] < lengths[:, None]
    ids = np.full(mask.shape, pad_id, dtype=np.int64)
    ids[mask] = np.concatenate([split.ids[start:end] for start, end in zip(starts, ends, strict=True)])
    return ids, mask.astype(np.int64)


def tokens_of(split: TokenSplit, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Places in `ids` of all tokens of the rows, row after row: int64, shape (tokens of the rows,)."""
    rows = np.asarray(rows)
    pairs = zip(split.offsets[rows].tolist(), split.offsets[rows + 1].tolist(), strict=True)
    return np.concatenate([np.arange(start, end) for start, end in pairs])


def write_split(folder: Path, name: str, split: TokenSplit) -> None:
    """Writes `{name}.ids.npy`, `{name}.offsets.npy` and `{name}.labels.npy`."""
    for part in fields(split):
        np.save(folder / f"{name}.{part.name}.npy", getattr(split, part.name), allow_pickle=False)


def read_split(folder: Path, name: str) -> TokenSplit:
    """Maps an encoded split into memory.

    Raises:
        StageError: an array is missing or damaged, or the arrays do not belong together.
    """
    arrays = {part.name: _read(folder / f"{name}.{part.name}.npy") for part in fields(TokenSplit)}
    split = TokenSplit(**arrays)
    if len(split.labels) not in (len(split), len(split.ids)) or split.offsets[-1] != len(split.ids):
        raise StageError(
            f"{folder}: the arrays of {name} do not belong together; run `dvc repro -f tokenize`"
        )
    return split


def write_meta(folder: Path, meta: Meta) -> None:
    """Writes `meta.json`."""
    write_json(folder / "meta.json", asdict(meta))


def read_meta(folder: Path) -> Meta:
    """Reads `meta.json`.

    Raises:
        StageError: it is missing or damaged.
    """
    found = read_json(folder / "meta.json")
    try:
        return Meta(**found)
    except TypeError:
        raise StageError(f"{folder}/meta.json: of another version; run `dvc repro -f tokenize`") from None


def _read(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise StageError(f"{path}: not found; run `dvc repro tokenize`") from None
    except (ValueError, EOFError):
        raise StageError(f"{path}: no whole array; run `dvc repro -f tokenize`") from None
