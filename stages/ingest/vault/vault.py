"""An open vault: what stands for people, the data keys that seal their records, and the tombstones."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import delete, func, insert, select

from stages.ingest.key import Key
from stages.ingest.sealing import Seal
from stages.ingest.vault import log
from stages.ingest.vault.base import ERASURES, FACTS, KEYS, TOMBSTONES, Base
from stages.ingest.vault.identity import Identity
from stages.ingest.vault.wrapping import Wrapper, random_key

ROOT = "root"
NOBODY = "nobody"
"""The key of rows without a subject. One for all: nothing says whose such a row is, so nobody can be
forgotten by it; a key for each would only make the vault grow."""
BAD_ROWS = "bad rows"
"""The key of bad rows whose subject cannot be read. Every erasure replaces it, as they may be anyone's."""
_AT_ONCE = 500
_REMEMBERED = 20_000


@dataclass(frozen=True)
class Erasure:
    """One act of forgetting, which every workspace with this vault must follow."""

    id: str
    made: str
    since: str
    """when the first of the people came into the vault: older models have not met them"""
    people: int


@dataclass(frozen=True)
class Forgotten:
    """What forgetting came to, in counts."""

    people: int
    known: int
    """those whose records were sealed"""
    before: int
    """those forgotten before"""
    erasure: str | None
    """the erasure that workspaces must follow; None where there was nothing to erase"""


class Vault:
    """See `opening.open_vault`."""

    def __init__(self, base: Base, key: Key, facts: dict[str, bytes]) -> None:
        self.base = base
        self.id = facts["id"].decode()
        self.master = key.id
        self._wrapper = Wrapper(key, self.id)
        self.identity = Identity.of(self._wrapper.unwrap(facts[ROOT], ROOT))
        self._seals: dict[str, Seal] = {}

    def subject(self, name: str) -> str:
        """The keyed hash that stands for a person."""
        return self.identity.subject(name)

    def content(self, plain: bytes) -> bytes:
        """The keyed hash of a record's bytes, 16 bytes."""
        return self.identity.content(plain)

    def seals(self, names: Collection[str]) -> dict[str, Seal]:
        """The seals of those of `names` (keyed hashes, or a name above) that have a data key."""
        if len(self._seals) > _REMEMBERED:
            self._seals.clear()
        missing = sorted({*names} - self._seals.keys())
        for first in range(0, len(missing), _AT_ONCE):
            with self.base.transaction() as connection:
                wanted = KEYS.c.name.in_(missing[first : first + _AT_ONCE])
                for row in connection.execute(select(KEYS.c.name, KEYS.c.wrapped).where(wanted)):
                    self._seals[row.name] = Seal(self._wrapper.unwrap(bytes(row.wrapped), row.name))
        return {name: self._seals[name] for name in names if name in self._seals}

    def seals_or_make(self, names: Collection[str]) -> dict[str, Seal]:
        """The seals of `names`; whoever has no data key gets a random one, which is then there for good."""
        there = self.seals(names)
        new = {name: random_key() for name in sorted({*names} - there.keys())}
        if new:
            made = log.now()
            rows = [
                {"name": name, "wrapped": self._wrapper.wrap(key, name), "made": made}
                for name, key in new.items()
            ]
            with self.base.transaction() as connection:
                connection.execute(insert(KEYS), rows)
            self._seals |= {name: Seal(key) for name, key in new.items()}
        return {name: self._seals[name] for name in names}

    @cached_property
    def _tombstones(self) -> frozenset[str]:
        with self.base.transaction() as connection:
            return frozenset(connection.execute(select(TOMBSTONES.c.mark)).scalars())

    def is_forgotten(self, name: str) -> bool:
        """Whether a person has a tombstone: nothing of theirs may come in."""
        return bool(self._tombstones) and self.identity.tombstone(name) in self._tombstones

    def tombstones(self) -> dict[str, Any]:
        """How many there are, and a digest that changes with them."""
        joined = "\n".join(sorted(self._tombstones))
        return {"count": len(self._tombstones), "digest": hashlib.sha256(joined.encode()).hexdigest()}

    def note(self, what: str, count: int) -> None:
        """Puts into the log that this process is about to unseal `count` rows. No entry, no unsealing."""
        with self.base.transaction(exclusive=True) as connection:
            log.append(connection, self.identity, what, count)

    def log_entries(self) -> Iterator[dict[str, Any]]:
        """The entries of the log, oldest first."""
        with self.base.transaction() as connection:
            yield from log.entries(connection)

    def verify_log(self) -> log.Verified:
        """Whether the log is whole."""
        with self.base.transaction() as connection:
            return log.verify(connection, self.identity)

    def forget(self, names: Iterable[str]) -> Forgotten:
        """Deletes people's data keys for good and leaves tombstones: all of them or, in a crash, none.

        Args:
            names: the people in plain, as the source names them; white space around is not part of a name.

        Raises:
            StageError: another process has the vault's file open. The keys are deleted all the same; the same
                again frees the file of them.
        """
        people = {name.strip() for name in names} - {""}
        gone: list[bytes] = []
        made: list[str] = []
        with self.base.transaction(exclusive=True) as connection:
            buried = set(connection.execute(select(TOMBSTONES.c.mark)).scalars())
            new = sorted(name for name in people if self.identity.tombstone(name) not in buried)
            for name in new:
                connection.execute(insert(TOMBSTONES).values(mark=self.identity.tombstone(name)))
            for name in [*(self.subject(name) for name in new), *([BAD_ROWS] if new else [])]:
                row = connection.execute(select(KEYS).where(KEYS.c.name == name)).first()
                if row is not None:
                    connection.execute(delete(KEYS).where(KEYS.c.name == name))
                    gone.append(bytes(row.wrapped))
                    made += [row.made] if name != BAD_ROWS else []
            erasure = random_key().hex()[:12] if made else None
            if erasure:
                connection.execute(
                    insert(ERASURES).values(id=erasure, made=log.now(), since=min(made), people=len(made))
                )
            if new:
                log.append(connection, self.identity, "forget", len(new))
        self.__dict__.pop("_tombstones", None)
        self._seals.clear()
        self.base.scrub(gone)
        return Forgotten(len(people), len(made), len(people) - len(new), erasure)

    def erasures(self) -> list[Erasure]:
        """Every erasure there has been, oldest first."""
        with self.base.transaction() as connection:
            rows = connection.execute(select(ERASURES).order_by(ERASURES.c.made, ERASURES.c.id))
            return [Erasure(row.id, row.made, row.since, row.people) for row in rows]

    def state(self) -> dict[str, Any]:
        """Counts, ids and times; never a key."""
        with self.base.transaction() as connection:
            facts = {row.name: bytes(row.value) for row in connection.execute(select(FACTS))}
            keys, bad = (
                connection.execute(select(func.count()).select_from(KEYS).where(which)).scalar_one()
                for which in (KEYS.c.name.not_in([NOBODY, BAD_ROWS]), KEYS.c.name.in_([NOBODY, BAD_ROWS]))
            )
        return {
            "vault": self.base.shown,
            "id": self.id,
            "project": facts["project"].decode(),
            "made": facts["made"].decode(),
            "people with a key": keys,
            "shared keys": bad,
            "people forgotten": self.tombstones()["count"],
            "master key": self.master,
            "rotated": facts.get("rotated", b"never").decode(),
        }
