"""Arrays as tables: the members of an npz file, or the npy files of a folder, are columns.

Pictures are an array of shape (rows, height, width), (rows, height, width, channels), (rows, channels,
height, width) or (rows, pixels of a square). Arrays are read row by row, whatever their size; pickles never.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from math import isqrt
from pathlib import Path
from typing import IO, Any

import numpy as np

from stages.artifacts import StageError
from stages.ingest.sources.base import Row, Table, require
from stages.tasks.pictures import Form, PictureError, from_pixels, packed

_CHANNELS = (1, 3, 4)
_DAMAGED = (OSError, ValueError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError)


class _Column:
    """One array, read from its first row to its last."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        version = np.lib.format.read_magic(stream)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, fortran, self.dtype = read(stream)
        if self.dtype.hasobject or not shape or (fortran and len(shape) > 1):
            raise StageError(f"{name}: of objects, of no rows, or in Fortran order; save a plain array")
        self._stream, self.name = stream, name
        self.rows, self.shape = shape[0], shape[1:]
        self._size = int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def next(self) -> np.ndarray:
        content = self._stream.read(self._size)
        if len(content) < self._size:
            raise StageError(f"{self.name}: cut off; save it again")
        return np.frombuffer(content, self.dtype).reshape(self.shape)


def table(files: Sequence[Path], column: str, form: Form) -> Table:
    """An npz file, or npy files of one folder, as a table whose pictures are in `column`."""
    name = str(files[0] if files[0].suffix == ".npz" else files[0].parent)
    return Table(name, partial(_read, name, files, column, form))


def _read(
    name: str, files: Sequence[Path], column: str, form: Form, wanted: Mapping[str, str]
) -> Iterator[Row]:
    try:
        with ExitStack() as stack:
            opened = _members(files, stack)
            require(name, wanted, opened, schema=True)
            range_of = _range(_Column(stack.enter_context(opened[column]()), f"{name}: {column}"))
            columns = {one: _Column(stack.enter_context(opened[one]()), f"{name}: {one}") for one in wanted}
            if len({one.rows for one in columns.values()}) > 1:
                sizes = ", ".join(f"{one} {found.rows}" for one, found in columns.items())
                raise StageError(f"{name}: its arrays have different numbers of rows ({sizes})")
            for number in range(1, columns[column].rows + 1):
                values = {one: found.next() for one, found in columns.items()}
                yield _row(number, values, column, range_of, form)
    except _DAMAGED:
        raise StageError(f"{name}: not a whole npy or npz file; save it again") from None


def _members(files: Sequence[Path], stack: ExitStack) -> dict[str, Any]:
    """What opens each array, by name."""
    if files[0].suffix != ".npz":
        return {path.stem: partial(path.open, "rb") for path in files}
    archive = stack.enter_context(zipfile.ZipFile(files[0]))
    return {
        member.removesuffix(".npy"): partial(archive.open, member)
        for member in archive.namelist()
        if member.endswith(".npy")
    }


def _range(column: _Column) -> float:
    """The value that is white: 255, 65535 for 16 bits, or 1 where no number is larger.

    Raises:
        StageError: the array holds no numbers.
    """
    if column.dtype.kind == "b":
        return 1.0
    if column.dtype.kind not in "uif":
        raise StageError(f"{column.name}: holds no numbers; pictures are arrays of pixel values")
    if column.dtype == np.uint8:
        return 255.0
    if column.dtype == np.uint16:
        return 65535.0
    rows = (column.next() for _ in range(column.rows))
    highest = max((float(np.nanmax(row)) if row.size else 0.0 for row in rows), default=0.0)
    return 1.0 if column.dtype.kind == "f" and highest <= 1.0 else 255.0


def _row(number: int, values: dict[str, np.ndarray], column: str, white: float, form: Form) -> Row:
    cells = {one: value.item() if value.size == 1 else None for one, value in values.items()}
    raw = values[column].tobytes
    try:
        cells[column] = packed(from_pixels(_pixels(values[column], white), form))
    except PictureError as error:
        return Row(number, {}, raw, reason=str(error))
    return Row(number, cells, raw)


def _pixels(values: np.ndarray, white: float) -> np.ndarray:
    """One picture as uint8, shape (height, width) or (height, width, channels).

    Raises:
        PictureError: it has another shape, or values beyond its range.
    """
    if values.ndim == 1 and isqrt(values.size) ** 2 == values.size:
        values = values.reshape(isqrt(values.size), -1)
    if values.ndim == 3 and values.shape[2] not in _CHANNELS and values.shape[0] in _CHANNELS:
        values = values.transpose(1, 2, 0)
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in _CHANNELS):
        raise PictureError("its array has not the shape of a picture")
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all() or numbers.min(initial=0) < 0 or numbers.max(initial=0) > white:
        raise PictureError("it has pixel values out of range (0 to 255, to 65535 for 16 bits, or 0 to 1)")
    return values if values.dtype == np.uint8 else np.rint(numbers * (255 / white)).astype(np.uint8)
