"""Databases, through SQLite and, where it runs, PostgreSQL."""

import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from stages.artifacts import StageError

POSTGRES = "postgresql://root@127.0.0.1:5432/test"


@pytest.fixture
def sqlite(workspace: Path) -> str:
    with sqlite3.connect(workspace / "app.db") as base:
        base.execute("CREATE TABLE notes (id INTEGER, body TEXT, stars REAL, who TEXT)")
        rows = [(n, f"100% of note {n}", n % 3, f"user{n % 5}") for n in range(30)]
        base.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", rows)
    base.close()
    return "sqlite:///app.db"


@pytest.fixture
def postgres() -> Iterator[str]:
    """A table of its own in the test database."""
    engine = create_engine(POSTGRES.replace("://", "+psycopg://"), connect_args={"connect_timeout": 2})
    table = f"ingest_{uuid.uuid4().hex[:12]}"
    try:
        with engine.begin() as connection:
            connection.execute(
                text(f"CREATE TABLE {table} (body text, stars numeric, at timestamptz, tags text[])")
            )
            connection.execute(
                text(
                    f"INSERT INTO {table} SELECT 'note ' || i, i % 3, now(), '{{}}' "
                    "FROM generate_series(1, 2000) i"
                )
            )
    except OperationalError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432")
    yield table
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {table}"))
    engine.dispose()


def test_query_of_sqlite(sqlite: str, ingest: Any) -> None:
    counts, records = ingest(
        sqlite,
        query="SELECT body, stars, who FROM notes WHERE body LIKE '100%' AND who <> ':x'",
        columns={"text": "body", "label": "stars", "subject": "who"},
        chunk_rows=7,
    )
    assert (counts.kept, counts.labels, counts.subjects) == (30, 3, 5)
    assert records[0].text == "100% of note 0"
    assert {record.label for record in records} == {"0", "1", "2"}


def test_query_of_postgres(postgres: str, ingest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_USER", "root")
    counts, records = ingest(
        POSTGRES.replace("root", "${DATABASE_USER}"),
        query=f"SELECT * FROM {postgres} WHERE body LIKE '%note%' AND stars::int >= 0 ORDER BY stars",
        columns={"text": "body", "label": "stars"},
        filter="at > '2000-01-01'",
        chunk_rows=100,
    )
    assert (counts.kept, counts.labels) == (2000, 3)
    assert {record.label for record in records} == {"0", "1", "2"}


def test_error_of_postgres_quotes_nothing(postgres: str, ingest: Any) -> None:
    query = f"SELECT body::int AS text, stars AS label FROM {postgres}"
    with pytest.raises(StageError) as caught:
        ingest(POSTGRES, query=query)
    assert "InvalidTextRepresentation" in str(caught.value)
    assert "note" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///absent.db", "absent.db: no such file"),
        ("postgresql://ann:hunter2@127.0.0.1:1/x", "postgresql database x: cannot be reached"),
        ("postgresql://ann:hunter2@127.0.0.1:port/x", "no database URL"),
        ("nosql://ann:hunter2@host/x", "'nosql' is no database that SQLAlchemy knows"),
        ("oracle://ann:hunter2@host/x", "its driver '.*' is not installed"),
        ("postgresql://ann:${NOT_SET}@host/x", "the environment has no NOT_SET"),
    ],
)
def test_bad_url_is_one_line_without_the_password(sqlite: str, ingest: Any, url: str, message: str) -> None:
    with pytest.raises(StageError, match=message) as caught:
        ingest(url, query="SELECT 1 AS text, 2 AS label")
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Path("absent.db").exists()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT body, stars AS label FROM notes", "no column 'text'.*there are: body, label"),
        ("SELECT body AS text, who AS text, stars AS label FROM notes", "'text'.* is there twice"),
        ("SELECT nothing FROM nowhere", "sqlite database app.db: OperationalError; check ingest.query"),
        ("DELETE FROM notes WHERE id > 1000", "gives no rows; it must be a SELECT"),
    ],
)
def test_bad_query(sqlite: str, ingest: Any, query: str, message: str) -> None:
    with pytest.raises(StageError, match=message):
        ingest(sqlite, query=query)


def test_undecodable_text_in_sqlite_is_a_bad_row(sqlite: str, ingest: Any, workspace: Path) -> None:
    with sqlite3.connect(workspace / "app.db") as base:
        base.execute("UPDATE notes SET body = CAST(x'63616665ff' AS TEXT) WHERE id = 4")
    base.close()
    with pytest.raises(StageError, match="row 5: it holds bytes that cannot be decoded"):
        ingest(sqlite, query="SELECT body AS text, stars AS label FROM notes ORDER BY id")
