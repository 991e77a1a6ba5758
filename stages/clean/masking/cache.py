"""What the masker found in texts before, so that a run with new rows reads only those.

A file under `work/`, which git ignores and an erasure purges. It holds no value, masked or not, and no plain
digest of a text, which could be guessed for a short one: only keyed digests of texts, and places and types of
what was found in them. Each entry is authenticated: a damaged or forged one is as good as none, since places
that are wrong would leave values visible.
"""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from functools import cache as cached
from importlib.metadata import version
from pathlib import Path

from stages.artifacts import WORK
from stages.clean.masking import taggers
from stages.clean.masking.detecting import Found
from stages.clean.masking.spans import Span
from stages.params.clean import Masking

PACKAGES = (
    "google-re2",
    "numpy",
    "onnxruntime",
    "phonenumbers",
    "pyahocorasick",
    "python-stdnum",
    "tokenizers",
)
"""What decides beside the code of the masker."""
_MAC = 16
_IDLE = {"processes", "timeout", "style"}
"""Settings that change nothing of what is found."""


class Cache:
    """Found values by text. `get` and `put`; a context manager.

    Args:
        key: secret bytes.
        masking: `clean.masking`.
        language: `project.language`.
        folder: where it lies; what other settings or other code left there is removed.
    """

    def __init__(self, key: bytes, masking: Masking, language: str, folder: Path = WORK / "masking") -> None:
        settings = [masking.model_dump(exclude=_IDLE), language, code()]
        named = json.dumps(settings, sort_keys=True).encode()
        self._texts = hmac.digest(key, b"masking cache: texts\0" + named, "sha256")
        self._entries = hmac.digest(key, b"masking cache: entries\0" + named, "sha256")
        generation = hmac.digest(key, b"masking cache: name\0" + named, "sha256").hex()[:16]
        self._file = folder / f"{generation}.sqlite"
        for old in folder.glob("*.sqlite*"):
            if not old.name.startswith(generation):
                old.unlink(missing_ok=True)
        self._store = self._open()

    def __enter__(self) -> "Cache":
        return self

    def __exit__(self, *error: object) -> None:
        self._store.close()

    def get(self, texts: Sequence[str]) -> Iterator[Found | None]:
        """What was found in each text; None where that is not known."""
        for text in texts:
            name = self._name(text)
            try:
                row = self._store.execute("SELECT entry FROM found WHERE name = ?", (name,)).fetchone()
            except sqlite3.DatabaseError:
                row = None
            yield self._read(name, row[0]) if row else None

    def put(self, found: Iterable[tuple[str, Found]]) -> None:
        """Keeps what was found. What was not vouched for is read again in the next run."""
        rows = [
            (name, self._written(name, one.spans))
            for text, one in found
            if one.spans is not None
            for name in (self._name(text),)
        ]
        try:
            with self._store:
                self._store.executemany("INSERT OR REPLACE INTO found VALUES (?, ?)", rows)
        except sqlite3.DatabaseError:  # a damaged file: begun anew
            self._store.close()
            self._file.unlink(missing_ok=True)
            self._store = self._open()

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(2):
            store = sqlite3.connect(self._file)
            try:
                self._file.chmod(0o600)
                # lost at a crash, the cache costs time only
                store.execute("PRAGMA synchronous = OFF")
                store.execute(
                    "CREATE TABLE IF NOT EXISTS found (name BLOB PRIMARY KEY, entry BLOB) WITHOUT ROWID"
                )
            except sqlite3.DatabaseError:  # no database, or a damaged one
                store.close()
                self._file.unlink(missing_ok=True)
            else:
                return store
        return sqlite3.connect(":memory:")

    def _name(self, text: str) -> bytes:
        return hmac.digest(self._texts, text.encode("utf-8", "surrogatepass"), "sha256")

    def _written(self, name: bytes, spans: Sequence[Span]) -> bytes:
        content = json.dumps([astuple(span) for span in spans], separators=(",", ":")).encode()
        return hmac.digest(self._entries, name + content, "sha256")[:_MAC] + content

    def _read(self, name: bytes, entry: object) -> Found | None:
        if not isinstance(entry, bytes):
            return None
        mac, content = entry[:_MAC], entry[_MAC:]
        if not hmac.compare_digest(mac, hmac.digest(self._entries, name + content, "sha256")[:_MAC]):
            return None
        return Found(tuple(Span(*fields) for fields in json.loads(content)))


@cached
def code() -> str:
    """A digest of the masker itself: its code, its model, the packages it stands on."""
    total = hashlib.sha256()
    here = Path(__file__).parent
    for file in sorted(here.rglob("*.py")):
        total.update(f"{file.relative_to(here).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    for name in PACKAGES:
        total.update(f"{name}=={version(name)}\n".encode())
    total.update(json.dumps(taggers.DIGESTS, sort_keys=True).encode())
    return total.hexdigest()
