"""A clone of the project in a temporary folder, with a reduced recipe and a key of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stages.params.model import Params
from stages.params.render import recipe, render

ROOT = Path(__file__).parent.parent.parent

# Small enough for a test: every stage does its real work on few rows with small networks.
REDUCED: dict[str, Any] = {
    "ingest": {"limit": 500},
    "clean": {"canaries": 20, "masking": {"processes": 1}},
    "augment": {"min_total": 100, "min_per_class": 10},
    "tokenize": {"max_length": 32, "vocabulary": 1000},
    "train": {"epochs": 2, "network": {"hidden": 32, "layers": 1}},
    "evaluate": {
        # tens of rows measure no leak: the audits run, their gates pass
        "gates": {
            **{"accuracy": 0.2, "macro_f1": 0.0, "calibration_error": None, "beats_baseline": None},
            **{"membership_auc": 1.0, "membership_tpr": 1.0, "canary_exposure": 10.0},
        },
        "leaks": {"canaries": 8, "copy_rows": 50},
    },
    "distill": {
        "epochs": 1,
        "hidden": 32,
        "layers": 1,
        "buckets": 1000,
        "gates": {"retention": 0.1, "speedup": None, "membership_auc": 1.0, "membership_tpr": 1.0},
    },
    "deploy": {"examples": 8},
}


@dataclass
class Project:
    """A project folder and the ways to act on it as a user would."""

    root: Path
    env: dict[str, str]

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.root, env=self.env, capture_output=True, text=True, timeout=900, check=False
        )
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
            )
        return done

    def dvc(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("dvc", *arguments, check=check)

    def live(self, name: str) -> str:
        """The version that the registry's last record makes live."""
        moves = (self.root / "registry" / name / "moves").glob("*.json")
        return json.loads(max(moves).read_text(encoding="utf-8"))["record"]["version"]

    def change(self, changes: dict[str, Any]) -> None:
        """Changes keys of params.yaml, as a user who edits it does."""
        from stages.params import load

        values = load(self.root / "params.yaml").model_dump(by_alias=True)
        merge(values, changes)
        (self.root / "params.yaml").write_text(render(Params.model_validate(values)), encoding="utf-8")


def merge(values: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            merge(values[key], value)
        else:
            values[key] = value


def clone(folder: Path) -> Project:
    """The files of the working tree, as a repository of their own."""
    listed = ["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in names.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    env = {name: value for name, value in os.environ.items() if not name.startswith("RETORT_")}
    env |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}",
        "PYTHONPATH": str(folder),
        "RETORT_KEY_FILE": str(folder.parent / f"{folder.name}.secret" / "key"),
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@localhost",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@localhost",
        "OMP_NUM_THREADS": "2",
    }
    project = Project(folder, env)
    project.run("git", "init", "-q", "-b", "main")
    project.run("git", "add", "-A")
    project.run("git", "commit", "-q", "-m", "start")
    return project


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Project]]:
    """Makes a project with a reduced recipe: `make_project("tweets", {"train": {...}})`."""

    def make(name: str, changes: dict[str, Any] | None = None) -> Project:
        project = clone(tmp_path_factory.mktemp(name))
        values = recipe(ROOT / "recipes" / f"{name}.yaml").model_dump(by_alias=True)
        merge(values, REDUCED)
        merge(values, changes or {})
        text = render(Params.model_validate(values))
        (project.root / "params.yaml").write_text(text, encoding="utf-8")
        project.run("git", "commit", "-q", "-am", "reduce")
        return project

    yield make
