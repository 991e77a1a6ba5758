"""Pictures as tables: folders per class, and tables of paths.

A row's picture is brought to `ingest.image` here, so that what is sealed holds its pixels and nothing that a
camera noted beside them. A file that is no picture is a bad row, which is named by its path.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from stages.artifacts import StageError
from stages.ingest.sources.base import Row, Table, require
from stages.params.ingest import Image
from stages.tasks.pictures import MAX_BYTES, Form, PictureError, opened, packed

COLUMNS = ("text", "label")
"""columns of what has no names of its own: the picture, and the name of its folder"""


def form_of(image: Image) -> Form:
    """The form that params ask for."""
    return Form(image.size, image.channels, image.max_pixels)


def folders(files: Sequence[Path], form: Form) -> Table:
    """Picture files, each labelled by the folder it lies in."""
    name = str(files[0].parent.parent)
    return Table(name, partial(_labelled, name, files, form))


def of_paths(table: Table, place: Path, column: str, form: Form) -> Table:
    """A table with the pictures in place of their paths.

    Args:
        table: gives rows with a path in `column`.
        place: the folder from which relative paths lead on.
        column: `ingest.columns.text`.
    """
    return Table(table.name, partial(_followed, table, place, column, form))


def paths_in(table: Table, place: Path, column: str) -> list[Path]:
    """The files that a table of paths names and that are there, each once."""
    wanted = {column: "ingest.columns.text"}
    cells = (row.cells.get(column) for row in table.read(wanted) if not row.reason)
    found = dict.fromkeys(place / cell.strip() for cell in cells if isinstance(cell, str) and cell.strip())
    return [path for path in found if path.is_file()]


def _labelled(name: str, files: Sequence[Path], form: Form, wanted: Mapping[str, str]) -> Iterator[Row]:
    require(name, wanted, COLUMNS, schema=True)
    for number, path in enumerate(files, start=1):
        yield _row(number, path, {"label": path.parent.name}, "text", form, f"{path.parent.name}/{path.name}")


def _followed(table: Table, place: Path, column: str, form: Form, wanted: Mapping[str, str]) -> Iterator[Row]:
    for row in table.read(wanted):
        cell = row.cells.get(column)
        if row.reason or cell is None:
            yield row
        elif not isinstance(cell, str):
            yield Row(row.number, row.cells, row.raw, row.line, "its path is no text")
        else:
            found = _row(row.number, place / cell.strip(), row.cells, column, form, cell.strip())
            yield Row(row.number, found.cells, found.raw, row.line, found.reason)


def _row(number: int, path: Path, others: Mapping[str, Any], column: str, form: Form, shown: str) -> Row:
    try:
        content = _read(path)
        return Row(number, {**others, column: packed(opened(content, form))}, lambda: content)
    except PictureError as error:
        return Row(number, others, partial(_head, path), reason=f"{shown!r}: {error}")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PictureError(f"its file is larger than {MAX_BYTES >> 20} MB")
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError("there is no such file") from None
    except OSError:
        raise PictureError("it cannot be read; check its owner and mode") from None


def _head(path: Path) -> bytes:
    """What of a bad file goes to quarantine: all of it, unless it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except (OSError, ValueError):
        return b""


def must_lie_in_classes(files: Sequence[Path], roots: Sequence[str]) -> None:
    """Raises StageError where a picture lies in no folder that could name its class."""
    bare = {Path(root).resolve() for root in roots}
    for path in files:
        if path.parent.resolve() in bare:
            raise StageError(
                f"{path}: lies in no folder of a class; put the images of each class into a folder of its "
                "name, or give a table of paths and labels"
            )
