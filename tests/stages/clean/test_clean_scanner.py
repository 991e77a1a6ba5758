"""A planted value is found wherever it lies, and an absent one is not."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from stages.clean.scanner import Scanner
from stages.clean.traces import Traces

VALUE = "Amara Okafor"
PHONE = "(415) 555-0123"
CHINESE = "欧阳娜娜"


@pytest.fixture
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Scanner:
    secret = bytes(range(64))
    traces = Traces()
    traces.add_values([VALUE, PHONE, CHINESE])
    path = tmp_path_factory.mktemp("clean") / "values.bin"
    traces.write(path, secret)
    return Scanner.load(path, secret)


def write(path: Path, kind: str, value: str) -> None:
    weights = np.random.default_rng(0).normal(size=50_000).astype(np.float32).tobytes()
    text = f"as said, {value}."
    if kind == "json":
        path.write_text(json.dumps({"example": f"so\n{value}\nand on"}), encoding="utf-8")
    elif kind == "tokenizer":
        path.write_text(
            json.dumps({"model": {"vocab": {value.lower(): 7}}}, ensure_ascii=False), encoding="utf-8"
        )
    elif kind == "weights":
        path.write_bytes(weights + text.encode() + weights)
    elif kind == "utf-16":
        path.write_bytes(b"\0\1\2\xff" + text.encode("utf-16-le") + weights)
    elif kind == "database":
        with sqlite3.connect(path) as connection:
            connection.execute("create table log (line text)")
            connection.execute("insert into log values (?)", (text,))
        connection.close()
    else:  # across the end of a block
        path.write_bytes(b"x " * ((4 << 19) - 3) + text.encode())


@pytest.mark.parametrize("value", [VALUE, PHONE, CHINESE])
@pytest.mark.parametrize("kind", ["json", "tokenizer", "weights", "utf-16", "database", "blocks"])
def test_a_planted_value_is_found(kind: str, value: str, scanner: Scanner, tmp_path: Path) -> None:
    if kind == "utf-16" and not value.isascii():
        pytest.skip("in UTF-16, other letters than ASCII cannot be told from numbers")
    write(tmp_path / "file", kind, value)
    assert scanner.in_places([tmp_path]) == {tmp_path / "file": 1}


@pytest.mark.parametrize("kind", ["json", "tokenizer", "weights", "utf-16", "database", "blocks"])
def test_what_is_no_trace_is_not_found(kind: str, scanner: Scanner, tmp_path: Path) -> None:
    for number, value in enumerate(
        ["Amara Okaforo", "Okafor Amara", "415 555 0124", "欧阳娜", "Amara or Okafor"]
    ):
        write(tmp_path / str(number), kind, value)
    assert scanner.in_places([tmp_path]) == {}


def test_a_place_that_is_not_there_holds_nothing(scanner: Scanner, tmp_path: Path) -> None:
    assert scanner.in_places([tmp_path / "nowhere"]) == {}
    assert scanner.in_file(tmp_path / "nowhere") == set()
    assert scanner.known == 3
