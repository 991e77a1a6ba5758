"""The manifest of a bundle: SHA-256 of every file. Its own digest is the bundle's identity."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.artifacts import StageError, read_json, write_json

MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
"""beside the manifest in a registry: who vouches for it"""
FORMAT = 1


def seal(folder: Path) -> str:
    """Writes the manifest over all other files of `folder` and returns the version it makes."""
    files = {name: _sha256(folder / name) for name in sorted(_names(folder))}
    write_json(folder / MANIFEST, {"format": FORMAT, "files": files})
    return version_of(folder)


def version_of(folder: Path) -> str:
    """The version of a bundle: the first 12 hexadecimal digits of its manifest's SHA-256.

    Raises:
        StageError: there is no manifest.
    """
    try:
        return _sha256(folder / MANIFEST)[:12]
    except (FileNotFoundError, NotADirectoryError):
        raise StageError(f"{folder}: no {MANIFEST}, so no bundle; build it with `dvc repro deploy`") from None


def signed_message(manifest: bytes) -> bytes:
    """What is signed: the manifest, under a label, so that no other signature passes for one of a bundle."""
    return b"retort bundle\0" + manifest


def verify(folder: Path, where: str | None = None) -> str:
    """Checks every file of a bundle against its manifest and returns the version.

    Args:
        folder: the bundle.
        where: how errors name it, if not by the folder.

    Raises:
        StageError: a file is missing, extra or changed, or the format is newer than this code.
    """
    version = version_of(folder)
    where = where or str(folder)
    try:
        manifest = read_json(folder / MANIFEST)
        newest, files = _parts(manifest)
    except (StageError, KeyError, TypeError, AttributeError):
        raise StageError(f"{where}/{MANIFEST}: damaged; {_AGAIN}") from None
    if newest > FORMAT:
        raise StageError(
            f"{where}: written in format {newest}, this Retort reads up to {FORMAT}; upgrade Retort"
        )
    for complaint in _differences(folder, files):
        raise StageError(f"{where}: {complaint}; {_AGAIN}")
    return version


def describe(folder: Path) -> dict[str, Any]:
    """A bundle's `bundle.json`.

    Raises:
        StageError: it is missing or damaged.
    """
    found = read_json(folder / "bundle.json")
    if not isinstance(found, dict):
        raise StageError(f"{folder / 'bundle.json'}: not a bundle's description; {_AGAIN}")
    return found


_AGAIN = "the bundle is not used; release it again, or build it with `dvc repro deploy`"


def _parts(manifest: Any) -> tuple[int, dict[str, str]]:
    return int(manifest["format"]), dict(manifest["files"].items())


def _differences(folder: Path, files: dict[str, str]) -> Iterator[str]:
    found = _names(folder)
    for name in sorted(files):
        if name not in found or not (folder / name).is_file():
            yield f"{name} is missing"
    for name in sorted(found - files.keys()):
        yield f"{name} is not in the manifest"
    for name, digest in sorted(files.items()):
        if _sha256(folder / name) != digest:
            yield f"{name} is not as it was built"


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {MANIFEST, SIGNATURE}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
