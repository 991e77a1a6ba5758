"""Releases: immutable versions, one pointer, nothing half done."""

import errno
import json
import multiprocessing
import os
from pathlib import Path

import pytest

from stages.artifacts import StageError
from stages.deploy.manifest import seal, verify
from stages.deploy.registry import Registry
from stages.deploy.release import release
from stages.deploy.serve import serve
from stages.params.serve import Serve


def test_the_first_release_makes_a_version_live_and_a_second_one_changes_nothing(bundle: Path, replayed):
    version = verify(bundle)
    replayed(version)
    first = release(bundle, Path("registry"), "tiny")
    assert (first.version, first.previous, first.changed) == (version, None, True)
    store = Registry(Path("registry"), "tiny")
    assert (store.live(), store.versions()) == (version, [version])
    assert verify(store.path(version)) == version
    again = release(bundle, Path("registry"), "tiny")
    assert (again.version, again.previous, again.changed) == (version, version, False)
    assert len(store.history()) == 1


def test_every_move_is_kept_and_old_versions_stay(bundle: Path, another, replayed):
    versions = []
    for candidate in (bundle, another(2.0), bundle):
        versions.append(verify(candidate))
        replayed(versions[-1])
        release(candidate, Path("registry"), "tiny")
    store = Registry(Path("registry"), "tiny")
    assert store.live() == versions[0]
    assert store.versions() == sorted(set(versions))
    moves = [(move["previous"], move["version"]) for move in store.history()]
    assert moves == [(None, versions[0]), (versions[0], versions[1]), (versions[1], versions[0])]


def test_the_files_of_a_version_cannot_be_written(bundle: Path, replayed):
    replayed(verify(bundle))
    found = release(bundle, Path("registry"), "tiny")
    files = list(Registry(Path("registry"), "tiny").path(found.version).iterdir())
    assert files
    assert all(path.stat().st_mode & 0o222 == 0 for path in files)


def rewrite(bundle: Path, **changes: object) -> str:
    path = bundle / "bundle.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return seal(bundle)


def test_a_bundle_with_a_failed_verdict_is_refused_by_name(bundle: Path, replayed):
    verdicts = json.loads((bundle / "bundle.json").read_text())["verdicts"]
    verdicts["evaluate"] = [{"name": "macro_f1", "value": 0.41, "limit": 0.6, "passed": False}]
    del verdicts["validate"]
    replayed(rewrite(bundle, verdicts=verdicts))
    with pytest.raises(
        StageError, match=r"validate has no verdict; evaluate failed macro_f1 \(0\.41, limit 0\.6\)"
    ):
        release(bundle, Path("registry"), "tiny")
    assert Registry(Path("registry"), "tiny").versions() == []


def test_a_bundle_whose_replay_failed_is_refused(bundle: Path, replayed):
    replayed(verify(bundle), passed=False)
    with pytest.raises(StageError, match="deploy failed served_difference"):
        release(bundle, Path("registry"), "tiny")


def test_a_bundle_that_was_never_replayed_is_refused(bundle: Path, another, replayed):
    with pytest.raises(StageError, match="verdict"):
        release(bundle, Path("registry"), "tiny")
    replayed(verify(another(2.0)))
    with pytest.raises(StageError, match="not the bundle that was replayed"):
        release(bundle, Path("registry"), "tiny")


def test_a_bundle_of_another_name_is_refused(bundle: Path, replayed):
    replayed(verify(bundle))
    with pytest.raises(StageError, match="another name"):
        release(bundle, Path("registry"), "large")


@pytest.mark.parametrize("name", ["../up", "", "A", "a/b", "a" * 41, "."])
def test_a_name_cannot_leave_the_registry(tmp_path: Path, name: str):
    with pytest.raises(StageError, match="name of the model"):
        Registry(tmp_path, name)


def test_a_full_disk_leaves_no_version_and_what_was_live_stays_live(
    bundle: Path, another, replayed, monkeypatch
):
    replayed(verify(bundle))
    first = release(bundle, Path("registry"), "tiny")
    second = another(2.0)
    replayed(verify(second))
    copied = []

    def full(source: str, target: str) -> None:
        if copied:
            raise OSError(errno.ENOSPC, "No space left on device")
        copied.append(target)
        Path(target).write_bytes(Path(source).read_bytes())

    monkeypatch.setattr("stages.deploy.registry.shutil.copyfile", full)
    with pytest.raises(StageError, match="disk is full"):
        release(second, Path("registry"), "tiny")
    store = Registry(Path("registry"), "tiny")
    assert (store.live(), store.versions()) == (first.version, [first.version])
    assert not list(store.folder.glob("*partial*"))


