"""Rotation of the master key: nothing is sealed again, and a crash at any point is finished by the next."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import RAW, StageError
from stages.ingest.key import key_file, load_key
from stages.ingest.raw import read_raw
from stages.ingest.vault import open_or_make_vault, open_vault, rotation
from stages.ingest.vault.rotation import rotate


@pytest.fixture
def sealed(write_csv: Callable[..., Path], ingest: Any) -> list[Any]:
    """Two people's records."""
    write_csv([("x", "a", "Ann"), ("y", "b", "Bob")], header=("text", "label", "who"))
    return ingest("data.csv", columns={"subject": "who"})[1]


def readable(sealed: list[Any]) -> bool:
    return list(read_raw(RAW, open_vault("tweets", None))) == sealed


def test_rotation_seals_nothing_again(sealed: list[Any], ingest: Any) -> None:
    files = {path.name: path.read_bytes() for path in RAW.iterdir()}
    before = load_key()
    done = rotate("tweets", None)
    assert (done.before, done.now, done.vaults, done.keys) == (before.id, load_key().id, 1, 2)
    assert done.before != done.now
    assert readable(sealed)
    assert key_file().stat().st_mode & 0o077 == 0
    ingest("data.csv", columns={"subject": "who"})
    assert {path.name: path.read_bytes() for path in RAW.iterdir()} == files
    assert open_vault("tweets", None).state()["rotated"] != "never"
    assert open_vault("tweets", None).verify_log().complaint is None


def test_each_kind_of_vault_is_wrapped_anew(url: str | None, sealed: list[Any], ingest: Any) -> None:
    ingest("data.csv", columns={"subject": "who"}, vault=url)
    files = {path.name: path.read_bytes() for path in RAW.iterdir()}
    done = rotate("tweets", url)
    assert (done.vaults, done.keys) == ((1, 2) if url is None else (2, 4)), "the one beside the key too"
    ingest("data.csv", columns={"subject": "who"}, vault=url)
    assert {path.name: path.read_bytes() for path in RAW.iterdir()} == files
    assert open_vault("tweets", url).verify_log().complaint is None


def test_former_key_opens_nothing_any_more(sealed: list[Any]) -> None:
    done = rotate("tweets", None)
    key_file().unlink()
    done.former.rename(key_file())
    with pytest.raises(StageError, match=f"is wrapped by the key {done.now}, but the key at hand"):
        open_vault("tweets", None)


def test_other_projects_of_the_same_key_are_wrapped_too(sealed: list[Any]) -> None:
    other = open_or_make_vault("mail", None)[0].id
    assert rotate("tweets", None).vaults == 2
    assert open_vault("mail", None).id == other


@pytest.mark.parametrize("place", ["make_key", "_rewrap", "link", "replace"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_crash_at_any_point_is_finished_by_the_next_rotation(
    sealed: list[Any], monkeypatch: pytest.MonkeyPatch, place: str, when: str
) -> None:
    owner: Any = {"link": os, "replace": Path}.get(place, rotation)
    real = getattr(owner, place)

    def killed(*arguments: Any) -> Any:
        if when == "after":
            real(*arguments)
        raise KeyboardInterrupt

    before = load_key().id
    with monkeypatch.context() as patch:
        patch.setattr(owner, place, killed)
        with pytest.raises(KeyboardInterrupt):
            rotate("tweets", None)
    assert readable(sealed), "whatever has happened, the data can be read"
    done = rotate("tweets", None)
    assert done.now != before
    assert readable(sealed)
    assert not key_file().with_name("key.next").exists()


def test_key_from_the_environment_cannot_be_replaced(
    sealed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETORT_KEY", key_file().read_text())
    with pytest.raises(StageError, match="RETORT_KEY: this key lies in no file"):
        rotate("tweets", None)
