"""The history of a model: numbered records that are only ever added, signed, each naming the one before it.

`moves/00000001.json` and so on; what is live is what the last of them says. So there is no pointer beside the
history that could say otherwise: one file appears, and the move is made and recorded at once.
"""

import getpass
import hashlib
import json
import re
import socket
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stages.artifacts import StageError
from stages.deploy.signing import Signer, Trust
from stages.deploy.store import Store

FORMAT = 1
FOLDER = "moves"
_FILE = re.compile(r"([0-9]{8})\.json")


class OvertakenError(StageError):
    """Another writer has recorded a move since the state was read."""


@dataclass(frozen=True)
class State:
    """What the records add up to."""

    number: int = 0
    """of the last record"""
    live: str | None = None
    marked: dict[str, str] = field(default_factory=dict)
    """why, by version that must be retired once another can take its place"""
    retired: dict[str, str] = field(default_factory=dict)
    """when, by version"""


class Moves:
    """The records of the model `name`; each is read and checked once, as it never changes."""

    def __init__(self, store: Store, name: str, place: str, trust: Trust) -> None:
        self._store = store
        self._name = name
        self._place = place
        self.trust = trust
        self._records: list[dict[str, Any]] = []
        self._last = ""
        self._reading = threading.Lock()

    @property
    def known(self) -> int:
        """How many records were read already."""
        return len(self._records)

    def records(self) -> list[dict[str, Any]]:
        """Every record, oldest first.

        Raises:
            StageError: one is missing, damaged, of a newer format, or not signed by a key that is trusted.
        """
        with self._reading:
            self._read_new()
            return list(self._records)

    def _read_new(self) -> None:
        found = [match for name in self._store.names(FOLDER) if (match := _FILE.fullmatch(name))]
        last = max((int(match[1]) for match in found), default=0)
        if last < len(self._records):
            raise StageError(f"{self._place}/{FOLDER}: records have gone that were there before")
        for number in range(len(self._records) + 1, last + 1):
            content, record = self._read(number)
            self._records.append(record)
            self._last = hashlib.sha256(content).hexdigest()

    def state(self) -> State:
        """What the records add up to; raises as `records` does."""
        records = self.records()
        marked: dict[str, str] = {}
        retired: dict[str, str] = {}
        for record in records:
            if record["what"] == "mark":
                marked |= {version: record["why"] for version in record["versions"] if version not in marked}
                continue
            for version in record["versions"]:
                marked.pop(version, None)
                if record["what"] == "retire":
                    retired.setdefault(version, record["when"])
        live = records[-1]["version"] if records else None
        return State(len(records), live, marked, retired)

    def add(self, after: State, signer: Signer, what: str, version: str | None, **more: Any) -> None:
        """Records a move, after which `version` is live.

        Args:
            after: the state that the move was decided on.
            signer: who vouches for it.
            what: release, rollback, mark, unmark or retire.
            version: what is live then; None for nothing.
            more: `why`, `versions`, `verdicts`.

        Raises:
            OvertakenError: another move was recorded after that state.
        """
        if len(self.records()) != after.number:
            raise self._overtaken(after)
        record = {
            "format": FORMAT,
            "number": after.number + 1,
            "before": self._last,
            "name": self._name,
            "what": what,
            "version": version,
            "previous": after.live,
            "who": _who(),
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "id": uuid.uuid4().hex,
            "versions": [],
            "why": "",
            "verdicts": {},
            **more,
        }
        signed = {"record": record, "key": signer.id, "signature": signer.sign(_message(record))}
        content = json.dumps(signed, indent=1, sort_keys=True).encode() + b"\n"
        if not self._store.create(_path(after.number + 1), content):
            raise self._overtaken(after)

    def _overtaken(self, after: State) -> OvertakenError:
        record = self.records()[after.number]
        return OvertakenError(
            f"{self._place}: another {record['what']} came first, by {record['who']}; nothing was moved; "
            "look at `retort releases`, and run this again if it is still wanted"
        )

    def _read(self, number: int) -> tuple[bytes, dict[str, Any]]:
        where = f"{self._place}/{_path(number)}"
        try:
            content = self._store.read(_path(number))
        except FileNotFoundError:
            raise StageError(f"{where}: is missing; put it back from a copy") from None
        try:
            signed = json.loads(content)
            record, key, signature = signed["record"], str(signed["key"]), str(signed["signature"])
            newest, named = int(record["format"]), (record["number"], record["name"], record["before"])
        except (ValueError, KeyError, TypeError):
            raise StageError(f"{where}: damaged; put it back from a copy") from None
        if newest > FORMAT:
            raise StageError(
                f"{where}: written in format {newest}, this Retort reads up to {FORMAT}; upgrade Retort"
            )
        self.trust.check(_message(record), key, signature, where)
        if named != (number, self._name, self._last):
            raise StageError(f"{where}: does not follow the record before it; put both back from a copy")
        return content, dict(record)


def _path(number: int) -> str:
    return f"{FOLDER}/{number:08d}.json"


def _message(record: dict[str, Any]) -> bytes:
    return b"retort move\0" + json.dumps(record, sort_keys=True).encode()


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
