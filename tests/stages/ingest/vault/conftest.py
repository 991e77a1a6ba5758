"""A new vault of each kind."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

POSTGRES = "postgresql://root@127.0.0.1:5432/test"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, workspace: Path) -> Iterator[str | None]:
    """Each kind of vault: `ingest.vault` of a new one."""
    if request.param == "sqlite":
        yield None
        return
    # a schema of its own in the test database
    schema = f"vault_{os.urandom(6).hex()}"
    engine = create_engine(POSTGRES.replace("://", "+psycopg://"), connect_args={"connect_timeout": 2})
    try:
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432")
    yield f"{POSTGRES}?options=-csearch_path%3D{schema}"
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
