"""Releases: immutable signed versions, one history, nothing half done, and no belief without a signature."""

import base64
import errno
import json
import os
import stat
import threading
from pathlib import Path

import pytest

from stages.artifacts import StageError
from stages.deploy import open_release
from stages.deploy.manifest import seal, verify
from stages.deploy.registry import Registry
from stages.deploy.release import release, retire, rollback
from stages.deploy.serve import serve
from stages.deploy.signing import load_or_make_signer, signing_file
from stages.params.serve import Serve


def released(store: Registry, bundle: Path, replayed) -> str:
    replayed(verify(bundle))
    return release(bundle, store, "test").version


def folder(store: Registry, version: str) -> Path:
    return Path(store.place, version)


def test_the_first_release_makes_a_version_live_and_a_second_one_changes_nothing(
    bundle: Path, replayed, store: Registry
):
    version = verify(bundle)
    replayed(version)
    first = release(bundle, store, "the first")
    assert (first.version, first.previous, first.changed) == (version, None, True)
    assert (store.live(), store.versions()) == (version, [version])
    again = release(bundle, store, "again")
    assert (again.version, again.previous, again.changed) == (version, version, False)
    (record,) = store.history()
    assert (record["what"], record["why"], record["number"]) == ("release", "the first", 1)
    assert "@" in record["who"] and record["when"].endswith("+00:00")
    assert record["verdicts"]["evaluate"] == {"score": 0.9}
    assert record["verdicts"]["deploy"]["bundle"] == version


def test_every_move_is_kept_and_old_versions_stay(bundle: Path, another, replayed, store: Registry):
    versions = [released(store, candidate, replayed) for candidate in (bundle, another(2.0), bundle)]
    assert store.live() == versions[0]
    assert store.versions() == sorted(set(versions))
    moves = [(move["previous"], move["version"]) for move in store.history()]
    assert moves == [(None, versions[0]), (versions[0], versions[1]), (versions[1], versions[0])]


def test_the_files_of_a_version_and_of_the_history_cannot_be_written(bundle: Path, replayed, store: Registry):
    version = released(store, bundle, replayed)
    files = [*folder(store, version).iterdir(), *Path(store.place, "moves").iterdir()]
    assert len(files) > 4
    assert all(path.stat().st_mode & 0o222 == 0 for path in files)


def test_the_signing_key_is_made_at_the_first_release_and_only_its_owner_reads_it(
    bundle: Path, replayed, store: Registry
):
    assert not signing_file().exists()
    released(store, bundle, replayed)
    assert stat.S_IMODE(signing_file().stat().st_mode) == 0o600
    signer = load_or_make_signer()
    assert store.signers() == {signer.id: signer.public}
    assert len(base64.b64decode(signer.public)) == 32
    signing_file().chmod(0o640)
    with pytest.raises(StageError, match="mode 0640 lets others read the signing key"):
        Registry("registry", "tiny")
    signing_file().chmod(0o600)
    signing_file().write_text("no key")
    with pytest.raises(StageError, match="not an Ed25519 key"):
        Registry("registry", "tiny")


def rewrite(bundle: Path, **changes: object) -> str:
    path = bundle / "bundle.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return seal(bundle)


def test_a_bundle_with_a_failed_verdict_is_refused_by_name(bundle: Path, replayed, store: Registry):
    verdicts = json.loads((bundle / "bundle.json").read_text())["verdicts"]
    verdicts["evaluate"] = [{"name": "macro_f1", "value": 0.41, "limit": 0.6, "passed": False}]
    del verdicts["validate"]
    replayed(rewrite(bundle, verdicts=verdicts))
    with pytest.raises(
        StageError, match=r"validate has no verdict; evaluate failed macro_f1 \(0\.41, limit 0\.6\)"
    ):
        release(bundle, store, "test")
    assert store.versions() == []


def test_a_bundle_whose_replay_failed_is_refused(bundle: Path, replayed, store: Registry):
    replayed(verify(bundle), passed=False)
    with pytest.raises(StageError, match="deploy failed served_difference"):
        release(bundle, store, "test")


def test_a_bundle_that_was_never_replayed_is_refused(bundle: Path, another, replayed, store: Registry):
    with pytest.raises(StageError, match="verdict"):
        release(bundle, store, "test")
    replayed(verify(another(2.0)))
    with pytest.raises(StageError, match="not the bundle that was replayed"):
        release(bundle, store, "test")


def test_a_bundle_of_another_name_is_refused(bundle: Path, replayed):
    replayed(verify(bundle))
    with pytest.raises(StageError, match="another name"):
        release(bundle, Registry("registry", "large"), "test")


@pytest.mark.parametrize("name", ["../up", "", "A", "a/b", "a" * 41, "."])
def test_a_name_cannot_leave_the_registry(tmp_path: Path, name: str):
    with pytest.raises(StageError, match="name of the model"):
        Registry(tmp_path, name)


