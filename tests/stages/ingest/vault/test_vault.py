"""The vault: keys that last, people who are gone for good, and clear dead ends."""

import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import ERASURES, RAW, StageError, write_json
from stages.ingest.key import key_file
from stages.ingest.raw import read_raw
from stages.ingest.vault import Vault, find_vault, open_or_make_vault, open_vault
from stages.ingest.vault.opening import vault_file
from stages.ingest.vault.vault import BAD_ROWS

WHO = {"subject": "who"}


@pytest.fixture
def people(write_csv: Callable[..., Path]) -> list[str]:
    """A source of three people."""
    rows = [(f"note {n} of someone", "ab"[n % 2], ["Ann Lee", "Bob Ray", "Cy Poe"][n % 3]) for n in range(12)]
    write_csv(rows, header=("text", "label", "who"))
    return ["Ann Lee", "Bob Ray", "Cy Poe"]


def raw() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in RAW.iterdir()}


def test_keys_last_so_that_unchanged_data_keeps_its_bytes(url: str | None, people: Any, ingest: Any) -> None:
    ingest("data.csv", columns=WHO, vault=url)
    first = raw()
    ingest("data.csv", columns=WHO, vault=url)
    assert raw() == first
    assert open_vault("tweets", url).state()["people with a key"] == 3


def test_who_is_forgotten_is_noise_everywhere_and_never_comes_back(
    url: str | None, people: Any, ingest: Any
) -> None:
    _, records = ingest("data.csv", columns=WHO, vault=url)
    ann = records[0].subject
    vault = open_vault("tweets", url)
    done = vault.forget([" Ann Lee ", "Nobody Known"])
    assert (done.people, done.known, done.before) == (2, 1, 0)
    broken: list[Any] = []
    left = list(read_raw(RAW, open_vault("tweets", url), broken.append))
    assert (len(left), len(broken)) == (8, 4), "an old sealed copy of the others is as it was"
    counts, records = ingest("data.csv", columns=WHO, vault=url)
    assert (counts.kept, counts.forgotten, counts.subjects) == (8, 4, 2)
    assert ann not in {record.subject for record in records}
    (erasure,) = open_vault("tweets", url).erasures()
    assert (erasure.id, erasure.people) == (done.erasure, 1)


def test_forgetting_twice_or_a_stranger_erases_nothing(url: str | None, people: Any, ingest: Any) -> None:
    ingest("data.csv", columns=WHO, vault=url)
    vault = open_vault("tweets", url)
    assert vault.forget(["Ann Lee", "Ann Lee"]).known == 1
    again = vault.forget(["Ann Lee"])
    assert (again.people, again.known, again.before, again.erasure) == (1, 0, 1, None)
    stranger = vault.forget(["Dee Fox"])
    assert (stranger.known, stranger.before, stranger.erasure) == (0, 0, None)
    assert len(vault.erasures()) == 1
    assert vault.tombstones()["count"] == 2


def test_bad_rows_of_unknown_people_are_noise_after_any_erasure(
    workspace: Path, ingest: Any, vault: Vault
) -> None:
    (workspace / "data.csv").write_text("text,label,who\nx,a,Ann\ny,b,Bob\n,a,Ann\nz,a,Ann,more\n,b,Bob\n")
    ingest("data.csv", columns=WHO, on_bad_rows="quarantine")
    assert open_vault("tweets", None).seals([BAD_ROWS])
    counts = vault.forget(["Ann"])
    assert counts.known == 1
    assert not open_vault("tweets", None).seals([BAD_ROWS])
    (workspace / "data.csv").write_text("text,label,who\nx,a,Cy\ny,b,Bob\n,a,Ann\n,b,Bob\n")
    counts, _ = ingest("data.csv", columns=WHO, on_bad_rows="quarantine")
    assert (counts.bad, counts.forgotten) == (1, 1)


def test_sqlite_keeps_no_byte_of_a_deleted_key(people: Any, ingest: Any) -> None:
    _, records = ingest("data.csv", columns=WHO)
    path = vault_file("tweets")
    with sqlite3.connect(path) as base:
        rows = base.execute(
            "SELECT wrapped FROM retort_keys WHERE name = ?", (records[0].subject,)
        ).fetchall()
    base.close()
    assert rows[0][0] in path.read_bytes()
    open_vault("tweets", None).forget(["Ann Lee"])
    assert sorted(file.name for file in path.parent.iterdir()) == ["key", path.name], "no WAL is left over"
    assert rows[0][0] not in path.read_bytes()
    assert b"Ann" not in path.read_bytes()


