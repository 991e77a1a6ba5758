"""Every kind of file gives the same records."""

import csv
import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.ingest.sources import delimited

ROWS = [
    ("plain", "a"),
    ('with "quotes", a comma', "b"),
    ("two\nlines\r\nand three", "a"),
    ("naïve 文本 😀", "b"),
]


def write(path: Path, rows: list[tuple[str, str]] = ROWS) -> Path:
    """The rows as a file of the kind that the name says."""
    table = pd.DataFrame(rows, columns=["text", "label"])
    kind = path.name.removesuffix(".gz").rsplit(".")[-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    bare = path.with_name(path.name.removesuffix(".gz"))
    if kind == "csv":
        table.to_csv(bare, index=False, lineterminator="\r\n")
    elif kind == "tsv":
        table.to_csv(bare, index=False, sep="\t")
    elif kind == "jsonl":
        lines = (json.dumps(dict(zip(("text", "label"), row, strict=True))) for row in rows)
        bare.write_text("\n".join(lines) + "\n")
    else:
        table.to_parquet(bare, row_group_size=2)
    if path != bare:
        path.write_bytes(gzip.compress(bare.read_bytes()))
        bare.unlink()
    return path


def pairs(records: list[Any]) -> list[tuple[str, str]]:
    return [(record.text, record.label) for record in records]


@pytest.mark.parametrize("zipped", ["", ".gz"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_kind_of_file_gives_the_same_records(
    workspace: Path, ingest: Any, kind: str, zipped: str
) -> None:
    write(workspace / f"data.{kind}{zipped}")
    counts, records = ingest(f"data.{kind}{zipped}")
    assert pairs(records) == ROWS
    assert (counts.read, counts.kept, counts.labels) == (4, 4, 2)


def test_equal_records_have_equal_ids_whatever_the_file(workspace: Path, ingest: Any) -> None:
    ids = []
    for kind in ("csv", "parquet"):
        write(workspace / f"data.{kind}")
        ids.append([record.row_id for record in ingest(f"data.{kind}")[1]])
    assert ids[0] == ids[1]


def test_folder_glob_and_list_take_each_file_once(workspace: Path, ingest: Any) -> None:
    write(workspace / "in/one.csv", ROWS[:2])
    write(workspace / "in/deep/two.jsonl.gz", ROWS[2:])
    write(workspace / "in/_temporary/three.csv")
    (workspace / "in/notes.md").write_text("not data")
    for source in ("in", "in/**/*.*[vz]", ["in/one.csv", "in/deep", "in/*.csv"]):
        if source == "in/**/*.*[vz]":
            (workspace / "in/_temporary/three.csv").unlink()
        assert sorted(pairs(ingest(source)[1])) == sorted(ROWS)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_byte_order_mark_is_no_part_of_the_first_column(workspace: Path, ingest: Any, mark: bytes) -> None:
    (workspace / "data.csv").write_bytes(mark + b"text,label\nx,a\ny,b\n")
    assert pairs(ingest("data.csv")[1]) == [("x", "a"), ("y", "b")]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
def test_encodings(workspace: Path, ingest: Any, encoding: str) -> None:
    (workspace / "data.csv").write_text("text,label\ncafé,a\nthé,b\n", encoding=encoding)
    assert pairs(ingest("data.csv", encoding=encoding)[1]) == [("café", "a"), ("thé", "b")]


def test_columns_are_mapped_and_values_become_text(workspace: Path, ingest: Any) -> None:
    table = pd.DataFrame(
        {
            "body": ["one", "two", "three"],
            "stars": [1.0, 5.0, 5.0],
            "user": [17, 18, None],
            "vip": [True, False, None],
            "unused": [b"\0", b"\xff", None],
        }
    )
    table.to_parquet("data.parquet")
    columns = {"text": "body", "label": "stars", "subject": "user", "groups": ["vip"]}
    counts, records = ingest("data.parquet", columns=columns)
    assert [record.label for record in records] == ["1", "5", "5"]
    assert [record.groups for record in records] == [{"vip": "true"}, {"vip": "false"}, {"vip": None}]
    assert records[2].subject is None
    assert counts.subjects == 2
    assert not {"17", "18"} & {record.subject for record in records}


def test_subject_is_the_same_for_the_same_person(write_csv: Callable[..., Path], ingest: Any) -> None:
    write_csv([("x", "a", "ann"), ("y", "b", "bob"), ("z", "b", "ann")], header=("text", "label", "who"))
    counts, records = ingest("data.csv", columns={"subject": "who"})
    first, second, third = (record.subject for record in records)
    assert first == third != second
    assert counts.subjects == 2


def test_keys_of_json_lines_may_differ(workspace: Path, ingest: Any) -> None:
    lines = ['{"text": "x", "label": "a"}', "", '{"label": "b", "more": [1], "text": "y", "who": "z"}']
    (workspace / "data.ndjson").write_text("\n".join(lines))
    assert pairs(ingest("data.ndjson", columns={"subject": "who"})[1]) == [("x", "a"), ("y", "b")]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), delimiter=st.sampled_from(",\t"))
def test_whatever_csv_writes_comes_back(rows: list[tuple[str, str]], delimiter: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=delimiter).writerows([("text", "label"), *rows])
        found = delimited.table(path, delimiter, "utf-8", 1000).read({"text": "", "label": ""})
        assert [(row.cells.get("text"), row.cells.get("label")) for row in found] == rows
