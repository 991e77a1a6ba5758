"""API keys: random, shown once, kept as hashes in a file of mode 0600 beside the project's key.

A key has 256 random bits: there is nothing to guess that a slow hash would slow, so one SHA-256 is enough.
"""

import fcntl
import hashlib
import hmac
import json
import logging
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from stages.artifacts import StageError
from stages.ingest.key import key_file

_PREFIX = "rt"
_log = logging.getLogger("retort.server")


@dataclass(frozen=True)
class Token:
    """What is kept of an API key."""

    id: str
    name: str
    """who has it, in the words of who made it"""
    sha256: str
    made: str
    """when, UTC"""


def tokens_file() -> Path:
    """Where the hashes lie: beside the vault's master key, `key.tokens` by default."""
    path = key_file()
    return path.with_name(f"{path.name}.tokens")


def tokens() -> list[Token]:
    """The API keys there are, oldest first.

    Raises:
        StageError: the file is damaged, or others can read it.
    """
    path = tokens_file()
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            found = file.read()
    except FileNotFoundError:
        return []
    except OSError:
        raise StageError(f"{path}: the API keys cannot be read; check its owner and mode") from None
    if mode & 0o077:
        raise StageError(f"{path}: mode {mode:04o} lets others read the API keys; run `chmod 600 {path}`")
    try:
        return [Token(**one) for one in json.loads(found)]
    except (ValueError, TypeError):
        raise StageError(f"{path}: damaged; delete it and run `retort tokens add NAME`") from None


def add(name: str) -> str:
    """Makes an API key, and returns it: nobody can show it again.

    Raises:
        StageError: the file cannot be read or written.
    """
    number = secrets.token_hex(4)
    shown = f"{_PREFIX}_{number}_{secrets.token_urlsafe(32)}"
    made = datetime.now(UTC).isoformat(timespec="seconds")
    _change(lambda before: [*before, Token(number, name, _hash(shown), made)])
    return shown


def revoke(number: str) -> None:
    """Takes an API key back; a server refuses it from the next request on.

    Raises:
        StageError: there is no such key, or the file cannot be read or written.
    """
    if number not in {one.id for one in tokens()}:
        raise StageError(f"no API key {number}; `retort tokens list` shows them")
    _change(lambda before: [one for one in before if one.id != number])


class Tokens:
    """The API keys as a server reads them: anew whenever their file is another."""

    def __init__(self) -> None:
        self._seen: object = None
        self._hashes: dict[str, str] = {}

    def holder(self, given: str) -> str | None:
        """The id of an API key, or None where it is none."""
        self._refresh()
        parts = given.split("_", 2)
        kept = self._hashes.get(parts[1]) if len(parts) == 3 else None
        return parts[1] if kept and hmac.compare_digest(kept, _hash(given)) else None

    def _refresh(self) -> None:
        try:
            found = tokens_file().stat()
            seen = (found.st_mtime_ns, found.st_ino, found.st_size, found.st_mode)
        except OSError:
            seen = None
        if seen == self._seen:
            return
        try:
            self._hashes = {one.id: one.sha256 for one in tokens()} if seen else {}
        except StageError as error:  # without them nobody is let in
            _log.error("%s", error)
            self._hashes = {}
        self._seen = seen


def _hash(shown: str) -> str:
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def _change(change: Callable[[list[Token]], list[Token]]) -> None:
    path = tokens_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            after = json.dumps([asdict(one) for one in change(tokens())], indent=1)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(after + "\n")
            Path(name).replace(path)
        finally:
            os.close(folder)
    except OSError:
        raise StageError(f"{path}: the API keys cannot be written there; set RETORT_KEY_FILE") from None
