"""Writes rows to one Parquet file in bounded memory."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# a group of rows is written once it holds so many rows or bytes: memory does not depend on the cells
GROUP_ROWS = 5_000
GROUP_BYTES = 16 << 20


class TableWriter:
    """Writes rows to one Parquet file, group by group. Equal rows give equal bytes."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        # ciphertext does not compress
        compression = {name: "none" if name == "sealed" else "zstd" for name in schema.names}
        self._writer = pq.ParquetWriter(path, schema, compression=compression, use_dictionary=False)
        self._rows: list[tuple[Any, ...]] = []
        self._bytes = 0

    def add(self, row: tuple[Any, ...]) -> None:
        """Adds a row; `sealed` is its last value."""
        self._rows.append(row)
        self._bytes += len(row[-1])
        if len(self._rows) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Writes what is left, and the footer."""
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = [
            pa.array(values, field.type)
            for values, field in zip(zip(*self._rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self._rows.clear()
        self._bytes = 0