def test_an_open_reader_is_named_and_the_key_is_gone_all_the_same(people: Any, ingest: Any) -> None:
    _, records = ingest("data.csv", columns=WHO)
    vault = open_vault("tweets", None)
    reader = sqlite3.connect(vault_file("tweets"), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM retort_keys").fetchall()
    try:
        with pytest.raises(StageError, match="another process has the vault open; run the same again"):
            vault.forget(["Ann Lee"])
    finally:
        reader.close()
    assert not open_vault("tweets", None).seals([records[0].subject])
    assert open_vault("tweets", None).forget(["Ann Lee"]).before == 1


def test_vault_is_for_its_owner_only(vault: Vault) -> None:
    path = vault_file("tweets")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(StageError, match=f"mode 0640, so others can read it; run `chmod 600 {path}`"):
        find_vault("tweets", None)


def test_two_makers_end_with_one_vault(workspace: Path) -> None:
    found: list[str] = []
    gate = threading.Barrier(2)

    def make() -> None:
        gate.wait()
        found.append(open_or_make_vault("tweets", None)[0].id)

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [open_vault("tweets", None).id] * 2


def test_lost_master_key_is_a_dead_end(vault: Vault) -> None:
    key_file().unlink()
    for opens in (open_vault, open_or_make_vault):
        with pytest.raises(StageError, match=r"key: the key is missing; put it back .* is lost without it"):
            opens("tweets", None)
    assert not key_file().exists(), "another key would open nothing"


def test_wrong_master_key_is_named_by_its_id(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETORT_KEY", "A" * 86 + "==")
    with pytest.raises(StageError, match=f"is wrapped by the key {vault.master}, but the key at hand"):
        open_vault("tweets", None)


def test_vault_of_another_project_is_refused(vault: Vault) -> None:
    vault_file("tweets").rename(vault_file("mail"))
    with pytest.raises(StageError, match=r"belongs to the project tweets, not to mail; check ingest.vault"):
        open_vault("mail", None)


def test_lost_vault_is_not_replaced_once_people_were_erased(vault: Vault) -> None:
    write_json(ERASURES / "0.json", {"vault": vault.id})
    vault_file("tweets").unlink()
    with pytest.raises(StageError, match=f"is missing, but vault {vault.id} has erased people"):
        open_or_make_vault("tweets", None)
    assert not vault_file("tweets").exists()


def test_damaged_vault_is_one_line(vault: Vault) -> None:
    path = vault_file("tweets")
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StageError, match="DatabaseError; it is damaged, in use, or cannot be reached"):
        open_vault("tweets", None)


def test_changed_key_is_noticed(people: Any, ingest: Any) -> None:
    ingest("data.csv", columns=WHO)
    with sqlite3.connect(vault_file("tweets")) as base:
        base.execute("UPDATE retort_keys SET wrapped = zeroblob(80)")
    base.close()
    with pytest.raises(StageError, match="one of its keys was changed; put the vault back"):
        list(read_raw(RAW, open_vault("tweets", None)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("mysql://ann:hunter2@host/x", "'mysql' holds no vault; SQLite or PostgreSQL"),
        ("nonsense", "ingest.vault: no database URL"),
        ("postgresql://ann:${NOT_SET}@host/x", "ingest.vault: the environment has no NOT_SET"),
        ("postgresql://ann:hunter2@127.0.0.1:1/x", "the vault postgresql database x: OperationalError"),
    ],
)
def test_bad_url_is_one_line_without_the_password(workspace: Path, given: str, message: str) -> None:
    with pytest.raises(StageError, match=message) as caught:
        open_or_make_vault("tweets", given)
    assert "hunter2" not in str(caught.value)


def test_vault_is_never_made_in_the_project(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StageError, match="would lie in the project; keep it outside git and DVC"):
        open_or_make_vault("tweets", "sqlite:///keys.db")
    assert not Path("keys.db").exists()
    open_or_make_vault("tweets", "sqlite:///../keys.db")


def test_state_shows_no_key(people: Any, ingest: Any) -> None:
    ingest("data.csv", columns=WHO)
    vault = open_vault("tweets", None)
    state = vault.state()
    assert (state["people with a key"], state["project"], state["rotated"]) == (3, "tweets", "never")
    assert not any(isinstance(value, bytes) for value in state.values())
