"""The registry: immutable versions of a model, and one pointer to the version that is live.

`registry/<name>/<version>/` is a copy of a bundle, `registry/<name>/live` names the version served,
`registry/<name>/history.jsonl` holds every move of it. `registry/<name>/retired.json` names the versions
that may not be served any more, or soon may not, as they may have met people who were erased.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from stages.artifacts import StageError, new_folder, read_json, write_json, write_text
from stages.deploy.manifest import verify

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_VERSION = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Registry:
    """The versions of the model `name` under the folder `root`."""

    root: Path
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise StageError("name of the model: only lower-case letters, digits and hyphens, 40 at most")

    @property
    def folder(self) -> Path:
        return self.root / self.name

    def versions(self) -> list[str]:
        """The versions there are, in the order of their names."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if _VERSION.fullmatch(path.name))

    def live(self) -> str | None:
        """The version served, or None before the first release.

        Raises:
            StageError: the pointer is damaged or names a version that is not there.
        """
        pointer = self.folder / "live"
        try:
            version = pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            version = ""
        if not _VERSION.fullmatch(version):
            raise StageError(f"{pointer}: damaged; run `retort release` to set it again")
        if not (self.folder / version).is_dir():
            raise StageError(
                f"{pointer}: names {version}, which is not in the registry; run `retort release`"
            )
        return version

    def path(self, version: str) -> Path:
        """The folder of a version.

        Raises:
            StageError: there is no such version.
        """
        if version not in self.versions():
            raise StageError(f"{self.folder}: no such version; there are: {self._listed()}")
        return self.folder / version

    def history(self) -> list[dict[str, Any]]:
        """Every move of the pointer, oldest first: `when` (UTC), `version` (null: retired), `previous`.

        Raises:
            StageError: the history is damaged.
        """
        path = self.folder / "history.jsonl"
        try:
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except FileNotFoundError:
            return []
        except ValueError:
            raise StageError(f"{path}: not JSON Lines; mend the file or move it away") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the model's only lock; whoever comes second does not wait.

        Raises:
            StageError: another process holds it.
        """
        lock = FileLock(self.folder / ".lock")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            raise StageError(
                f"{self.folder}: another release is under way; run this one again when it is done"
            ) from None
        except OSError:
            raise StageError(f"{self.folder}: may not be written; check its owner and mode") from None
        try:
            yield
        finally:
            lock.release()

    def add(self, bundle: Path) -> str:
        """Copies a bundle in, whole or not at all, and returns its version. To be called `locked`.

        Raises:
            StageError: the bundle, or the version that is already there, is damaged; the disk is full.
        """
        version = verify(bundle)
        target = self.folder / version
        for left in self.folder.glob(".*.partial-*"):  # by a copy that was killed: nobody else holds the lock
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if target.exists():
            verify(target)
            return version
        with new_folder(target) as partial:
            for file in bundle.iterdir():
                shutil.copyfile(file, partial / file.name)
                (partial / file.name).chmod(0o444)
            verify(partial)
        return version

    def move(self, version: str) -> str | None:
        """Makes `version` live and returns the one that was. To be called `locked`."""
        previous = self.live() if self.live_is_sound() else None
        entry = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "version": version,
            "previous": previous,
        }
        lines = [json.dumps(line) for line in [*self.history(), entry]]
        # the history first: a kill in between leaves an entry too many, never a move that nobody recorded
        write_text(self.folder / "history.jsonl", "".join(f"{line}\n" for line in lines))
        write_text(self.folder / "live", f"{version}\n")
        return previous

    def versions_since(self, when: str) -> list[str]:
        """The versions first live at `when` (UTC, ISO 8601) or later, or of which nothing is known."""
        first: dict[str, datetime] = {}
        for entry in self.history():
            if entry["version"]:
                first.setdefault(entry["version"], datetime.fromisoformat(entry["when"]))
        # the history counts in whole seconds
        bound = datetime.fromisoformat(when) - timedelta(seconds=1)
        return [version for version in self.versions() if version not in first or first[version] >= bound]

    def mark(self, versions: list[str], why: str) -> None:
        """Notes that versions must be retired once another can take their place. To be called `locked`."""
        notes = self._notes()
        for version in versions:
            notes.setdefault(version, {"marked": why, "retired": None})
        write_json(self._notes_file, notes)

    def marked(self) -> dict[str, str]:
        """Why, by version, of those marked and not yet retired."""
        return {version: note["marked"] for version, note in self._notes().items() if not note["retired"]}

    def retire(self, versions: list[str], why: str) -> None:
        """Takes versions out of service for good: no pointer, no files. To be called `locked`.

        A server that still has one in memory reads here that it must not answer any more.
        """
        notes = self._notes()
        when = datetime.now(UTC).isoformat(timespec="seconds")
        for version in versions:
            note = notes.setdefault(version, {"marked": why, "retired": None})
            note["retired"] = note["retired"] or when
        for version in notes.keys() - set(versions):
            if not notes[version]["retired"]:
                del notes[version]
        write_json(self._notes_file, notes)
        if (live := self._pointed()) in versions:
            entry = {"when": when, "version": None, "previous": live}
            lines = [json.dumps(line) for line in [*self.history(), entry]]
            write_text(self.folder / "history.jsonl", "".join(f"{line}\n" for line in lines))
            (self.folder / "live").unlink()
        for version in versions:
            shutil.rmtree(self.folder / version, ignore_errors=True)

    def _pointed(self) -> str | None:
        pointer = self.folder / "live"
        return pointer.read_text(encoding="utf-8").strip() if pointer.exists() else None

    def retired(self) -> dict[str, str]:
        """When, by version, of those retired."""
        return {version: note["retired"] for version, note in self._notes().items() if note["retired"]}

    @property
    def _notes_file(self) -> Path:
        return self.folder / "retired.json"

    def _notes(self) -> dict[str, dict[str, Any]]:
        return dict(read_json(self._notes_file)) if self._notes_file.exists() else {}

    def live_is_sound(self) -> bool:
        """Whether the pointer can be followed, or is not there yet."""
        try:
            self.live()
        except StageError:
            return False
        return True

    def _listed(self) -> str:
        return ", ".join(self.versions()) or "none"
