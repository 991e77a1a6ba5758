"""The vault: every person's data key, wrapped by the master key; tombstones; the log of who unsealed."""

from stages.ingest.vault.opening import find_vault, open_or_make_vault, open_vault
from stages.ingest.vault.vault import Vault

__all__ = ["Vault", "find_vault", "open_or_make_vault", "open_vault"]
