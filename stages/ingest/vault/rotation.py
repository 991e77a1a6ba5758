"""Another master key for the same vaults: data keys are wrapped anew, and no record is sealed again."""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import make_url

from stages.artifacts import StageError
from stages.ingest.key import Key, key_file, make_key, read_key
from stages.ingest.vault import log
from stages.ingest.vault.base import FACTS, KEYS, Base
from stages.ingest.vault.identity import Identity
from stages.ingest.vault.opening import base_of, next_key_file, open_vault
from stages.ingest.vault.vault import ROOT
from stages.ingest.vault.wrapping import Wrapper

_AT_ONCE = 5_000


@dataclass(frozen=True)
class Rotated:
    """What a rotation did."""

    before: str
    now: str
    vaults: int
    keys: int
    former: Path
    """where the former key lies now"""


def rotate(project: str, url: str | None) -> Rotated:
    """Makes a new master key, wraps all keys of this vault and of those beside the key's file by it.

    A crash at any point leaves every vault readable, and the next rotation finishes the one before it: the
    new key lies beside the old one until no vault needs the old one.

    Raises:
        StageError: the key does not come from a file, or a vault cannot be opened.
    """
    if "RETORT_KEY" in os.environ:
        raise StageError("RETORT_KEY: this key lies in no file that could be replaced; use RETORT_KEY_FILE")
    open_vault(project, url)
    path, following = key_file(), next_key_file()
    old = read_key(path)
    make_key(following)
    new = read_key(following)
    own = base_of(project, url)
    beside = [
        Base(make_url(f"sqlite:///{file.absolute()}")) for file in path.parent.glob(f"{path.name}.*.vault")
    ]
    bases = {base.shown: base for base in (own, *beside)}
    keys = [_rewrap(base, old, new) for base in bases.values()]
    former = path.with_name(f"{path.name}.{old.id}.old")
    if not former.exists():
        os.link(path, former)
    following.replace(path)
    return Rotated(old.id, new.id, len(bases), sum(keys), former)


def _rewrap(base: Base, old: Key, new: Key) -> int:
    """All or nothing. Returns how many keys there are."""
    gone: list[bytes] = []
    with base.transaction(exclusive=True) as connection:
        facts = {row.name: bytes(row.value) for row in connection.execute(select(FACTS))}
        vault = facts["id"].decode()
        count = connection.execute(select(func.count()).select_from(KEYS)).scalar_one()
        if facts["master"] == new.id.encode():  # by a rotation that was killed
            return count
        if facts["master"] != old.id.encode():
            raise StageError(
                f"the vault {base.shown} is wrapped by another key than {old.id}; move it away first"
            )
        former, latter = Wrapper(old, vault), Wrapper(new, vault)
        root = former.unwrap(facts[ROOT], ROOT)
        change = update(KEYS).where(KEYS.c.name == bindparam("key")).values(wrapped=bindparam("to"))
        last = ""
        while True:
            rows = connection.execute(
                select(KEYS.c.name, KEYS.c.wrapped)
                .where(KEYS.c.name > last)
                .order_by(KEYS.c.name)
                .limit(_AT_ONCE)
            ).all()
            if not rows:
                break
            last = rows[-1].name
            gone = gone or [bytes(row.wrapped) for row in rows]
            connection.execute(
                change,
                [
                    {
                        "key": row.name,
                        "to": latter.wrap(former.unwrap(bytes(row.wrapped), row.name), row.name),
                    }
                    for row in rows
                ],
            )
        gone.append(facts[ROOT])
        for name, value in {
            ROOT: latter.wrap(root, ROOT),
            "master": new.id.encode(),
            "rotated": log.now().encode(),
        }.items():
            connection.execute(FACTS.delete().where(FACTS.c.name == name))
            connection.execute(FACTS.insert().values(name=name, value=value))
        log.append(connection, Identity.of(root), "rotate", count)
    base.scrub(gone)
    return count