@pytest.mark.parametrize(
    ("root", "named"),
    [("nowhere://a", "no kind of address"), ("gs://bucket/models", "pip install gcsfs")],
)
def test_an_address_that_cannot_be_used_is_named(root: str, named: str):
    with pytest.raises(StageError, match=named):
        Registry(root, "tiny")


def test_a_full_disk_leaves_no_version_and_what_was_live_stays_live(
    bundle: Path, another, replayed, store: Registry, monkeypatch
):
    first = released(store, bundle, replayed)
    second = another(2.0)
    copied = []

    def full(source: Path, target: Path) -> None:
        if copied:
            raise OSError(errno.ENOSPC, "No space left on device")
        copied.append(target)
        target.write_bytes(source.read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr("stages.deploy.store.shutil.copyfile", full)
        with pytest.raises(StageError, match="disk is full"):
            released(store, second, replayed)
    assert (Registry(store.root, "tiny").live(), store.versions()) == (first, [first])


@pytest.mark.parametrize(
    "file", ["model.onnx", "tokenizer.json", "bundle.json", "examples.json", "manifest.json"]
)
def test_one_flipped_bit_is_refused_by_name(bundle: Path, replayed, store: Registry, file: str):
    version = released(store, bundle, replayed)
    path = folder(store, version) / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    named = (
        "signature by the key .* is not valid"
        if file == "manifest.json"
        else f"{file} is not as it was built"
    )
    with pytest.raises(StageError, match=f"{version}: .*{named}"):
        open_release("tiny", "registry")
    with pytest.raises(StageError, match=named):
        rollback(store, version, "test")
    assert not release(bundle, store, "mended").changed
    assert open_release("tiny", "registry").version == version, "a release puts back what was damaged"


def test_a_missing_or_added_file_is_refused_by_name(bundle: Path, replayed, store: Registry):
    version = released(store, bundle, replayed)
    place = folder(store, version)
    (place / "more.json").write_text("{}")
    with pytest.raises(StageError, match=r"more\.json is not in the manifest"):
        open_release("tiny", "registry")
    (place / "more.json").unlink()
    for name in ("model.onnx", "manifest.json"):
        content = (place / name).read_bytes()
        (place / name).unlink()
        with pytest.raises(StageError, match=f"{name} is missing"):
            open_release("tiny", "registry")
        (place / name).write_bytes(content)
    (place / "signature.json").unlink()
    with pytest.raises(StageError, match="is live, but is not there; run `retort release`"):
        open_release("tiny", "registry")
    assert not release(bundle, store, "mended").changed, "a release puts it back"
    assert open_release("tiny", "registry").version == version


def test_a_newer_format_is_refused_by_name(bundle: Path, replayed, store: Registry, monkeypatch):
    for module, kind in (("manifest", "bundle"), ("moves", "record")):
        with monkeypatch.context() as patch:
            patch.setattr(f"stages.deploy.{module}.FORMAT", 2)
            version = rewrite(bundle, of=kind)
            released(store, bundle, replayed)
        where = version if kind == "bundle" else "00000002.json"
        with pytest.raises(
            StageError, match=f"{where}: written in format 2, this Retort reads up to 1; upgrade"
        ):
            open_release("tiny", "registry")


def test_a_foreign_key_is_refused_by_name_until_it_is_trusted(
    bundle: Path, replayed, store: Registry, monkeypatch, tmp_path: Path
):
    version = released(store, bundle, replayed)
    key, public = store.signers().popitem()
    with monkeypatch.context() as patch:
        patch.setenv("RETORT_KEY_FILE", str(tmp_path.with_name(f"{tmp_path.name}.other") / "key"))
        with pytest.raises(StageError, match=f"signed by the key {key}, which is not trusted here"):
            open_release("tiny", "registry")
        assert open_release("tiny", "registry", [public]).version == version
        with pytest.raises(StageError, match=r"deploy\.trusted: not a public key"):
            open_release("tiny", "registry", ["mine"])
        theirs = Registry("registry", "tiny", [public])
        retire(theirs, version, "by another machine")
        assert len(theirs.signers()) == 2
    with pytest.raises(StageError, match=r"00000002\.json: signed by the key .* not trusted here"):
        store.live()


def test_a_record_that_was_changed_or_taken_away_is_named(bundle: Path, replayed, another, store: Registry):
    for candidate in (bundle, another(2.0), another(3.0)):
        released(store, candidate, replayed)
    moves = Path(store.place, "moves")
    second = moves / "00000002.json"
    content = second.read_bytes()
    second.chmod(0o644)
    second.write_bytes(content.replace(b'"why": "test', b'"why": "tess'))
    with pytest.raises(StageError, match=r"00000002\.json: its signature by the key .* is not valid"):
        Registry("registry", "tiny").live()
    second.write_bytes(content[:-9])
    with pytest.raises(StageError, match=r"00000002\.json: damaged"):
        Registry("registry", "tiny").live()
    second.write_bytes((moves / "00000001.json").read_bytes())
    with pytest.raises(StageError, match=r"00000002\.json: does not follow"):
        Registry("registry", "tiny").live()
    second.unlink()
    with pytest.raises(StageError, match=r"00000002\.json: is missing"):
        Registry("registry", "tiny").live()
    for path in moves.iterdir():
        path.unlink()
    with pytest.raises(StageError, match="records have gone"):
        store.live()


def test_of_two_releases_at_once_one_wins_and_the_other_says_so(
    bundle: Path, another, replayed, store: Registry, monkeypatch
):
    other = another(2.0)
    released(store, bundle, replayed)
    replayed(verify(other))
    publish = Registry.publish

    def slowly(self: Registry, folder: Path) -> str:
        version = publish(self, folder)
        met.wait(30)  # both have read what is live, neither has moved it
        return version

    met = threading.Barrier(2)
    monkeypatch.setattr(Registry, "publish", slowly)
    said = []

    def run() -> None:
        try:
            said.append(release(other, Registry("registry", "tiny"), "at once").version)
        except StageError as error:
            said.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (won,) = (one for one in said if one == verify(other))
    (lost,) = (one for one in said if one != won)
    assert "another release came first, by " in lost and "nothing was moved" in lost
    assert (store.live(), len(store.history())) == (won, 2)


def test_a_rollback_goes_to_the_version_before_or_to_the_one_named(
    bundle: Path, another, replayed, store: Registry
):
    first, second, third = (released(store, one, replayed) for one in (bundle, another(2.0), another(3.0)))
    done = rollback(store, None, "it was worse")
    assert (done.version, done.previous, store.live()) == (second, third, second)
    assert rollback(store, first, "older").version == first
    assert not rollback(store, first, "older").changed
    last = store.history()[-1]
    assert (last["what"], last["why"], last["previous"]) == ("rollback", "older", second)
    assert last["verdicts"]["clean"] == {"score": 0.9}
    with pytest.raises(StageError, match="no version 0123456789ab; there are: "):
        rollback(store, "0123456789ab", "test")
    retire(store, second, "test")
    retire(store, third, "test")
    with pytest.raises(StageError, match="no earlier version to go back to"):
        rollback(store, None, "test")


def test_a_retired_version_is_gone_for_good(bundle: Path, replayed, another, store: Registry):
    first = released(store, bundle, replayed)
    assert retire(store, first, "it gave names away")
    assert (store.live(), store.versions(), list(store.state().retired)) == (None, [], [first])
    assert not folder(store, first).exists()
    for again in (
        lambda: release(bundle, store, "again"),
        lambda: rollback(store, first, "again"),
        lambda: store.publish(bundle) and open_release("tiny", "registry"),
    ):
        with pytest.raises(StageError, match=r"retired for good|was retired and can never|nothing is live"):
            again()
    with pytest.raises(StageError, match="the live version was retired, and none has passed"):
        serve(store, "127.0.0.1", 0, Serve())
    with pytest.raises(StageError, match="no version 0123456789ab"):
        retire(store, "0123456789ab", "never seen")
    second = released(store, another(2.0), replayed)
    assert (store.live(), store.versions()) == (second, [second]), "what was left of the first is swept away"


def test_a_marked_version_is_served_until_it_is_retired(bundle: Path, replayed, another, store: Registry):
    first = released(store, bundle, replayed)
    assert store.versions_since("2000-01-01T00:00:00+00:00") == [first]
    assert store.versions_since("2999-01-01T00:00:00+00:00") == []
    store.mark([first], "an erasure")
    store.mark([first], "an erasure")
    assert (store.live(), store.state().marked, store.state().retired) == (first, {first: "an erasure"}, {})
    second = released(store, another(2.0), replayed)
    with pytest.raises(StageError, match=f"{first} is to be retired by an erasure"):
        rollback(store, first, "test")
    with pytest.raises(StageError, match="no earlier version"):
        rollback(store, None, "test")
    store.mark([second], "an erasure")
    store.retire([first], "an erasure")
    store.retire([first], "an erasure")
    store.unmark([second], "built again")
    assert (store.live(), store.versions(), store.state().marked) == (second, [second], {})
    assert [entry["what"] for entry in store.history()] == [
        "release", "mark", "release", "mark", "retire", "unmark"
    ]  # fmt: skip


def test_what_killed_releases_left_is_swept_away_a_day_later(
    bundle: Path, replayed, another, store: Registry
):
    left = Path(store.place, "0" * 12)
    left.mkdir(parents=True)
    (left / "model.onnx").write_bytes(b"half")
    half = Path(store.place, ".half")
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    released(store, bundle, replayed)
    assert left.exists(), "another release may be at it"
    os.utime(left / "model.onnx", (0, 0))
    released(store, another(2.0), replayed)
    assert not left.exists()
    assert not half.exists()


def test_a_registry_without_signatures_is_named(store: Registry):
    Path(store.place).mkdir(parents=True)
    Path(store.place, "history.jsonl").touch()
    with pytest.raises(StageError, match="written by an older Retort, without signatures; move it away"):
        store.live()
