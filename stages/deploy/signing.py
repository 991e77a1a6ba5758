"""Who vouches for a version: Ed25519 signatures (RFC 8032), and the keys that are believed here.

The private key lies beside the vault's master key, outside the project. A public key that comes with a
registry is there to be looked at: it is believed only where it is this machine's own, or in `deploy.trusted`.
"""

import base64
import binascii
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from stages.artifacts import StageError
from stages.ingest.key import key_file


class UntrustedError(StageError):
    """A signature that is not believed."""


@dataclass(frozen=True)
class Signer:
    """This machine's signing key."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> str:
        """The public key: 32 bytes in base64."""
        return base64.b64encode(_raw(self.private.public_key())).decode()

    @property
    def id(self) -> str:
        return key_id(self.public)

    def sign(self, message: bytes) -> str:
        """The signature: 64 bytes in base64."""
        return base64.b64encode(self.private.sign(message)).decode()


class Trust:
    """The public keys that are believed.

    Args:
        named: keys in base64, as in `deploy.trusted`; this machine's own is believed besides.

    Raises:
        StageError: a key is none, or this machine's own cannot be read.
    """

    def __init__(self, named: Iterable[str] = ()) -> None:
        own = load_signer()
        self._keys = {key_id(text): _public(text) for text in [*named, *([own.public] if own else [])]}

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def check(self, message: bytes, key: str, signature: str, where: str) -> None:
        """Raises UntrustedError unless `signature` over `message` is by the believed key of id `key`."""
        if key not in self._keys:
            raise UntrustedError(
                f"{where}: signed by the key {key}, which is not trusted here; if you know whose it is, "
                "put its public key into deploy.trusted"
            )
        try:
            self._keys[key].verify(base64.b64decode(signature, validate=True), message)
        except (InvalidSignature, binascii.Error, ValueError):
            raise UntrustedError(
                f"{where}: its signature by the key {key} is not valid; it is not used"
            ) from None


def key_id(public: str) -> str:
    """The first 12 hexadecimal digits of the public key's SHA-256."""
    return hashlib.sha256(_raw(_public(public))).hexdigest()[:12]


def signing_file() -> Path:
    """Where the private key lies: beside the vault's master key, `key.signing` by default."""
    path = key_file()
    return path.with_name(f"{path.name}.signing")


def load_signer() -> Signer | None:
    """This machine's signing key; None where it has none.

    Raises:
        StageError: it is damaged, or others can read it.
    """
    path = signing_file()
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(4096)
    except FileNotFoundError:
        return None
    except OSError:
        raise StageError(f"{path}: the signing key cannot be read; check its owner and mode") from None
    if mode & 0o077:
        raise StageError(f"{path}: mode {mode:04o} lets others read the signing key; run `chmod 600 {path}`")
    try:
        private = load_pem_private_key(text, password=None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise StageError(f"{path}: not an Ed25519 key in PEM; put it back from your copy")
    return Signer(private)


def load_or_make_signer() -> Signer:
    """This machine's signing key; makes one where there is none, with mode 0600.

    Raises:
        StageError: as `load_signer`, or it cannot be made.
    """
    found = load_signer()
    if found is None:
        _make(signing_file())
        found = load_signer()
    if found is None:
        raise StageError(f"{signing_file()}: the signing key cannot be made there; set RETORT_KEY_FILE")
    return found


def _make(path: Path) -> None:
    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # nobody ever sees half a key, and of two makers one wins
            os.link(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    except FileExistsError:
        return
    except OSError:
        raise StageError(f"{path}: the signing key cannot be made there; set RETORT_KEY_FILE") from None


def _public(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise StageError("deploy.trusted: not a public key; `retort releases` prints one") from None


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
