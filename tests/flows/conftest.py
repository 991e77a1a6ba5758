"""A DVC project of three trivial stages, and one Prefect server for the session."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PIPELINE = """\
stages:
  source:
    cmd: python source.py
    always_changed: true
    outs: [source.txt]
  double:
    cmd: python double.py
    deps: [source.txt, double.py]
    outs: [doubled.txt]
  total:
    cmd: python total.py
    deps: [doubled.txt, total.py]
    outs: [total.txt: {cache: false}]
"""
SCRIPTS = {
    "source.py": "open('source.txt', 'w').write('21')\n",
    "double.py": "print('[double] 1 number')\nnumber = int(open('source.txt').read())\n"
    "open('doubled.txt', 'w').write(str(2 * number))\n",
    "total.py": "open('total.txt', 'w').write(open('doubled.txt').read())\n",
}


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q"], cwd=folder, check=True)
    subprocess.run([sys.executable, "-m", "dvc", "config", "core.analytics", "false"], cwd=folder, check=True)
    subprocess.run(
        [sys.executable, "-m", "dvc", "config", "core.check_update", "false"], cwd=folder, check=True
    )
    (folder / "dvc.yaml").write_text(PIPELINE)
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text)
    _params(folder)
    return folder


def _params(folder: Path) -> None:
    from stages.params import Params
    from stages.params.render import render

    # no release: the tiny project builds no bundle
    (folder / "params.yaml").write_text(render(Params.model_validate({"schedule": {"release": False}})))


@pytest.fixture(scope="session")
def _template_ran(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template-ran") / "tiny"
    shutil.copytree(_template, folder, symlinks=True)
    subprocess.run([sys.executable, "-m", "dvc", "repro", "-q"], cwd=folder, check=True)
    return folder


@pytest.fixture
def tiny(_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a fresh copy of the project, nothing run yet."""
    return _enter(_template, tmp_path, monkeypatch)


@pytest.fixture
def ran(_template_ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a fresh copy of the project, every stage up to date."""
    return _enter(_template_ran, tmp_path, monkeypatch)


def _enter(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tiny"
    shutil.copytree(template, folder, symlinks=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    return folder


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A temporary Prefect server with a database of its own."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield
