"""`retort traces` finds a masked value in Prefect's files and DVC's cache, and says only where."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.command import app
from stages.artifacts import CLEAN
from stages.clean.traces import TRACES, Traces
from stages.ingest.vault import open_or_make_vault

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path.with_name(f"{tmp_path.name}.key")))
    shutil.copyfile(ROOT / "params.yaml", "params.yaml")
    home = tmp_path / "prefect"
    monkeypatch.setenv("PREFECT_HOME", str(home))
    home.mkdir()
    CLEAN.mkdir(parents=True)
    traces = Traces()
    traces.add_values(["Amara Okafor"])
    traces.write(CLEAN / TRACES, open_or_make_vault("tweets", None)[0].identity.traces)
    return home


def log(home: Path, line: str) -> None:
    with sqlite3.connect(home / "prefect.db") as connection:
        connection.execute("create table log (message text)")
        connection.execute("insert into log values (?)", (line,))
    connection.close()


def test_nothing_is_found_where_nothing_is(home: Path) -> None:
    log(home, "masked 12 values")
    done = CliRunner().invoke(app, ["traces"])
    assert (done.exit_code, done.output) == (
        0,
        "none of the 1 masked values and quarantined texts was found\n",
    )


def test_a_value_in_a_log_or_in_the_cache_is_found(home: Path) -> None:
    log(home, "unforeseen: amara okafor is no number")
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    cached = Path(".dvc/cache/files/md5/ab/cdef")
    cached.parent.mkdir(parents=True)
    cached.write_text("Amara\nOkafor", encoding="utf-8")
    done = CliRunner().invoke(app, ["traces"])
    assert done.exit_code == 1
    assert "prefect.db: 1" in done.output
    assert ".dvc/cache/files/md5/ab/cdef: 1" in done.output
    assert "okafor" not in done.output.lower()
