"""The key that seals records: where it lies, how it is made, and what is derived from it."""

import base64
import binascii
import hashlib
import hmac
import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from stages.artifacts import StageError

SIZE = 64


@dataclass(frozen=True)
class Key:
    """What is derived from the 64 secret bytes, each for one purpose, so that no use weakens another."""

    id: str
    """12 hexadecimal digits that tell keys apart and reveal nothing of them"""
    seal: bytes = field(repr=False)
    rows: bytes = field(repr=False)
    subjects: bytes = field(repr=False)
    masking: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> "Key":
        """Derives the key from its 64 secret bytes (HMAC-SHA-512 under a label for each purpose)."""
        return cls(
            id=_derive(secret, "id").hex()[:12],
            seal=_derive(secret, "seal"),
            rows=_derive(secret, "rows"),
            subjects=_derive(secret, "subjects"),
            masking=_derive(secret, "masking"),
        )

    def subject(self, name: str) -> str:
        """The keyed hash that stands for a person: 32 hexadecimal digits."""
        return hmac.digest(self.subjects, name.encode(), "sha256").hex()[:32]

    def content(self, plain: bytes) -> bytes:
        """The keyed hash of a record's bytes, 16 bytes."""
        return hmac.digest(self.rows, plain, "sha256")[:16]


def key_file() -> Path:
    """Where the key lies: $RETORT_KEY_FILE, else $XDG_CONFIG_HOME/retort/key, else ~/.config/retort/key."""
    if named := os.environ.get("RETORT_KEY_FILE"):
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "retort" / "key"


def load_key() -> Key:
    """Reads the key from $RETORT_KEY or from its file.

    Raises:
        StageError: it is missing, not 64 bytes in base64, or its file can be read by others.
    """
    given = os.environ.get("RETORT_KEY")
    if given is not None:
        return Key.of(_decode(given, "RETORT_KEY"))
    path = key_file()
    try:
        # mode and bytes are read from one open file, so that neither can be swapped in between
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(4 * SIZE)
    except FileNotFoundError:
        raise StageError(
            f"{path}: the key is missing; put it back from your copy, or `dvc repro --force source ingest` "
            "seals the source anew with a new key"
        ) from None
    except OSError:
        raise StageError(f"{path}: the key cannot be read; check its owner and mode") from None
    if mode & 0o077:
        raise StageError(
            f"{path}: the key has mode {mode:04o}, so others can read it; run `chmod 600 {path}`"
        )
    return Key.of(_decode(text.decode("ascii", "replace"), str(path)))


def load_or_make_key() -> tuple[Key, Path | None]:
    """Reads the key; makes its file where there is none, with mode 0600.

    Returns:
        The key, and the path of its file if it was made just now.

    Raises:
        StageError: as `load_key`, or the file cannot be made.
    """
    path = key_file()
    if "RETORT_KEY" in os.environ or path.exists():
        return load_key(), None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _make(path)
    except OSError:
        raise StageError(f"{path}: the key cannot be made there; set RETORT_KEY_FILE or RETORT_KEY") from None
    return load_key(), path if made else None


def _make(path: Path) -> bool:
    """Links a finished file into place: nobody ever sees half a key, and of two makers one wins."""
    text = base64.b64encode(os.urandom(SIZE)) + b"\n"
    # opened with O_EXCL and mode 0600, whatever the umask
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        partial.unlink(missing_ok=True)
    return True


def _decode(text: str, where: str) -> bytes:
    try:
        secret = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise StageError(f"{where}: the key is not base64; put it back from your copy") from None
    if len(secret) != SIZE:
        raise StageError(
            f"{where}: the key has {len(secret)} bytes; it needs {SIZE}; put it back from your copy"
        )
    return secret


def _derive(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, f"retort {purpose}".encode(), hashlib.sha512)
