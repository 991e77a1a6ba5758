"""What DVC keeps that stages have made, wherever it keeps it: in this folder, in caches, in remotes."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
from dvc.repo import Repo
from ruamel.yaml import YAML, YAMLError

from flows.errors import Busy, FlowError, one_line

_HASHES = ("md5", "md5-dos2unix")


class Objects:
    """The objects of the project in the current folder.

    What stages have made is named by every `dvc.lock` of every commit, branch, tag, stash, experiment and
    reflog entry, and by the run cache. What people have put under `dvc add` is named by `.dvc` files in the
    same places, and is never touched.
    """

    def __init__(self) -> None:
        self._repo = Repo(".")
        locks, added = set[str](), set[str]()
        for path, text in _versions():
            (added if path.endswith(".dvc") else locks).update(_named(text))
        local = Path(self._repo.cache.legacy.path)
        self._cache = local
        for record in sorted((local / "runs").rglob("*")):
            if record.is_file():
                locks |= set(_named(record.read_text(encoding="utf-8")))
        self._kept = self._whole(added)
        self._made = self._whole(locks) - self._kept

    def in_cache(self) -> list[Path]:
        """The files of the local cache that stages have made.

        In a cache within this folder that is all but what `.dvc` files name, so that what an uncommitted run
        has left is found too. A cache elsewhere may serve other projects: there, what is named.
        """
        own = self._cache.resolve().is_relative_to(Path.cwd().resolve())
        found = []
        for file in sorted(self._cache.rglob("*")):
            if file.is_file():
                known = file.parent.name + file.name
                run = "runs" in file.relative_to(self._cache).parts
                if run or (known not in self._kept if own else known in self._made):
                    found.append(file)
        return found

    def remotes(self) -> list[str]:
        """The names of DVC's remotes."""
        return sorted(self._repo.config["remote"])

    def in_remote(self, name: str) -> list[tuple[Any, str]]:
        """What stages have made of what a remote holds: its file system, and each path there.

        A remote may serve other projects, so only what is named counts: by commits, by the remote's run
        cache, or by the local cache.

        Raises:
            FlowError: the remote cannot be reached.
        """
        try:
            made = self._made | {file.parent.name + file.name for file in self.in_cache()}
            paths: list[tuple[Any, str]] = []
            stores = [self._repo.cloud.get_remote_odb(name, "erase", hash_name=kind) for kind in _HASHES]
            _probe(stores[0].fs, stores[0].path)
            runs = stores[1].fs.join(stores[1].path, "runs")
            if stores[1].fs.exists(runs):
                for record in stores[1].fs.find(runs):
                    made |= set(_named(stores[1].fs.cat_file(record).decode()))
                    paths.append((stores[1].fs, record))
            # the folders that only the remote can list count too: ours, and those that stay
            kept = self._kept.union(*(_listed_in(store, self._kept) for store in stores))
            for store in stores:
                gone = (made | _listed_in(store, made)) - kept
                paths += [(store.fs, store.oid_to_path(oid)) for oid in sorted(gone) if store.exists(oid)]
            return paths
        except Exception as error:  # each kind of remote has errors of its own
            raise FlowError(
                f"the DVC remote {name}: cannot be searched and cleared ({type(error).__name__}); check it, "
                "and run `retort run`"
            ) from None

    def outputs(self) -> list[Path]:
        """What stages write in this folder, and what killed runs have left beside it."""
        outs = [Path(out.fs_path) for stage in self._repo.index.stages if stage.cmd for out in stage.outs]
        left = [other for out in outs for other in out.parent.glob(f".{out.name}.*-*")]
        return [path for path in [*outs, *left] if path.exists()]

    def _whole(self, named: set[str]) -> set[str]:
        """The objects named, and what the folders among them list."""
        found = set(named)
        for oid in named:
            if oid.endswith(".dir"):
                for root in (self._cache / "files" / "md5", self._cache):
                    path = root / oid[:2] / oid[2:]
                    if path.is_file():
                        found |= _listed(path.read_bytes())
        return found


