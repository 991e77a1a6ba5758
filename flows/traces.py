"""Looks for masked values in all that runs leave, Prefect's database and logs and DVC's cache too."""

import os
from collections.abc import Iterator
from pathlib import Path

from stages.artifacts import BUNDLE, CLEAN, REPORTS, TEACHER, TOKENS, WORK
from stages.clean.scanner import Scanner
from stages.clean.traces import TRACES
from stages.ingest.vault import open_vault

OWN = (BUNDLE, TEACHER, TOKENS, REPORTS, WORK)
"""what the line itself leaves in plain; data/raw and data/quarantine are sealed, data/clean is compressed"""


def places(root: Path, registry: str) -> Iterator[Path]:
    """The folders to look through, those that are there. A registry elsewhere holds what the bundle held."""
    found = [root / folder for folder in (*OWN, registry)]
    found.append(_cache(root))
    found.append(Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect"))
    return (place for place in found if place.exists())


def traces(
    project: str, vault: str | None, registry: str, root: Path = Path()
) -> tuple[int, dict[Path, int]]:
    """How many values are known, and how many of them each file holds; only those that hold any.

    Args:
        project: `project.name`.
        vault: `ingest.vault`.
        registry: `deploy.registry`.
        root: the project's folder.

    Raises:
        StageError: clean has not run, or the vault cannot be opened.
    """
    scanner = Scanner.load(root / CLEAN / TRACES, open_vault(project, vault).identity.traces)
    return scanner.known, scanner.in_places(places(root, registry))


def _cache(root: Path) -> Path:
    # slow to import, and only needed here
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo
    from dvc.scm import SCMError

    try:
        with Repo(str(root)) as repo:
            return Path(repo.cache.local.path)
    except (NotDvcRepoError, SCMError):
        return root / ".dvc" / "cache"