def killed_while_copying(bundle: Path) -> None:
    import stages.deploy.registry as module

    module.shutil.copyfile = lambda source, target: os._exit(9)
    release(bundle, Path("registry"), "tiny")


def test_a_kill_while_copying_leaves_no_version_and_no_lock(bundle: Path, replayed):
    version = verify(bundle)
    replayed(version)
    process = multiprocessing.get_context("fork").Process(target=killed_while_copying, args=(bundle,))
    process.start()
    process.join(30)
    store = Registry(Path("registry"), "tiny")
    assert process.exitcode == 9
    assert (store.live(), store.versions()) == (None, [])
    assert list(store.folder.glob(".*.partial-*")), "the kill came in the middle of a copy"
    assert release(bundle, Path("registry"), "tiny").changed
    assert not list(store.folder.glob(".*.partial-*")), "the next release clears up"


def hold(held, done) -> None:
    with Registry(Path("registry"), "tiny").locked():
        held.set()
        done.wait(30)


def test_of_two_releases_at_once_the_second_says_so(bundle: Path, replayed):
    replayed(verify(bundle))
    context = multiprocessing.get_context("fork")
    held, done = context.Event(), context.Event()
    process = context.Process(target=hold, args=(held, done))
    process.start()
    try:
        assert held.wait(30)
        with pytest.raises(StageError, match="another release is under way"):
            release(bundle, Path("registry"), "tiny")
    finally:
        done.set()
        process.join(30)
    assert release(bundle, Path("registry"), "tiny").changed


def test_a_damaged_version_in_the_registry_is_not_made_live(bundle: Path, replayed):
    version = verify(bundle)
    replayed(version)
    release(bundle, Path("registry"), "tiny")
    store = Registry(Path("registry"), "tiny")
    (store.folder / "live").unlink()
    file = store.path(version) / "tokenizer.json"
    file.chmod(0o644)
    file.write_text("{}")
    with pytest.raises(StageError, match=r"tokenizer\.json is not as it was built"):
        release(bundle, Path("registry"), "tiny")
    assert store.live() is None


@pytest.mark.parametrize(
    ("content", "named"), [("", "damaged"), ("../..", "damaged"), ("0123456789ab", "not in the")]
)
def test_a_damaged_pointer_is_named_and_a_release_mends_it(bundle: Path, replayed, content: str, named: str):
    version = verify(bundle)
    replayed(version)
    store = Registry(Path("registry"), "tiny")
    store.folder.mkdir(parents=True)
    (store.folder / "live").write_text(content)
    with pytest.raises(StageError, match=named):
        store.live()
    assert release(bundle, Path("registry"), "tiny").changed
    assert store.live() == version


def test_a_marked_version_is_served_and_a_retired_one_is_gone_for_good(bundle: Path, replayed, another):
    store = Registry(Path("registry"), "tiny")
    first = verify(bundle)
    replayed(first)
    release(bundle, store.root, "tiny")
    assert store.versions_since("2000-01-01T00:00:00+00:00") == [first]
    assert store.versions_since("2999-01-01T00:00:00+00:00") == []
    with store.locked():
        store.mark([first], "an erasure")
    assert (store.live(), store.marked(), store.retired()) == (first, {first: "an erasure"}, {})
    with store.locked():
        store.retire([first], "an erasure")
        store.retire([first], "an erasure")
    assert (store.live(), store.versions(), list(store.retired())) == (None, [], [first])
    assert [entry["version"] for entry in store.history()] == [first, None]
    with pytest.raises(StageError, match=f"{first} was retired by an erasure"):
        release(bundle, store.root, "tiny")
    with pytest.raises(StageError, match="the live version was retired by an erasure, and none has passed"):
        serve(store.root, "tiny", "127.0.0.1", 0, Serve())
    second = another(2.0)
    replayed(verify(second))
    assert release(second, store.root, "tiny").changed