def refuse_beside_dvc() -> None:
    """Raises Busy where a stage runs by hand: it would write what it has read, after that was removed."""
    holders: list[dict[str, Any]] = []
    for lock in Path(".dvc/tmp").rglob("rwlock"):  # experiments run in folders below
        with suppress(OSError, ValueError):
            held = json.loads(lock.read_text(encoding="utf-8"))
            holders += [*held.get("write", {}).values(), *chain(*held.get("read", {}).values())]
    for holder in holders:
        if psutil.pid_exists(int(holder["pid"])) and int(holder["pid"]) != os.getpid():
            raise Busy("a DVC stage is running in this folder; run `retort run` when it is done")


def experiments() -> list[str]:
    """Git's references to DVC's experiments, those queued or stashed included."""
    if not Path(".git").exists():
        return []
    return _git("for-each-ref", "--format=%(refname)", "refs/exps").split()


def remove(path: Path) -> None:
    """Deletes a file or folder, even one that DVC has made read-only."""
    if path.is_dir() and not path.is_symlink():
        for folder in [path, *path.rglob("*")]:
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o700)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def drop_experiments(names: Iterable[str]) -> None:
    """Deletes references, and the folders in which experiments were run."""
    for name in names:
        _git("update-ref", "-d", name)
    remove_if(Path(".dvc/tmp/exps"))


def remove_if(path: Path) -> None:
    """Deletes what may not be there."""
    if path.exists():
        remove(path)


def _versions() -> Iterator[tuple[str, str]]:
    """Path and text of every version of every `dvc.lock` and `.dvc` file, those in this folder included."""
    for pattern in ("dvc.lock", "*.dvc"):
        for file in sorted(Path().rglob(pattern)):
            if file.is_file() and not {".dvc", ".venv"} & set(file.parts[:1]):
                yield file.as_posix(), file.read_text(encoding="utf-8")
    if Path(".git").exists():
        listed = _git("rev-list", "--all", "--reflog", "--objects", "--", "*dvc.lock", "*.dvc")
        for line in listed.splitlines():
            blob, _, path = line.partition(" ")
            # not the folder .dvc, which the pattern matches too
            if path.endswith(("dvc.lock", ".dvc")) and Path(path).name != ".dvc":
                yield path, _git("cat-file", "blob", blob)


def _probe(files: Any, root: str) -> None:
    """Writes a file to a remote and deletes it again: some remotes that are away only seem to be empty."""
    files.makedirs(root)
    path = files.join(root, "retort-probe")
    files.pipe_file(path, b"probe")
    if not files.exists(path):
        raise OSError
    files.remove(path)


def _named(text: str) -> Iterator[str]:
    """The hashes of outputs in a `dvc.lock`, a `.dvc` file or a record of the run cache."""
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        return
    if not isinstance(found, dict):
        return
    stages = found.get("stages")
    for stage in stages.values() if isinstance(stages, dict) else [found]:
        for out in stage.get("outs") or []:
            yield from (str(out[kind]) for kind in ("md5", "etag", "checksum") if out.get(kind))
            yield from (str(file["md5"]) for file in out.get("files") or [] if file.get("md5"))


def _listed(folder: bytes) -> set[str]:
    try:
        return {str(entry["md5"]) for entry in json.loads(folder)}
    except (ValueError, KeyError, TypeError):
        return set()


def _listed_in(store: Any, named: Iterable[str]) -> set[str]:
    """What the folders among the named objects list, where a remote holds them."""
    folders = [oid for oid in named if oid.endswith(".dir") and store.exists(oid)]
    return set().union(*(_listed(store.fs.cat_file(store.oid_to_path(oid))) for oid in folders))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise FlowError(f"git {arguments[0]}: {one_line(ValueError(done.stderr))[:200]}")
    return done.stdout
