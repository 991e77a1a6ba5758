"""The key: made once, for its owner only."""

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from stages.artifacts import StageError
from stages.ingest.key import Key, key_file, load_key, load_or_make_key

SECRET = bytes(range(64))
TEXT = base64.b64encode(SECRET).decode()


def put(text: str, mode: int = 0o600) -> Path:
    path = key_file()
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_key_is_made_once_with_mode_0600(workspace: Path) -> None:
    key, made = load_or_make_key()
    assert made == key_file()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert load_or_make_key() == (key, None)
    assert [path.name for path in made.parent.iterdir()] == ["key"]


def test_umask_does_not_open_the_key(workspace: Path) -> None:
    before = os.umask(0)
    try:
        _, made = load_or_make_key()
    finally:
        os.umask(before)
    assert made
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_two_makers_end_with_one_key(workspace: Path) -> None:
    found: list[str] = []
    gate = threading.Barrier(2)

    def make() -> None:
        gate.wait()
        found.append(load_or_make_key()[0].id)

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [load_key().id] * 2


def test_key_from_the_environment(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETORT_KEY", f" {TEXT}\n")
    assert load_or_make_key() == (Key.of(SECRET), None)
    assert not key_file().exists()


def test_default_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RETORT_KEY_FILE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert key_file() == tmp_path / "retort/key"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert key_file() == tmp_path / ".config/retort/key"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_key_that_others_can_reach_is_refused(workspace: Path, mode: int) -> None:
    path = put(TEXT, mode)
    for load in (load_key, load_or_make_key):
        with pytest.raises(StageError, match=rf"mode {mode:04o}, .* run `chmod 600 {path}`"):
            load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has 0 bytes; it needs 64"),
        (TEXT[:44], "has 33 bytes"),
        ("no base64!", "is not base64"),
        ("ÿ", "not base64"),
    ],
)
def test_wrong_key_is_refused_and_not_shown(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    path = put(text)
    with pytest.raises(StageError, match=f"{path}: the key {message}|{message}") as caught:
        load_or_make_key()
    assert not text or text not in str(caught.value)
    monkeypatch.setenv("RETORT_KEY", text)
    with pytest.raises(StageError, match=f"RETORT_KEY: .*{message}"):
        load_or_make_key()


def test_missing_key_is_not_made_by_a_reader(workspace: Path) -> None:
    with pytest.raises(StageError, match="the key is missing; put it back from your copy"):
        load_key()
    assert not key_file().exists()


def test_key_does_not_show_itself() -> None:
    key = Key.of(SECRET)
    assert repr(key) == f"Key(id='{key.id}')"
    assert key.wrapping not in (SECRET, bytes.fromhex(key.id))
