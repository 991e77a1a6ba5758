"""`erasures/<id>.json`: the journal of an erasure in this folder, and its certificate once it is finished.

It names nobody: whom an erasure is about is known to the vault only, as tombstones.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.artifacts import ERASURES, read_json, write_json
from stages.ingest.vault import find_vault
from stages.ingest.vault.log import now
from stages.ingest.vault.vault import Erasure
from stages.params import Params


@dataclass(frozen=True)
class Journal:
    """One erasure that this folder must follow."""

    erasure: Erasure
    vault: str

    @property
    def path(self) -> Path:
        return ERASURES / f"{self.erasure.id}.json"

    def read(self) -> dict[str, Any]:
        """What has been done; empty before the first step."""
        return read_json(self.path) if self.path.exists() else {}

    def write(self, **facts: Any) -> None:
        """Adds facts, whole or not at all."""
        head = {
            "erasure": self.erasure.id,
            "vault": self.vault,
            "asked": self.erasure.made,
            "people": self.erasure.people,
            "finished": None,
        }
        write_json(self.path, {**head, **self.read(), **facts})

    @property
    def finished(self) -> bool:
        return bool(self.read().get("finished"))

    def begin(self, step: str, found: dict[str, int]) -> None:
        """Notes what a step has found before it removes it, so that a kill in between loses no count."""
        removed = self.read().get("removed", {})
        before = removed.get(step, {})
        counts = {name: max(count, before.get(name, 0)) for name, count in found.items()}
        self.write(removed={**removed, step: {**before, **counts}})

    def done(self, step: str) -> None:
        """Notes that a step is done."""
        self.write(steps={**self.read().get("steps", {}), step: now()})

    def is_done(self, step: str) -> bool:
        return step in self.read().get("steps", {})


def pending(params: Params) -> list[Journal]:
    """The erasures of this project's vault that are not finished in this folder, oldest first.

    Raises:
        StageError: the vault cannot be opened.
    """
    vault = find_vault(params.project.name, params.ingest.vault)
    if vault is None:
        return []
    journals = [Journal(erasure, vault.id) for erasure in vault.erasures()]
    return [journal for journal in journals if not journal.finished]
