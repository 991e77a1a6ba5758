"""The table of a batch's answers, as CSV, JSON Lines or Parquet."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stages.artifacts import write_file

_GROUP = 10_000
"""rows of a Parquet group"""
Record = dict[str, Any]


def write_answers(part: Path, target: Path) -> int:
    """Writes the records of `part` as the ending of `target` says, whole or not at all.

    In CSV and Parquet there is a column for each key of an answer, and what is no number or text is JSON.

    Args:
        part: JSON Lines, the first of which is not a record.

    Returns:
        Rows with an error in place of an answer.
    """
    columns = dict.fromkeys(("row",))
    refused = 0
    for record in _records(part):
        refused += "error" in record
        columns.update(dict.fromkeys(name for name in record if name != "error"))
    names = [*columns, "error"]
    write_file(target, lambda path: FORMS[target.suffix](part, path, names))
    return refused


def _records(part: Path) -> Iterator[Record]:
    with part.open(encoding="utf-8") as file:
        for line in islice(file, 1, None):
            yield json.loads(line)


def _flat(record: Record, names: Iterable[str]) -> Record:
    found = {name: record.get(name) for name in names}
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        for name, value in found.items()
    }


def _csv(part: Path, target: Path, names: list[str]) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(_flat(record, names) for record in _records(part))


def _json_lines(part: Path, target: Path, names: list[str]) -> None:
    with target.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in _records(part))


def _parquet(part: Path, target: Path, names: list[str]) -> None:
    kinds: dict[str, pa.DataType] = {}
    for record in _records(part):  # one that is null everywhere is text
        for name, value in _flat(record, names).items():
            if value is not None and kinds.get(name) != pa.float64():
                kinds[name] = pa.scalar(value).type
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
    rows = (_flat(record, names) for record in _records(part))
    with pq.ParquetWriter(target, schema) as writer:
        while group := list(islice(rows, _GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema))


FORMS: dict[str, Callable[[Path, Path, list[str]], None]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
"""By the ending of the target, what writes it."""
