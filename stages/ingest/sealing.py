"""Authenticated, deterministic encryption of records."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class Forged(Exception):
    """A ciphertext that was changed, cut, moved from another row, or sealed under another key."""


class Seal:
    """Seals and unseals bytes with AES-256-SIV (RFC 5297) under one data key of 64 bytes.

    It is deterministic, so that equal input gives equal files and DVC's cache stays valid, and it
    authenticates both the bytes and what they belong to.
    """

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESSIV(data_key)

    def seal(self, plain: bytes, row_id: str) -> bytes:
        """Encrypts `plain` for the row `row_id`: 16 bytes longer than it."""
        return self._cipher.encrypt(plain, [row_id.encode()])

    def unseal(self, sealed: bytes, row_id: str) -> bytes:
        """Decrypts what `seal` gave for the same row.

        Raises:
            Forged: it is not what `seal` gave.
        """
        try:
            return self._cipher.decrypt(sealed, [row_id.encode()])
        except (InvalidTag, ValueError):
            raise Forged from None
