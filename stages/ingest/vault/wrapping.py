"""Random keys, and how the master key wraps them (AES-256-SIV, bound to vault and name)."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from stages.artifacts import StageError
from stages.ingest.key import Key

SIZE = 64


def random_key() -> bytes:
    """64 random bytes."""
    return os.urandom(SIZE)


class Wrapper:
    """Wraps and unwraps keys of one vault."""

    def __init__(self, key: Key, vault: str) -> None:
        self._cipher = AESSIV(key.wrapping)
        self._vault = vault

    def wrap(self, secret: bytes, name: str) -> bytes:
        """Encrypts a key that stands under `name` in the vault: 80 bytes."""
        return self._cipher.encrypt(secret, [self._vault.encode(), name.encode()])

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Decrypts what `wrap` gave for the same name.

        Raises:
            StageError: it was changed.
        """
        try:
            return self._cipher.decrypt(wrapped, [self._vault.encode(), name.encode()])
        except (InvalidTag, ValueError):
            raise StageError(
                f"the vault {self._vault}: one of its keys was changed; put the vault back from your copy"
            ) from None
