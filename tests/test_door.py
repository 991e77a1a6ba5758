"""A stage ends in one line, whatever went wrong, and never quotes data."""

import errno
import json
from pathlib import Path

import pytest

from stages.artifacts import StageError
from stages.door import enter
from stages.params import Params
from stages.params.render import render


@pytest.fixture(autouse=True)
def _a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(render(Params()), encoding="utf-8")


def ended(body) -> int:
    with pytest.raises(SystemExit) as end:
        enter("clean", body)
    return int(end.value.code or 0)


def failing(error: BaseException):
    def body(_: Params) -> None:
        raise error

    return body


def test_a_stage_that_ends_well_leaves_its_resources():
    assert ended(lambda params: None) == 0
    measured = json.loads(Path("reports/clean/resources.json").read_text())
    assert set(measured) == {"seconds", "cpu_seconds", "peak_mib", "energy_wh"}
    assert measured["peak_mib"] > 1


def test_a_stage_error_is_one_line(capsys: pytest.CaptureFixture[str]):
    assert ended(failing(StageError("a.csv: no such\ncolumn"))) == 1
    assert capsys.readouterr().err == "error: clean: a.csv: no such column\n"


def test_an_unforeseen_error_does_not_quote_its_text(capsys: pytest.CaptureFixture[str]):
    assert ended(failing(ValueError("could not convert 'jane@example.com'"))) == 1
    line = capsys.readouterr().err
    assert "jane" not in line
    assert line.count("\n") == 1
    assert "unforeseen ValueError at" in line


def test_a_disk_that_fills_behind_a_library_is_one_line(capsys: pytest.CaptureFixture[str]):
    assert ended(failing(OSError(errno.ENOSPC, "No space left on device"))) == 1
    assert capsys.readouterr().err == (
        "error: clean: the project's folder or the temporary one: "
        "the disk is full; free some space and run `dvc repro` again\n"
    )


def test_a_mistake_in_params_stops_before_any_work(capsys: pytest.CaptureFixture[str]):
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("epochs: 2 ", "epochs: none "))
    assert ended(failing(AssertionError("the body ran"))) == 1
    assert "train.epochs" in capsys.readouterr().err
