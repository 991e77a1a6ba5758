"""What clean writes, as tables. pandas is imported late: the masking processes import this too."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages.artifacts import StageError
from stages.clean.flow import Row
from stages.tasks import Task

if TYPE_CHECKING:
    import pandas as pd


def split_table(rows: list[Row], text: str, task: Task, groups: list[str]) -> "pd.DataFrame":
    """The table of a split: `row_id`, `subject`, text, target, and the groups by name."""
    import pandas as pd

    columns = {
        "row_id": [row.record.row_id for row in rows],
        "subject": [row.record.subject for row in rows],
        text: [row.text for row in rows],
        task.target_column: [task.moved(row.record.label, row.record.text, row.text) for row in rows],
    }
    for name in groups:
        columns[name] = [row.record.groups.get(name) for row in rows]
    return pd.DataFrame(columns, dtype="str")


def sealed_rows(raw: Path, reasons: dict[str, str]) -> "pd.DataFrame":
    """The ciphertexts of quarantined rows, untouched: no plain value is written again.

    Args:
        raw: the folder of sealed parts.
        reasons: why, by row_id.

    Returns:
        A table of `row_id`, `sealed` (bytes) and `reason`, in the order of the source.

    Raises:
        StageError: a row is not in the folder.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(sorted(reasons), type=pa.string())
    parts = []
    for file in sorted(raw.glob("part-*.parquet")):
        part = pq.read_table(file, columns=["row_id", "sealed"])
        parts.append(part.filter(pc.is_in(part["row_id"].cast(pa.string()), value_set=wanted)).to_pandas())
    empty = pd.DataFrame({"row_id": pd.Series(dtype="str"), "sealed": pd.Series(dtype="object")})
    table = pd.concat(parts, ignore_index=True) if parts else empty
    if len(table) != len(reasons):
        raise StageError(
            f"{raw}: {len(reasons) - len(table)} rows to quarantine are missing; run `dvc repro ingest`"
        )
    table["reason"] = [reasons[row_id] for row_id in table["row_id"]]
    return table
