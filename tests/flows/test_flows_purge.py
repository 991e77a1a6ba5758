"""The purge of what was derived: from folder, cache, remote, experiments and work/, whatever kills it."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from dvc.repo import Repo

from flows.errors import Busy, FlowError
from flows.journal import Journal, pending
from flows.purge import STEPS, purge
from stages.artifacts import ERASURES
from stages.deploy.registry import Registry
from stages.ingest.vault import Vault, open_or_make_vault
from stages.params import load

OURS = b"our own notes"
MORE = b"more of them, in a folder"
LIST = {OURS, MORE, b'[{"md5": "' + hashlib.md5(MORE).hexdigest().encode() + b'", "relpath": "more.txt"}]'}


def registry() -> Registry:
    return Registry("registry", "tweets")


def repro() -> None:
    with Repo(".") as repo:
        repo.reproduce()


def git(*arguments: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    done = subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Vault:
    monkeypatch.delenv("RETORT_KEY", raising=False)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path / "secret" / "key"))
    vault, _ = open_or_make_vault("tweets", None)
    vault.seals_or_make([vault.subject("Ann Lee"), vault.subject("Bob Ray")])
    return vault


@pytest.fixture(scope="module")
def _past(_template_ran: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of the user's own, commits, runs that were not committed, a remote, an experiment, a kill."""
    folder = tmp_path_factory.mktemp("past")
    shutil.copytree(_template_ran, folder / "tiny", symlinks=True)
    with contextlib.chdir(folder / "tiny"):
        Path("notes.txt").write_bytes(OURS)
        Path("folder").mkdir()
        Path("folder/more.txt").write_bytes(MORE)
        with Path(".dvc/config").open("a") as config:
            config.write("['remote \"store\"']\n    url = ../../store\n")
        with Repo(".") as repo:
            repo.add(["notes.txt", "folder"])
            git("add", "-A")
            git("commit", "-qm", "first")
            repo.push(run_cache=True, remote="store")
        for number in (33, 34, 35):
            Path("source.py").write_text(f"open('source.txt', 'w').write('{number}')\n")
            repro()
            with Repo(".") as repo:
                repo.push(remote="store")
            if number == 33:
                git("commit", "-qam", "second")
        git("update-ref", "refs/exps/aa/bb/old", "HEAD")
        for left in (".dvc/tmp/exps/run", "work/train-1"):
            Path(left).mkdir(parents=True)
        Path(".doubled.txt.partial-77").write_text("42")
    return folder


