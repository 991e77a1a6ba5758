"""What the tests of ingest share: a workspace with a key, and the stage's function on it."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from stages import tasks
from stages.artifacts import RAW, new_folder
from stages.ingest.raw import Record, read_raw
from stages.ingest.run import Counts, run
from stages.ingest.vault import Vault, open_or_make_vault
from stages.params.ingest import Columns, Ingest

Run = Callable[..., tuple[Counts, list[Record]]]


def the_vault(url: str | None = None) -> Vault:
    """The vault of the workspace, made where there is none."""
    return open_or_make_vault("tweets", url)[0]


@pytest.fixture
def vault(workspace: Path) -> Vault:
    """The vault of the workspace."""
    return the_vault()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder, with the key beside it."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("RETORT_KEY", raising=False)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path / "secret" / "key"))
    return folder


@pytest.fixture
def ingest(workspace: Path) -> Run:
    """Runs ingest with the given settings into data/raw, and reads that back."""

    def call(
        source: Any,
        *,
        columns: dict[str, Any] | None = None,
        seed: int = 7,
        task: str = "text-classification",
        **settings: Any,
    ) -> tuple[Counts, list[Record]]:
        chosen = Ingest(source=source, columns=Columns(**(columns or {})), **settings)
        vault = the_vault(chosen.vault)
        with new_folder(RAW) as folder:
            counts = run(chosen, seed, vault, folder, tasks.get(task))
        return counts, list(read_raw(RAW, vault))

    return call


@pytest.fixture
def write_csv(workspace: Path) -> Callable[..., Path]:
    """Writes rows to a CSV file of the workspace."""

    def write(
        rows: Iterable[Iterable[Any]], name: str = "data.csv", header: Iterable[str] = ("text", "label")
    ) -> Path:
        path = workspace / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)
        return path

    return write
