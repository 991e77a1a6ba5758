"""The vault's database: SQLite in a file of mode 0600, or PostgreSQL. Tables, connections, permissions."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    DDL,
    URL,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    NullPool,
    String,
    Table,
    Text,
    create_engine,
    event,
    exc,
    inspect,
    text,
)

from stages.artifacts import StageError
from stages.ingest.sources.sql import shown_url

TABLES = MetaData()
FACTS = Table(
    "retort_vault",
    TABLES,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
KEYS = Table(
    "retort_keys",
    TABLES,
    Column("name", String(32), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made", String(32), nullable=False),
)
TOMBSTONES = Table("retort_tombstones", TABLES, Column("mark", String(32), primary_key=True))
ERASURES = Table(
    "retort_erasures",
    TABLES,
    Column("id", String(32), primary_key=True),
    Column("made", String(32), nullable=False),
    Column("since", String(32), nullable=False),
    Column("people", Integer, nullable=False),
)
LOG = Table(
    "retort_log",
    TABLES,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
    Column("chained", String(64), nullable=False),
)
# append-only for whoever goes through the database; the chain shows what goes around it
for _verb in ("UPDATE", "DELETE"):
    _guard = f"retort_log_no_{_verb.lower()}"
    event.listen(
        LOG,
        "after_create",
        DDL(
            f"CREATE TRIGGER {_guard} BEFORE {_verb} ON retort_log "
            "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        ).execute_if(dialect="sqlite"),
    )
    event.listen(
        LOG,
        "after_create",
        DDL(f"CREATE RULE {_guard} AS ON {_verb} TO retort_log DO INSTEAD NOTHING").execute_if(
            dialect="postgresql"
        ),
    )


class Base:
    """One vault's database. A connection lives for one transaction, so SQLite leaves no WAL behind."""

    def __init__(self, url: URL) -> None:
        self.file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        self.shown = str(self.file) if self.file else shown_url(url)
        if url.get_backend_name() not in {"sqlite", "postgresql"}:
            raise StageError(f"ingest.vault: {url.get_backend_name()!r} holds no vault; SQLite or PostgreSQL")
        self._engine = _engine(url)

    def exists(self) -> bool:
        """Whether there is a vault.

        Raises:
            StageError: its file can be read by others; the database cannot be reached.
        """
        if self.file and not self.file.exists():
            return False
        with self.transaction() as connection:
            return inspect(connection).has_table(FACTS.name)

    def make(self) -> None:
        """Makes file and tables where they are missing: the file for its owner only, whatever the umask.

        Raises:
            StageError: the file would lie in the project, where git or DVC could take it, or cannot be made.
        """
        if self.file:
            if self.file.resolve().is_relative_to(Path.cwd().resolve()):
                raise StageError(
                    f"{self.file}: the vault would lie in the project; keep it outside git and DVC, by "
                    "RETORT_KEY_FILE or ingest.vault"
                )
            try:
                self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
            except OSError:
                raise StageError(f"{self.file}: the vault cannot be made there; set ingest.vault") from None
        with self.transaction() as connection:
            TABLES.create_all(connection)

    @contextmanager
    def transaction(self, exclusive: bool = False) -> Iterator[Connection]:
        """All or nothing.

        Args:
            exclusive: whether nobody else may append to the log meanwhile. SQLite has one writer anyway.

        Raises:
            StageError: the file is missing or can be read by others, or the database refuses.
        """
        self._check_file()
        try:
            with self._engine.begin() as connection:
                if exclusive and not self.file:
                    connection.execute(text(f"LOCK TABLE {LOG.name} IN EXCLUSIVE MODE"))
                yield connection
        except exc.SQLAlchemyError as error:
            cause = type(getattr(error, "orig", None) or error).__name__
            raise StageError(
                f"the vault {self.shown}: {cause}; it is damaged, in use, or cannot be reached; "
                "check ingest.vault"
            ) from None

    def scrub(self, gone: list[bytes]) -> None:
        """Leaves nothing of deleted values in the database's own files.

        Args:
            gone: the deleted values; none of them may be found afterwards.

        Raises:
            StageError: another process has the vault open; the next run of the same does it again.
        """
        if self.file is None:
            with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.execute(text(f"VACUUM (FULL) {KEYS.name}"))
            return
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM"):
            self._outside(statement)
            if not self._holds(gone):
                return
        raise StageError(
            f"{self.file}: another process has the vault open; run the same again when it is done"
        )

    def _outside(self, statement: str) -> None:
        """Runs what must not stand in a transaction."""
        assert self.file is not None  # noqa: S101
        connection = sqlite3.connect(self.file, isolation_level=None)
        try:
            _prepare(connection, None)
            connection.execute("PRAGMA busy_timeout=2000")
            connection.execute(statement).fetchall()
        except sqlite3.OperationalError:  # another process reads: the file is looked at all the same
            return
        finally:
            connection.close()

    def _holds(self, values: list[bytes]) -> bool:
        assert self.file is not None  # noqa: S101
        files = [self.file.with_name(self.file.name + end) for end in ("", "-wal", "-journal")]
        content = b"".join(file.read_bytes() for file in files if file.exists())
        return any(value in content for value in values)

    def _check_file(self) -> None:
        if self.file is None:
            return
        try:
            mode = stat.S_IMODE(self.file.stat().st_mode)
        except FileNotFoundError:
            raise StageError(f"{self.file}: the vault is missing; put it back from your copy") from None
        if mode & 0o077:
            raise StageError(
                f"{self.file}: the vault has mode {mode:04o}, so others can read it; "
                f"run `chmod 600 {self.file}`"
            )


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except (exc.ArgumentError, ImportError):
        raise StageError(f"ingest.vault: {shown_url(url)}: the URL does not suit the driver") from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, and at once as writers
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
