"""The log of who unsealed how much, and when: append-only, every entry chained to the one before it."""

import getpass
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from stages.ingest.vault.base import FACTS, LOG
from stages.ingest.vault.identity import Identity

_HEAD = "log head"
_FIRST = "0" * 64


def now() -> str:
    """The time in UTC, to the microsecond, so that equal times are rare."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def append(connection: Connection, identity: Identity, what: str, count: int) -> None:
    """Adds an entry in the caller's transaction, which must be exclusive.

    Args:
        connection: an exclusive transaction of the vault.
        identity: the vault's.
        what: what was done, in a word or two.
        count: to how many rows, people or keys; never to which.
    """
    number = connection.execute(select(func.coalesce(func.max(LOG.c.number), 0))).scalar_one() + 1
    before = connection.execute(select(LOG.c.chained).where(LOG.c.number == number - 1)).scalar()
    who = f"{_user()}@{socket.gethostname()}"
    entry = json.dumps(
        {"number": number, "when": now(), "who": who, "process": os.getpid(), "what": what, "count": count}
    )
    chained = identity.chain(before or _FIRST, entry)
    connection.execute(insert(LOG).values(number=number, entry=entry, chained=chained))
    connection.execute(FACTS.delete().where(FACTS.c.name == _HEAD))
    connection.execute(insert(FACTS).values(name=_HEAD, value=_head(identity, number, chained)))


def entries(connection: Connection) -> Iterator[dict[str, Any]]:
    """The entries, oldest first."""
    for row in connection.execute(select(LOG.c.entry).order_by(LOG.c.number)):
        yield json.loads(row.entry)


@dataclass(frozen=True)
class Verified:
    """What the chain says."""

    entries: int
    complaint: str | None
    """the first break of the chain, by number; None where it is whole"""


def verify(connection: Connection, identity: Identity) -> Verified:
    """Follows the chain: an entry that was changed, removed, added or moved breaks it.

    The vault's head names the last entry, so cutting off the end is noticed too. A whole vault put back from
    an old copy is not: compare the number of entries with what was printed before.
    """
    before, count = _FIRST, 0
    for row in connection.execute(select(LOG).order_by(LOG.c.number)):
        count += 1
        if row.number != count:
            return Verified(count - 1, f"entry {count} is missing")
        if identity.chain(before, row.entry) != row.chained:
            return Verified(count - 1, f"entry {count} is not as it was written")
        before = row.chained
    head = connection.execute(select(FACTS.c.value).where(FACTS.c.name == _HEAD)).scalar()
    if bytes(head or b"") != (_head(identity, count, before) if count else b""):
        return Verified(count, f"the last entries, after {count}, are missing")
    return Verified(count, None)


def _head(identity: Identity, number: int, chained: str) -> bytes:
    return identity.chain(chained, f"head {number}").encode()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())
