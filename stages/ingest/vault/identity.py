"""What stands for people and rows: keyed hashes under the vault's own secret, which outlives a master key."""

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Identity:
    """Derived from the vault's 64 random bytes, each for one purpose."""

    rows: bytes = field(repr=False)
    subjects: bytes = field(repr=False)
    tombstones: bytes = field(repr=False)
    log: bytes = field(repr=False)
    traces: bytes = field(repr=False)
    masking: bytes = field(repr=False)
    """for pseudonyms, surrogates and the names of what the masker remembers"""

    @classmethod
    def of(cls, root: bytes) -> "Identity":
        """Derives it from the root (HMAC-SHA-512 under a label for each purpose)."""
        return cls(
            *(
                hmac.digest(root, f"retort {purpose}".encode(), hashlib.sha512)
                for purpose in ("rows", "subjects", "tombstones", "log", "traces", "masking")
            )
        )

    def subject(self, name: str) -> str:
        """The keyed hash that stands for a person: 32 hexadecimal digits."""
        return hmac.digest(self.subjects, name.encode(), "sha256").hex()[:32]

    def tombstone(self, name: str) -> str:
        """Another keyed hash of a person, so that a tombstone cannot be joined with old files."""
        return hmac.digest(self.tombstones, name.encode(), "sha256").hex()[:32]

    def content(self, plain: bytes) -> bytes:
        """The keyed hash of a record's bytes, 16 bytes."""
        return hmac.digest(self.rows, plain, "sha256")[:16]

    def chain(self, before: str, entry: str) -> str:
        """The link of a log entry to the one before it: 64 hexadecimal digits."""
        return hmac.digest(self.log, f"{before}\n{entry}".encode(), "sha256").hex()
