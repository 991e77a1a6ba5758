"""A bundle opened for answering: verified first, then loaded by what its task needs."""

from pathlib import Path

from stages.artifacts import StageError
from stages.deploy.families import Served, opened
from stages.deploy.manifest import describe, verify


def open_bundle(folder: Path) -> Served:
    """Verifies and opens a bundle.

    Raises:
        StageError: a file is missing, extra or changed, the format is newer, or a part cannot be loaded.
    """
    version = verify(folder)
    found = describe(folder)
    try:
        return opened(folder, version, found)
    except (KeyError, TypeError, ValueError):
        raise StageError(f"{folder / 'bundle.json'}: incomplete; run `dvc repro deploy`") from None
