"""Releasing: a candidate bundle becomes a version of the registry, and that version becomes live.

The DVC stage never does this: an experiment must not move what is served.
"""

from dataclasses import dataclass
from pathlib import Path

from stages.artifacts import StageError
from stages.deploy import line
from stages.deploy.manifest import describe, verify
from stages.deploy.registry import Registry


@dataclass(frozen=True)
class Release:
    """What a release did."""

    version: str
    previous: str | None
    """the version that was live before; None at the first release"""
    changed: bool
    """whether the live version is another one now"""


def release(bundle: Path, registry: Path, name: str) -> Release:
    """Copies `bundle` into `registry` and makes it live. Releasing what is live already changes nothing.

    Args:
        bundle: a bundle that `dvc repro deploy` built.
        registry: the registry's folder; it is made when it is missing.
        name: the model's name, which must be the bundle's own.

    Raises:
        StageError: the bundle is damaged, a verdict on its line or its own replay failed, or another release
            is under way. What was live stays live.
    """
    version = verify(bundle)
    description = describe(bundle)
    if description.get("name") != name:
        raise StageError(f"{bundle}: built under another name than {name}; run `dvc repro deploy`")
    line.recorded(description, bundle)
    replayed = {check.name: check.value for check in line.passed("deploy").checks}
    if replayed.get("bundle") != version:
        raise StageError(f"{bundle}: {version} is not the bundle that was replayed; run `dvc repro deploy`")
    store = Registry(registry, name)
    with store.locked():
        if version in store.retired():
            raise StageError(f"{bundle}: {version} was retired by an erasure; run `dvc repro` for another")
        store.add(bundle)
        previous = store.live() if store.live_is_sound() else None
        if previous != version:
            store.move(version)
    return Release(version, previous, previous != version)
