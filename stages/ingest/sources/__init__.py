"""One reader for every kind of source. Each yields rows one by one and holds no more than a chunk."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from stages.artifacts import StageError
from stages.ingest.sources.base import Row, Table
from stages.ingest.sources.locate import IMAGE_KINDS, files_of, is_sample, is_url, kind_of
from stages.params.ingest import Ingest


def tables(settings: Ingest) -> Iterator[Table]:
    """The tables of `ingest.source`, one for every file, in the order of their names.

    Readers are imported when they are needed, since some of them are heavy.

    Raises:
        StageError: a file, sample or database cannot be found.
    """
    source = settings.source
    if is_sample(source):
        from stages.ingest.sources import samples

        yield samples.table(str(source), settings)
    elif is_url(source):
        from stages.ingest.sources import sql

        yield sql.table(str(source), settings.query or "", settings.chunk_rows)
    elif settings.image is None:
        for path in files_of(source):
            yield _table(path, settings)
    else:
        yield from _pictures(settings)


def files_behind(settings: Ingest) -> list[Path]:
    """All files whose content `tables` gives: those of the source, and those that tables of paths name."""
    if settings.image is None:
        return files_of(settings.source)
    from stages.ingest.sources import images

    files = files_of(settings.source, IMAGE_KINDS)
    found = {file.resolve(): file for file in files}
    for path in files:
        if kind_of(path) not in IMAGE_KINDS:
            named = images.paths_in(_table(path, settings), path.parent, settings.columns.text)
            found |= {file.resolve(): file for file in named}
    return sorted(found.values())


def _table(path: Path, settings: Ingest) -> Table:
    """A file of text as a table."""
    kind = kind_of(path)
    if kind in IMAGE_KINDS:
        raise StageError(f"{path}: an {kind}, but ingest.image is null; give {{size: 28, channels: 1}} there")
    if kind == "parquet":
        from stages.ingest.sources import parquet

        return parquet.table(path, settings.chunk_rows)
    if kind == "jsonl":
        from stages.ingest.sources import json_lines

        return json_lines.table(path, settings.encoding, settings.max_cell)
    if kind == "squad":
        from stages.ingest.sources import squad

        return squad.table(path, settings.encoding)
    if kind == "txt":
        from stages.ingest.sources import plain

        return plain.table(path, settings.encoding, settings.max_cell)
    from stages.ingest.sources import delimited

    delimiter = "," if kind == "csv" else "\t"
    return delimited.table(path, delimiter, settings.encoding, settings.max_cell)


def _pictures(settings: Ingest) -> Iterator[Table]:
    """Tables of pictures: all picture files together, each folder of npy files, and every other file."""
    from stages.ingest.sources import arrays, images

    assert settings.image is not None  # noqa: S101
    form, column = images.form_of(settings.image), settings.columns.text
    files = files_of(settings.source, IMAGE_KINDS)
    pictures = [path for path in files if kind_of(path) == "image"]
    if pictures:
        source = settings.source
        images.must_lie_in_classes(pictures, [source] if isinstance(source, str) else source)
        yield images.folders(pictures, form)
    for _, group in groupby(
        (path for path in files if kind_of(path) == "array"),
        key=lambda path: path if path.suffix == ".npz" else path.parent,
    ):
        yield arrays.table(list(group), column, form)
    for path in files:
        if kind_of(path) not in IMAGE_KINDS:
            yield images.of_paths(_table(path, settings), path.parent, column, form)


__all__ = ["Row", "Table", "files_behind", "tables"]
