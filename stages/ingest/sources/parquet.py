"""Parquet files. Only the wanted columns are read."""

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stages.artifacts import StageError
from stages.ingest.sources.base import Row, Table, require


def table(path: Path, chunk_rows: int) -> Table:
    """A Parquet file as a table."""
    return Table(str(path), partial(_read, path, chunk_rows))


def _read(path: Path, chunk_rows: int, wanted: Mapping[str, str]) -> Iterator[Row]:
    try:
        if path.stat().st_size == 0:
            raise StageError(f"{path}: the file is empty; check ingest.source")
        zipped = path.name.lower().endswith(".gz")
        with (
            gzip.open(path, "rb") if zipped else path.open("rb") as stream,
            pq.ParquetFile(stream, pre_buffer=False) as file,
        ):
            require(str(path), wanted, file.schema_arrow.names, schema=True)
            number = 0
            for batch in file.iter_batches(batch_size=chunk_rows, columns=list(wanted), use_threads=False):
                for cells in _rows(batch):
                    number += 1
                    yield Row(number, cells, partial(raw_of, cells))
    except FileNotFoundError:
        raise StageError(f"{path}: no such file; check ingest.source") from None
    except PermissionError:
        raise StageError(f"{path}: cannot be read; check its owner and mode") from None
    except (OSError, EOFError, pa.ArrowException):
        raise StageError(f"{path}: not a whole Parquet file; fetch or write it again") from None


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    columns = [_values(column) for column in batch.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        # bytes that are no UTF-8 would end the whole batch: as bytes they end their own row
        column = column.cast(pa.binary() if pa.types.is_string(column.type) else pa.large_binary())
        return [
            value if value is None else value.decode("utf-8", "surrogateescape")
            for value in column.to_pylist()
        ]
    return column.to_pylist()


def raw_of(cells: Mapping[str, Any]) -> bytes:
    """A row that has no bytes of its own, as JSON."""
    return json.dumps(dict(cells), default=str, ensure_ascii=False).encode("utf-8", "surrogateescape")