@pytest.fixture
def used(_past: Path, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a copy of a project with a past."""
    shutil.rmtree(tmp_path / "tiny", ignore_errors=True)
    shutil.copytree(_past, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "tiny")
    return tmp_path / "tiny"


def kept(folder: Path) -> set[bytes]:
    return {file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def journals() -> list[Journal]:
    return pending(load())


def test_nothing_derived_is_left_and_what_people_added_is(used: Path, vault: Vault, tmp_path: Path) -> None:
    assert len(kept(tmp_path / "store")) > 5
    assert vault.forget(["Ann Lee"]).known == 1
    for listed in Path(".dvc/cache").rglob("*.dir"):  # what only the remote can tell now
        listed.unlink()
    said: list[str] = []
    purge(journals(), registry(), said.append)
    assert kept(tmp_path / "store") == LIST
    assert kept(Path(".dvc/cache")) <= LIST
    assert git("for-each-ref", "refs/exps") == ""
    assert not list(Path("work").iterdir())
    for gone in ("source.txt", "doubled.txt", "total.txt", ".doubled.txt.partial-77", ".dvc/tmp/exps"):
        assert not Path(gone).exists()
    assert Path("notes.txt").read_bytes() == OURS
    (journal,) = journals()
    removed = journal.read()["removed"]
    assert removed["remotes"]["store"] >= 5 and removed["cache"]["objects"] >= 5
    assert removed["experiments"] == {"references": 1}
    assert "Ann" not in journal.path.read_text() + " ".join(said)
    repro()
    assert Path("total.txt").read_text() == "70"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_a_purge_killed_at_any_step_is_finished_by_the_next(
    used: Path, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    vault.forget(["Ann Lee"])
    real = STEPS[step]

    def killed(*arguments: Any) -> None:
        if after:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(STEPS, step, killed)
        with pytest.raises(KeyboardInterrupt):
            purge(journals(), registry(), lambda line: None)
    purge(journals(), registry(), lambda line: None)
    assert kept(tmp_path / "store") == kept(Path(".dvc/cache")) == LIST
    assert not Path("doubled.txt").exists()
    (journal,) = journals()
    assert all(map(journal.is_done, STEPS))
    assert journal.read()["removed"]["cache"]["objects"] >= 5, "counted before it is removed"


def test_a_cache_outside_the_folder_keeps_what_others_have_there(
    used: Path, vault: Vault, tmp_path: Path
) -> None:
    Path(".dvc/config.local").write_text("[cache]\n    dir = ../../shared\n")
    for number in (36, 37):
        Path("source.py").write_text(f"open('source.txt', 'w').write('{number}')\n")
        repro()
    with Repo(".") as repo:
        repo.commit("notes.txt.dvc", force=True)
        repo.commit("folder.dvc", force=True)
    other = tmp_path / "shared/files/md5/ab/cdef"
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_bytes(b"another project's")
    vault.forget(["Ann Lee"])
    purge(journals(), registry(), lambda line: None)
    # DVC has no run cache for a stage that always runs: the source's fingerprint of the run before stays
    assert kept(tmp_path / "shared") == LIST | {b"another project's", b"36"}


def test_an_unreachable_remote_leaves_the_erasure_unfinished(used: Path, vault: Vault) -> None:
    with Path(".dvc/config").open("a") as config:
        config.write("['remote \"far\"']\n    url = https://127.0.0.1:1/store\n")
    vault.forget(["Ann Lee"])
    with pytest.raises(FlowError, match="the DVC remote far: cannot be "):
        purge(journals(), registry(), lambda line: None)
    (journal,) = journals()
    assert not journal.is_done("remotes")


def test_nothing_is_removed_under_a_stage_that_runs(used: Path, vault: Vault) -> None:
    vault.forget(["Ann Lee"])
    running = {"write": {}, "read": {"/x": [{"pid": os.getppid(), "cmd": "dvc repro"}]}}
    Path(".dvc/tmp/rwlock").write_text(json.dumps(running))
    with pytest.raises(Busy, match="a DVC stage is running in this folder"):
        purge(journals(), registry(), lambda line: None)
    assert Path("doubled.txt").exists()
    running["read"]["/x"][0]["pid"] = 2**22 - 1
    Path(".dvc/tmp/rwlock").write_text(json.dumps(running))
    purge(journals(), registry(), lambda line: None)
    assert not Path("doubled.txt").exists()


def test_versions_released_before_the_person_came_are_not_marked(
    used: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = registry()
    for version, year in (("a" * 12, 2020), ("b" * 12, 2999)):
        (Path(store.place) / version).mkdir(parents=True)
        with monkeypatch.context() as patch:
            patch.setattr(
                "stages.deploy.moves.datetime", Mock(now=Mock(return_value=datetime(year, 1, 1, tzinfo=UTC)))
            )
            store.move(store.state(), version, "release", "test", {})
    (Path(store.place) / ("c" * 12)).mkdir()
    vault.forget(["Ann Lee"])
    purge(journals(), store, lambda line: None)
    assert sorted(store.state().marked) == ["b" * 12, "c" * 12], "of the last nothing is known"


def test_nothing_is_pending_without_a_vault_or_an_erasure(ran: Path, vault: Vault) -> None:
    assert journals() == []
    vault.forget(["Somebody Unknown"])
    assert journals() == []
    assert not ERASURES.exists()
