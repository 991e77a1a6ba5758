"""Any database that SQLAlchemy knows, read through a streaming cursor."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, exc, make_url

from stages.artifacts import StageError
from stages.ingest.sources.base import Row, Table, require


def table(url: str, query: str, chunk_rows: int) -> Table:
    """The result of a query as a table."""
    return Table(shown_url(parse_url(url)), partial(_read, url, query, chunk_rows))


def stream(url: str, query: str, chunk_rows: int) -> Iterator[list[Any]]:
    """Yields first the names of the columns, then each row.

    Raises:
        StageError: the URL, the driver, the connection or the query does not work. The message holds
            neither a password nor the database's own words, which may quote data.
    """
    parsed = parse_url(url)
    with _connected(parsed) as connection:
        # no_parameters leaves `%` and `:` in the query as they are
        options = connection.execution_options(stream_results=True, yield_per=chunk_rows, no_parameters=True)
        result = options.exec_driver_sql(query)
        if not result.returns_rows:
            raise StageError("ingest.query: gives no rows; it must be a SELECT")
        yield list(result.keys())
        for part in result.partitions(chunk_rows):
            yield from map(list, part)


def _read(url: str, query: str, chunk_rows: int, wanted: Mapping[str, str]) -> Iterator[Row]:
    rows = stream(url, query, chunk_rows)
    names = next(rows)
    require("ingest.query", wanted, names, schema=True)
    picks = [(column, names.index(column)) for column in wanted]
    for number, values in enumerate(rows, start=1):
        yield Row(number, {column: values[index] for column, index in picks}, partial(_raw, names, values))


def _raw(names: list[str], values: list[Any]) -> bytes:
    cells = dict(zip(names, values, strict=True))
    return json.dumps(cells, default=str, ensure_ascii=False).encode("utf-8", "surrogateescape")


def parse_url(url: str, key: str = "ingest.source") -> URL:
    """The URL with its `${NAME}` filled in from the environment.

    Args:
        url: as in params.yaml.
        key: the key of params.yaml that it stands in, for messages.

    Raises:
        StageError: it is no database URL, or the environment lacks a name.
    """

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in os.environ:
            raise StageError(f"{key}: the environment has no {name}; set it before the run")
        return os.environ[name]

    try:
        parsed = make_url(re.sub(r"\$\{(\w+)\}", value, url))
        # psycopg is the driver that the lock brings; SQLAlchemy 2.0 would look for its predecessor
        return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed
    except (exc.ArgumentError, ValueError):
        raise StageError(
            f"{key}: no database URL; write such as postgresql://user:${{PW}}@host/base"
        ) from None


def shown_url(url: URL) -> str:
    """The URL without user, password and options, any of which may be secret."""
    return f"{url.get_backend_name()} database {url.database or ''}".rstrip()


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    shown = shown_url(url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        # SQLite would make an empty one
        raise StageError(f"{url.database}: no such file; check ingest.source")
    try:
        engine = create_engine(url)
    except exc.NoSuchModuleError:
        raise StageError(f"ingest.source: {url.drivername!r} is no database that SQLAlchemy knows") from None
    except ImportError as error:
        raise StageError(
            f"{shown}: its driver {error.name!r} is not installed; install it with pip"
        ) from None
    except exc.ArgumentError:
        raise StageError(f"{shown}: the URL does not suit the driver; check ingest.source") from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _mark_bad_bytes)
    connected = False
    try:
        with engine.connect() as connection:
            connected = True
            yield connection
    except exc.SQLAlchemyError as error:
        if not connected:
            raise StageError(
                f"{shown}: cannot be reached, or refuses the user; check ingest.source and the database"
            ) from None
        cause = type(getattr(error, "orig", None) or error).__name__
        raise StageError(
            f"{shown}: {cause}; check ingest.query (the database's own words are withheld, "
            "as they may quote data)"
        ) from None
    finally:
        engine.dispose()


def _mark_bad_bytes(connection: Any, _record: Any) -> None:
    """SQLite's text may be no UTF-8; one such row must not end the query."""
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
