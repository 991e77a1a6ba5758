"""Authenticated, deterministic encryption of records."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from stages.artifacts import StageError
from stages.ingest.key import Key


class Seal:
    """Seals and unseals bytes with AES-256-SIV (RFC 5297).

    It is deterministic, so that equal input gives equal files and DVC's cache stays valid, and it
    authenticates both the bytes and the row they belong to.
    """

    def __init__(self, key: Key) -> None:
        self._cipher = AESSIV(key.seal)

    def seal(self, plain: bytes, row_id: str) -> bytes:
        """Encrypts `plain` for the row `row_id`: 16 bytes longer than it."""
        return self._cipher.encrypt(plain, [row_id.encode()])

    def unseal(self, sealed: bytes, row_id: str) -> bytes:
        """Decrypts what `seal` gave for the same row.

        Raises:
            StageError: it was changed, moved from another row, or sealed with another key.
        """
        try:
            return self._cipher.decrypt(sealed, [row_id.encode()])
        except (InvalidTag, ValueError):
            raise StageError(
                f"row {row_id}: its sealed record was changed, or sealed with another key; "
                "run `dvc repro --force ingest`"
            ) from None
