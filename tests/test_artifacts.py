"""Files are written whole or not at all, and a failure is one line."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from stages import artifacts
from stages.artifacts import Check, StageError, Verdict


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(monkeypatch: pytest.MonkeyPatch):
    path = Path("out/a.json")
    artifacts.write_json(path, {"old": 1})
    monkeypatch.setattr(artifacts, "_flush", full_disk)
    with pytest.raises(StageError, match=r"a\.json: the disk is full"):
        artifacts.write_json(path, {"new": 2})
    assert artifacts.read_json(path) == {"old": 1}
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


def test_a_folder_that_fails_half_way_leaves_the_old_one():
    path = Path("data/tokens")
    with artifacts.new_folder(path) as partial:
        (partial / "a").write_text("old")
    with pytest.raises(StageError, match="disk is full"), artifacts.new_folder(path) as partial:
        (partial / "a").write_text("new")
        full_disk()
    assert (path / "a").read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["tokens"]


def test_a_full_disk_is_seen_behind_a_library_s_own_error(monkeypatch: pytest.MonkeyPatch):
    def hidden(_: Path) -> None:
        raise RuntimeError("I/O error while serializing")

    with pytest.raises(RuntimeError):
        artifacts.write_file(Path("a.safetensors"), hidden)
    monkeypatch.setattr(artifacts.shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    with pytest.raises(StageError, match="disk is full"):
        artifacts.write_file(Path("a.safetensors"), hidden)


def test_a_folder_is_replaced_as_a_whole():
    path = Path("data/tokens")
    for name in ("a", "b"):
        with artifacts.new_folder(path) as partial:
            (partial / name).write_text(name)
    assert [file.name for file in path.iterdir()] == ["b"]


def test_what_a_killed_run_left_is_cleared():
    left = Path("data/.tokens.partial-1")
    left.mkdir(parents=True)
    with artifacts.new_folder(Path("data/tokens")) as partial:
        (partial / "a").write_text("a")
    assert [file.name for file in Path("data").iterdir()] == ["tokens"]


def test_equal_tables_give_equal_files():
    for name in ("one", "two"):
        artifacts.write_table(Path(f"{name}.parquet"), pd.DataFrame({"a": [1, 2], "b": ["x", None]}))
    assert Path("one.parquet").read_bytes() == Path("two.parquet").read_bytes()


def test_damaged_or_missing_files_are_one_line():
    with pytest.raises(StageError, match="not found"):
        artifacts.read_table(Path("none.parquet"))
    Path("bad.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(StageError, match="not a whole Parquet file"):
        artifacts.read_table(Path("bad.parquet"))
    Path("bad.json").write_text("{")
    with pytest.raises(StageError, match="not valid JSON"):
        artifacts.read_json(Path("bad.json"))


def test_a_verdict_fails_with_one_failed_check_and_comes_back_as_written():
    verdict = Verdict((Check("rows", 3, 1, True), *artifacts.at_least("f1", 0.5, 0.6)))
    assert not verdict.passed
    assert [check.name for check in verdict.failures] == ["f1"]
    artifacts.write_verdict("clean", verdict)
    assert artifacts.read_verdict("clean") == verdict


def test_a_verdict_that_was_edited_is_refused():
    artifacts.write_verdict("clean", Verdict((Check("rows", 3, 5, False),)))
    path = Path("reports/clean/verdict.json")
    path.write_text(path.read_text().replace('"passed": false\n}', '"passed": true\n}'))
    with pytest.raises(StageError, match="says otherwise"):
        artifacts.read_verdict("clean")


def test_a_null_limit_asks_nothing():
    assert list(artifacts.at_least("f1", 0.1, None)) == []
    assert list(artifacts.at_most("ece", 0.9, None)) == []


def test_the_work_folder_follows_inputs_and_settings():
    Path("in").write_text("a")
    first = artifacts.work_folder("train", [Path("in")], {"seed": 1})
    assert artifacts.work_folder("train", [Path("in")], {"seed": 1}) == first
    assert artifacts.work_folder("train", [Path("in")], {"seed": 2}) != first
    Path("in").write_text("b")
    assert artifacts.work_folder("train", [Path("in")], {"seed": 1}) != first
