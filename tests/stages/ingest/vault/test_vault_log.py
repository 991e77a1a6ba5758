"""The log of unsealings: written before, append-only, chained."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import RAW
from stages.ingest.raw import read_raw
from stages.ingest.vault import open_vault
from stages.ingest.vault.opening import vault_file

DISARM = ("DROP TRIGGER retort_log_no_update", "DROP TRIGGER retort_log_no_delete")


@pytest.fixture
def logged(write_csv: Callable[..., Path], ingest: Any) -> None:
    """A vault whose log has four entries: it was made, and read three times."""
    write_csv([("x", "a"), ("y", "b")])
    for _ in range(3):
        ingest("data.csv")


def tamper(*statements: str) -> None:
    with sqlite3.connect(vault_file("tweets")) as base:
        for statement in statements:
            base.execute(statement)
    base.close()


def test_unsealing_is_logged_before_the_first_row(logged: None) -> None:
    rows = read_raw(RAW, open_vault("tweets", None))
    next(rows)
    entries = list(open_vault("tweets", None).log_entries())
    assert [(entry["number"], entry["what"], entry["count"]) for entry in entries] == [
        (1, "make", 1), *((number, "unseal", 2) for number in (2, 3, 4, 5)),
    ]  # fmt: skip
    assert set(entries[0]) == {"number", "when", "who", "process", "what", "count"}
    rows.close()


def test_untouched_log_is_whole(logged: None) -> None:
    verified = open_vault("tweets", None).verify_log()
    assert (verified.entries, verified.complaint) == (4, None)


@pytest.mark.parametrize("statement", ["DELETE FROM retort_log", "UPDATE retort_log SET entry = ''"])
def test_database_refuses_to_change_it(logged: None, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        tamper(statement)


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("UPDATE retort_log SET entry = replace(entry, '\"count\": 2', '\"count\": 1') WHERE number = 3",
         "entry 3 is not as it was written"),
        ("DELETE FROM retort_log WHERE number = 2", "entry 2 is missing"),
        ("DELETE FROM retort_log WHERE number > 2", "the last entries, after 2, are missing"),
        ("DELETE FROM retort_log", "the last entries, after 0, are missing"),
        ("INSERT INTO retort_log SELECT 5, entry, chained FROM retort_log WHERE number = 4",
         "entry 5 is not as it was written"),
    ],
)  # fmt: skip
def test_what_goes_around_the_database_breaks_the_chain(logged: None, statement: str, complaint: str) -> None:
    tamper(*DISARM, statement)
    assert open_vault("tweets", None).verify_log().complaint == complaint
