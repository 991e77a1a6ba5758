"""`python -m stages.report` as it is called after a run, whatever state the project is in."""

import subprocess
import sys
from pathlib import Path

import pytest

from stages.artifacts import write_json
from stages.params import Params
from stages.params.render import render

ROOT = Path(__file__).resolve().parents[3]


def call(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stages.report"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("params", [None, "project: {name: mine}\n"], ids=["no params", "broken params"])
def test_report_command_writes_a_page_in_any_state(tmp_path: Path, params: str | None) -> None:
    if params:
        (tmp_path / "params.yaml").write_text(params, encoding="utf-8")
    done = call(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing has run yet" in (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert done.stdout == "[report] reports/index.html\n"


def test_report_command_names_the_project(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(render(Params()), encoding="utf-8")
    (tmp_path / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    write_json(tmp_path / "reports" / "ingest" / "resources.json", {"seconds": 1.5})
    assert call(tmp_path).returncode == 0
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert "<title>tweets: report of the run</title>" in page
    assert "stopped in clean" in page


def test_report_command_says_in_one_line_what_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where the folder should be", encoding="utf-8")
    done = call(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: report: ")
    assert done.stderr.count("\n") == 1
