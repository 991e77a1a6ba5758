"""One reader for every kind of source. Each yields rows one by one and holds no more than a chunk."""

from collections.abc import Iterator

from stages.ingest.sources.base import Row, Table
from stages.ingest.sources.locate import files_of, is_sample, is_url, kind_of
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

        yield samples.table(str(source), settings.max_cell)
    elif is_url(source):
        from stages.ingest.sources import sql

        yield sql.table(str(source), settings.query or "", settings.chunk_rows)
    else:
        for path in files_of(source):
            kind = kind_of(path)
            if kind == "parquet":
                from stages.ingest.sources import parquet

                yield parquet.table(path, settings.chunk_rows)
            elif kind == "jsonl":
                from stages.ingest.sources import json_lines

                yield json_lines.table(path, settings.encoding, settings.max_cell)
            elif kind == "squad":
                from stages.ingest.sources import squad

                yield squad.table(path, settings.encoding)
            elif kind == "txt":
                from stages.ingest.sources import plain

                yield plain.table(path, settings.encoding, settings.max_cell)
            else:
                from stages.ingest.sources import delimited

                delimiter = "," if kind == "csv" else "\t"
                yield delimited.table(path, delimiter, settings.encoding, settings.max_cell)


__all__ = ["Row", "Table", "tables"]
