"""The commands around the vault: what they say, and that they never repeat a name."""

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.command import app
from flows.journal import pending
from flows.workspace import claim
from stages.ingest.key import key_file
from stages.ingest.vault import Vault, open_or_make_vault, open_vault
from stages.ingest.vault.opening import vault_file
from stages.params import load

WHO = "Quintessa Varnholt"


@pytest.fixture
def vault(ran: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Vault:
    monkeypatch.delenv("RETORT_KEY", raising=False)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path / "secret" / "key"))
    vault, _ = open_or_make_vault("tweets", None)
    vault.seals_or_make([vault.subject(WHO), vault.subject("Bob Ray")])
    return vault


def call(*arguments: str, given: str | None = None) -> Result:
    result = CliRunner().invoke(app, list(arguments), input=given)
    assert "Quintessa" not in result.output
    assert "Varnholt" not in result.output
    return result


def test_forget_erases_and_says_so_in_counts(vault: Vault) -> None:
    done = call("forget", WHO, "--later")
    assert done.exit_code == 0, done.output
    assert "1 named: 1 erased, 0 erased before, 0 never seen; none of them will be let in" in done.output
    assert "[erase] workspace: 3 outputs removed" in done.output
    assert not Path("total.txt").exists()
    again = call("forget", f"  {WHO} ", "--later")
    assert "1 named: 0 erased, 1 erased before, 0 never seen" in again.output
    assert len(pending(load())) == 1


def test_a_stranger_costs_nothing(vault: Vault) -> None:
    done = call("forget", "Nobody Known")
    assert done.exit_code == 0, done.output
    assert "1 named: 0 erased, 0 erased before, 1 never seen" in done.output
    assert "ingest.columns.subject is null: no row says whom it is about" in done.output
    assert Path("total.txt").exists()


@pytest.mark.parametrize("standard_input", [False, True])
def test_a_file_of_people(vault: Vault, standard_input: bool) -> None:
    people = f"{WHO}\n\nBob Ray\nNobody Known\n"
    Path("people.txt").write_text(people)
    done = call("forget", "--file", "-" if standard_input else "people.txt", "--later", given=people)
    assert "3 named: 2 erased, 0 erased before, 1 never seen" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (WHO.split(), "more than one name; put a person's name in quotes"),
        ([], "nobody is named"),
        (["  "], "nobody is named"),
        (["--file", "absent.txt"], "--file: not a readable UTF-8 file"),
    ],
)
def test_what_cannot_be_meant_is_refused(vault: Vault, arguments: list[str], message: str) -> None:
    done = call("forget", *arguments)
    assert done.exit_code == 1
    assert message in done.output
    assert open_vault("tweets", None).state()["people forgotten"] == 0


def test_an_unknown_option_is_not_repeated(vault: Vault) -> None:
    assert call("forget", f"--{WHO}", "--later").exit_code == 0


def test_a_workspace_in_use_keeps_the_erasure_for_the_next_run(vault: Vault) -> None:
    with claim("the other run"):
        done = call("forget", WHO)
    assert done.exit_code == 1
    assert "1 erased" in done.output and "the other run (process " in done.output
    assert len(pending(load())) == 1
    released = call("release")
    assert released.exit_code == 1
    assert "is not finished; run `retort run` first" in released.output


def test_keys_shows_the_state_and_never_a_key(vault: Vault) -> None:
    shown = call("keys").output
    assert f"master key:        {vault.master}" in shown
    assert "people with a key: 2" in shown
    assert f"key file:          {key_file()} (mode 0600)" in shown
    assert key_file().read_text().strip()[:20] not in shown
    turned = call("keys", "rotate")
    assert turned.exit_code == 0, turned.output
    assert f"(before: {vault.master}); 2 keys in 1 vault are wrapped by it" in turned.output
    assert "delete it once no vault or copy of one needs it" in call("keys").output


def test_keys_before_the_first_run_says_what_to_do(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETORT_KEY_FILE", "nowhere/key")
    done = call("keys")
    assert done.exit_code == 1
    assert "key.tweets.vault is missing; put it back from your copy" in done.output


def test_the_log_is_printed_and_verified(vault: Vault) -> None:
    vault.note("unseal", 12)
    lines = call("audit", "log").output.splitlines()
    assert len(lines) == 2
    assert '"what": "unseal", "count": 12' in lines[1]
    assert call("audit", "log", "--verify").output == "the log is whole: 2 entries\n"
    with sqlite3.connect(vault_file("tweets")) as base:
        base.execute("DROP TRIGGER retort_log_no_update")
        base.execute("UPDATE retort_log SET entry = replace(entry, 'unseal', 'x')")
    base.close()
    broken = call("audit", "log", "--verify")
    assert broken.exit_code == 1
    assert "the log is broken: entry 2 is not as it was written" in broken.output
