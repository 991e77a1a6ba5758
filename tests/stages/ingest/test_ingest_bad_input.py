"""Bad input: one line that says what, where and what to do, and nothing of the data."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stages.artifacts import RAW, StageError
from stages.ingest.raw import read_manifest
from stages.ingest.vault import open_vault
from stages.ingest.vault.vault import BAD_ROWS

GOOD = b"text,label\nfine,a\ngood,b\n"


def complaint(ingest: Any, source: Any = "data.csv", **settings: Any) -> str:
    with pytest.raises(StageError) as caught:
        ingest(source, **settings)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 700
    return line


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data.csv", b"", "data.csv: the file is empty"),
        ("data.csv", b"\n\n", "data.csv: the file holds blank lines only"),
        ("data.csv", b"text,label\n", "data.csv: has a header but no rows"),
        ("data.jsonl", b"", "data.jsonl: the file is empty"),
        ("data.jsonl", b"\n", "data.jsonl: has a header but no rows"),
        ("data.parquet", b"", "data.parquet: the file is empty"),
        ("data.parquet", b"PAR1 and then nothing", "data.parquet: not a whole Parquet file"),
        ("data.csv.gz", b"no gzip", "data.csv.gz: damaged or cut gzip"),
        ("data.csv.gz", gzip.compress(GOOD * 1000)[:-20], "data.csv.gz: damaged or cut gzip"),
        ("data.xlsx", b"x", "data.xlsx: a file of unknown kind; known are: .csv"),
        ("data.csv", GOOD.decode().encode("utf-16"), "set ingest.encoding: utf-16"),
        ("data.csv", b"t\xe9xt,label\nx,a\n", "line 1 is not utf-8; set ingest.encoding"),
        (
            "data.csv",
            b"text,label\nonly,a\none,a\n",
            "only one label is left in the column 'label' \\(2 rows\\)",
        ),
        (
            "data.csv",
            b'text,label\nfine,a\n"open,b\nx,a\n',
            "line 3: a quote opens there and is never closed",
        ),
        ("data.jsonl", b'{"text": "x", "stars": 1}\n', "no column 'label', .*there are: text, stars"),
    ],
)
def test_bad_file(workspace: Path, ingest: Any, name: str, content: bytes, message: str) -> None:
    (workspace / name).write_bytes(content)
    with pytest.raises(StageError, match=message):
        ingest(name)
    assert not RAW.exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("absent.csv", "absent.csv: no such file or folder"),
        ("absent/*.csv", r"absent/\*.csv: no file matches"),
        ("empty", "empty: the folder holds no data file"),
        (["sample:tweets"], "a list holds files only"),
    ],
)
def test_missing_source(workspace: Path, ingest: Any, source: Any, message: str) -> None:
    (workspace / "empty").mkdir()
    with pytest.raises(StageError, match=message):
        ingest(source)


def test_missing_column_lists_the_columns(write_csv: Callable[..., Path], ingest: Any) -> None:
    write_csv([("x", "a")], header=("Review Text", "stars"))
    line = complaint(ingest, columns={"text": "Review Text"})
    assert "no column 'label', which ingest.columns.label names; there are: Review Text, stars" in line
    assert "'region', which ingest.filter names" in complaint(
        ingest, columns={"text": "Review Text", "label": "stars"}, filter="region == 'x'"
    )


@pytest.mark.parametrize(
    "first", ["ann@example.org,a\nbob,b\n", "Ann lives in Rome at last,a\n", "text;label\nx;a\n"]
)
def test_data_in_place_of_a_header_is_not_shown(workspace: Path, ingest: Any, first: str) -> None:
    (workspace / "data.csv").write_text(first)
    line = complaint(ingest)
    assert "does the file have a header" in line
    assert "example" not in line
    assert "Rome" not in line


BAD = {
    "undecodable bytes": (b"caf\xe9,a\n", "it holds bytes that cannot be decoded"),
    "too many cells": (b"x,a,more\n", "it has 3 cells where the header has 2"),
    "too few cells": (b"secret\n", "it has 1 cell where the header has 2"),
    "NUL": (b"sec\0ret,a\n", "it holds NUL bytes"),
    "missing label": (b"secret,\n", "its label is missing"),
    "missing text": (b'" ",a\n', "its text is missing"),
    "stray quote": (b'"secret" and more,a\n', "a quote stands inside a quoted cell"),
    "long cell": (b"secret" * 500 + b",a\n", r"a cell is longer than ingest.max_cell \(1000 characters\)"),
    "long cell of lines": (
        b'"' + b'secret ""x""\n' * 500 + b'",a\n',
        "a cell is longer than ingest.max_cell",
    ),
    "long line": (b"," * 90_000 + b"\n", "a line is far longer than ingest.max_cell"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_row_of_a_csv(workspace: Path, ingest: Any, case: str) -> None:
    content, message = BAD[case]
    (workspace / "data.csv").write_bytes(GOOD + content + b"last,b\n")
    with pytest.raises(StageError, match=rf"data.csv: 1 bad row: row 3 \(line 4\): {message}") as caught:
        ingest("data.csv", max_cell=1000)
    assert "secret" not in str(caught.value)
    counts, records = ingest("data.csv", max_cell=1000, on_bad_rows="quarantine")
    assert [record.text for record in records] == ["fine", "good", "last"]
    assert (counts.read, counts.bad, counts.kept) == (4, 1, 3)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[1, 2]", "it is JSON, but no object"),
        (b'{"text": "sec', "it is no JSON"),
        (b"[" * 20_000, "it is no JSON"),
        (b'{"text": "caf\xe9", "label": "a"}', "it holds bytes that cannot be decoded"),
        (b'{"text": "\\ud83d", "label": "a"}', "it holds bytes that cannot be decoded"),
        (b'{"text": "a\\u0000b", "label": "a"}', "it holds NUL bytes"),
        (b'{"text": "x"}', "its label is missing"),
        (b'{"text": null, "label": "a"}', "its text is missing"),
        (b'{"text": ["x"], "label": "a"}', "a cell holds a list"),
        (b'{"text": "%s", "label": "a"}' % (b"x" * 5000), "a cell is longer"),
    ],
)
def test_bad_line_of_json_lines(workspace: Path, ingest: Any, line: bytes, message: str) -> None:
    good = [json.dumps({"text": "fine", "label": label}).encode() for label in "ab"]
    (workspace / "data.jsonl").write_bytes(b"\n".join([good[0], line, good[1]]))
    with pytest.raises(StageError, match=rf"row 2 \(line 2\): {message}"):
        ingest("data.jsonl", max_cell=1000)
    counts, _ = ingest("data.jsonl", max_cell=1000, on_bad_rows="quarantine")
    assert (counts.bad, counts.kept) == (1, 2)


def test_bad_row_of_parquet(workspace: Path, ingest: Any) -> None:
    rows = [("fine", "a"), (None, "b"), ("x", float("nan")), ("a\0b", "a"), ("y" * 2000, "b"), ("good", "b")]
    pd.DataFrame(rows, columns=["text", "label"]).to_parquet("data.parquet")
    line = complaint(ingest, "data.parquet", max_cell=1000)
    assert "4 bad rows: row 2: its text is missing; row 3: its label is missing; row 4: it holds NUL" in line


def test_only_the_first_bad_rows_are_listed_and_all_counted(workspace: Path, ingest: Any) -> None:
    (workspace / "data.csv").write_bytes(GOOD + b"x\n" * 1000)
    line = complaint(ingest)
    assert line.startswith("data.csv: 1000 bad rows: row 3 (line 4)")
    assert line.endswith("and 995 more. Mend them, or set ingest.on_bad_rows: quarantine")
    assert line.count("row ") == 5


def test_mixed_encodings_name_the_rows(workspace: Path, ingest: Any) -> None:
    rows = ["naïve,a".encode("utf-8" if number % 2 else "latin-1") for number in range(4)]
    (workspace / "data.csv").write_bytes(b"text,label\n" + b"\n".join(rows))
    line = complaint(ingest)
    assert "2 bad rows: row 1 (line 2)" in line
    assert "row 3 (line 4)" in line


def test_row_and_line_after_a_quoted_line_break(workspace: Path, ingest: Any) -> None:
    (workspace / "data.csv").write_bytes(b'text,label\n"two\nlines",a\nbad\n')
    assert "row 2 (line 4): it has 1 cell" in complaint(ingest)


def test_cell_of_20_megabytes_is_one_line(workspace: Path, ingest: Any) -> None:
    (workspace / "data.csv").write_bytes(GOOD + b"x" * 20_000_000 + b",a\n")
    line = complaint(ingest)
    assert "row 3 (line 4): a cell is longer than ingest.max_cell (1000000 characters)" in line


def test_quarantine_holds_the_bytes_of_the_row_sealed(workspace: Path, ingest: Any) -> None:
    bad = b"caf\xe9 secret,a,\r\n"
    (workspace / "data.csv").write_bytes(GOOD + bad)
    ingest("data.csv", on_bad_rows="quarantine")
    manifest = read_manifest(RAW, open_vault("tweets", None))
    assert (manifest["rows"], manifest["quarantined"]) == (2, 1)
    (row,) = pd.read_parquet(RAW / "quarantine.parquet").to_dict("records")
    assert (row["table"], row["row"]) == ("data.csv", 3)
    assert row["reason"] == "it has 3 cells where the header has 2"
    assert b"secret" not in (RAW / "quarantine.parquet").read_bytes()
    assert open_vault("tweets", None).seals([BAD_ROWS])[BAD_ROWS].unseal(row["sealed"], row["row_id"]) == bad


def test_row_that_the_filter_leaves_out_needs_no_label(write_csv: Callable[..., Path], ingest: Any) -> None:
    write_csv([("x", "a"), ("y", "b"), ("z", "")])
    assert "its label is missing" in complaint(ingest)
    assert ingest("data.csv", filter="label != ''")[0].filtered == 1


def test_no_row_left(write_csv: Callable[..., Path], ingest: Any) -> None:
    write_csv([("x", "a"), ("y", "b")])
    assert "no row is left of 2: 2 do not pass ingest.filter, 0 are bad" in complaint(
        ingest, filter="label > 'c'"
    )


def test_label_column_that_holds_no_classes(write_csv: Callable[..., Path], ingest: Any) -> None:
    write_csv((number, number) for number in range(10_001))
    assert "holds more than 10000 different values" in complaint(ingest)


def test_unknown_encoding(write_csv: Callable[..., Path], ingest: Any) -> None:
    write_csv([("x", "a")])
    assert "ingest.encoding: 'utf-7000' is not known" in complaint(ingest, encoding="utf-7000")


def test_file_that_may_not_be_read(
    write_csv: Callable[..., Path], ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv([("x", "a")])

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "denied")

    monkeypatch.setattr("stages.ingest.sources.lines._open", refuse)
    assert "data.csv: cannot be read; check its owner and mode" in complaint(ingest)
