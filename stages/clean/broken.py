"""Rows whose ciphertext was changed, as they stand: evidence, never data."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages.ingest.raw import Broken

if TYPE_CHECKING:
    import pandas as pd


def broken_rows(raw: Path, rows: list[Broken]) -> "pd.DataFrame":
    """A table of `file`, `row` (from 1), `row_id`, `sealed` (bytes as found, or null) and `reason`."""
    import pandas as pd
    import pyarrow.parquet as pq

    sealed: list[bytes | None] = []
    for file in dict.fromkeys(row.file for row in rows):
        column = pq.read_table(raw / file, columns=["sealed"])["sealed"]
        sealed += [column[row.number - 1].as_py() for row in rows if row.file == file]
    return pd.DataFrame(
        {
            "file": [row.file for row in rows],
            "row": [row.number for row in rows],
            "row_id": [row.row_id for row in rows],
            "sealed": sealed,
            "reason": [row.reason for row in rows],
        }
    )
