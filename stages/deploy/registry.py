"""The registry: immutable, signed versions of a model, and the history of which of them is live.

`<root>/<name>/<version>/` is a copy of a bundle with its signature, `<root>/<name>/moves/` the history, whose
last record says what is live (see `moves`), `<root>/<name>/keys/` the public keys of who signed. No lock is
held: files of a version are the same whoever writes them, its signature comes last, and a move is one file.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stages.artifacts import StageError
from stages.deploy.manifest import MANIFEST, SIGNATURE, signed_message, verify
from stages.deploy.moves import Moves, OvertakenError, State
from stages.deploy.signing import Signer, Trust, load_or_make_signer
from stages.deploy.store import open_store, private_folder
from stages.params import Params

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_VERSION = re.compile(r"[0-9a-f]{12}")
_TRIES = 20
_LEFT = 24 * 3600.0
"""seconds after which a version without a signature was left by a release that was killed"""


class Registry:
    """The versions of the model `name` under `root`.

    Args:
        root: a folder, or a URL that fsspec knows, such as `s3://bucket/models`.
        name: the model's name.
        trusted: public keys (base64) whose signatures are believed, besides this machine's own.

    Raises:
        StageError: the name or a key is none, or the address means nothing.
    """

    def __init__(self, root: str | Path, name: str, trusted: Sequence[str] = ()) -> None:
        if not _NAME.fullmatch(name):
            raise StageError("name of the model: only lower-case letters, digits and hyphens, 40 at most")
        self.root, self.name = root, name
        self.place = f"{str(root).rstrip('/')}/{name}"
        self._store = open_store(self.place)
        self._trusted = tuple(trusted)
        self._trust = Trust(trusted)
        self._moves = Moves(self._store, name, self.place, self._trust)

    def versions(self) -> list[str]:
        """The versions that are there whole, in the order of their names."""
        return [version for version in self.folders() if SIGNATURE in self._store.names(version)]

    def folders(self) -> list[str]:
        """The versions of which anything is there, in the order of their names."""
        return [name for name in self._store.names("") if _VERSION.fullmatch(name)]

    def state(self) -> State:
        """What is live, marked and retired.

        Raises:
            StageError: the history cannot be read, or is not to be trusted.
        """
        if not self._moves.known and "history.jsonl" in self._store.names(""):
            raise StageError(
                f"{self.place}: written by an older Retort, without signatures; move it away, then release"
            )
        return self._moves.state()

    def live(self) -> str | None:
        """The version served, or None where nothing is live.

        Raises:
            StageError: as `state`, or the version is not there.
        """
        version = self.state().live
        if version is not None and SIGNATURE not in self._store.names(version):
            raise StageError(f"{self.place}: {version} is live, but is not there; run `retort release`")
        return version

    def history(self) -> list[dict[str, Any]]:
        """Every record, oldest first: what, version (live after it), previous, versions, who, when, why,
        verdicts.

        Raises:
            StageError: as `state`.
        """
        self.state()
        return self._moves.records()

    def signers(self) -> dict[str, str]:
        """The public keys that came with the registry, by id. To be looked at, never to be believed."""
        found = {}
        for name in self._store.names("keys"):
            found[name.removesuffix(".pub")] = (
                self._store.read(f"keys/{name}").decode("ascii", "replace").strip()
            )
        return found

    @contextmanager
    def fetched(self, version: str) -> Iterator[Path]:
        """A private copy of a version, checked against its signature: what is loaded is what was checked.

        Raises:
            StageError: there is no such version, it was retired, a file is missing, extra or changed, its
                format is newer, or its signature is not by a key that is trusted.
        """
        where = f"{self.place}/{version}"
        if version in self.state().retired:
            raise StageError(f"{where}: was retired and can never be served again")
        with private_folder() as folder:
            names = self._store.names(version)
            if not names or not _VERSION.fullmatch(version):
                listed = ", ".join(self.versions()) or "none"
                raise StageError(f"{self.place}: no version {version}; there are: {listed}")
            for name in names:
                with suppress(FileNotFoundError):  # named as missing below
                    self._store.copy_out(f"{version}/{name}", folder / name)
            self._check(folder, where)
            if verify(folder, where) != version:
                raise StageError(f"{where}: holds another version than its name says; it is not used")
            yield folder

    def publish(self, bundle: Path) -> str:
        """Copies a bundle in and signs it; the signature comes last. Returns its version.

        A version that is there already is left as it is, or mended where it is damaged.

        Raises:
            StageError: the bundle is damaged, the version was retired or signed by a key that is not trusted,
                or the store cannot be written.
        """
        version = verify(bundle)
        if SIGNATURE in self._store.names(version):
            # what is damaged there is put back below
            with suppress(StageError), self.fetched(version):
                return version
        signer = self._signer()
        for file in sorted(bundle.iterdir()):
            if file.name != SIGNATURE:
                self._store.copy_in(file, f"{version}/{file.name}")
        signature = signer.sign(signed_message((bundle / MANIFEST).read_bytes()))
        signed = json.dumps({"key": signer.id, "signature": signature}) + "\n"
        self._store.create(f"{version}/{SIGNATURE}", signed.encode())
        with self.fetched(version):
            return version

    def move(self, after: State, version: str, what: str, why: str, verdicts: dict[str, Any]) -> None:
        """Makes `version` live, if nothing was moved since the state `after`.

        Raises:
            OvertakenError: something was.
        """
        self._moves.add(after, self._signer(), what, version, why=why, verdicts=verdicts)

    def mark(self, versions: list[str], why: str) -> None:
        """Notes that versions must be retired once another can take their place."""

        def decided(state: State) -> list[str]:
            return [version for version in versions if version not in state.marked]

        self._note("mark", decided, why)

    def unmark(self, versions: list[str], why: str) -> None:
        """Takes marks away: the versions may stay."""
        self._note("unmark", lambda state: [one for one in versions if one in state.marked], why)

    def retire(self, versions: list[str], why: str) -> None:
        """Takes versions out of service for good; their files go.

        A server that still has one in memory reads in the history that it must not answer any more.
        """
        self._note("retire", lambda state: [one for one in versions if one not in state.retired], why)
        self.sweep()

    def versions_since(self, when: str) -> list[str]:
        """The versions first live at `when` (UTC, ISO 8601) or later, or of which nothing is known."""
        first: dict[str, datetime] = {}
        for record in self.history():
            if record["version"]:
                first.setdefault(record["version"], datetime.fromisoformat(record["when"]))
        # the history counts in whole seconds
        bound = datetime.fromisoformat(when) - timedelta(seconds=1)
        return [version for version in self.folders() if version not in first or first[version] >= bound]

    def sweep(self) -> None:
        """Removes what is left of retired versions, and of releases that were killed a day ago or earlier."""
        state = self.state()
        for version in self.folders():
            if version in state.retired or (version != state.live and self._was_left(version)):
                self._store.remove(version)
        self._store.tidy(time.time() - _LEFT)

    def _note(self, what: str, decided: Callable[[State], list[str]], why: str) -> None:
        """Records what is said of versions; where another move came first, it is decided anew."""
        for _ in range(_TRIES):
            state = self.state()
            versions = decided(state)
            if not versions:
                return
            live = None if what == "retire" and state.live in versions else state.live
            with suppress(OvertakenError):
                self._moves.add(state, self._signer(), what, live, versions=versions, why=why)
                return
        raise StageError(f"{self.place}: moved by others all the time; run this again")

    def _signer(self) -> Signer:
        signer = load_or_make_signer()
        if signer.id not in self._trust:  # it was made just now
            self._trust = self._moves.trust = Trust(self._trusted)
        self._store.create(f"keys/{signer.id}.pub", f"{signer.public}\n".encode())
        return signer

    def _was_left(self, version: str) -> bool:
        names = self._store.names(version)
        if SIGNATURE in names:
            return False
        times = []
        for name in names:
            with suppress(FileNotFoundError):
                times.append(self._store.modified(f"{version}/{name}"))
        return bool(times) and max(times) < time.time() - _LEFT

    def _check(self, folder: Path, where: str) -> None:
        """Raises StageError unless the manifest in `folder` is signed by a key that is trusted."""
        try:
            signed = json.loads((folder / SIGNATURE).read_bytes())
            key, signature = str(signed["key"]), str(signed["signature"])
            manifest = (folder / MANIFEST).read_bytes()
        except FileNotFoundError as error:
            raise StageError(f"{where}: {Path(error.filename).name} is missing; it is not used") from None
        except (ValueError, KeyError, TypeError):
            raise StageError(f"{where}: {SIGNATURE} is damaged; it is not used") from None
        self._trust.check(signed_message(manifest), key, signature, where)


def registry_of(params: Params) -> Registry:
    """The registry of the model that `params` describe; raises as `Registry`."""
    return Registry(params.deploy.registry, params.project.name, params.deploy.trusted)
