"""Where the registry's files lie: a local folder, or whatever fsspec reaches by URL.

Only one promise of a store carries the registry, since object stores cannot rename: `create` makes a file
where there is none, whole or not at all, so that of two writers exactly one wins. A local folder keeps it by
a hard link, an object store by a conditional write (S3: `If-None-Match: *`). All else may be written twice.
"""

import errno
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from stages.artifacts import StageError, write_file

_LINKLESS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}


class Store(Protocol):
    """Files under one root; paths are relative to it, with slashes."""

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted, without hidden ones; none where there is no such folder."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of a file; FileNotFoundError where there is none."""
        ...

    def create(self, path: str, content: bytes) -> bool:
        """Makes a file, whole or not at all; False where there is one already, which stays as it is."""
        ...

    def copy_in(self, source: Path, path: str) -> None:
        """Copies a local file in, whole or not at all."""
        ...

    def copy_out(self, path: str, target: Path) -> None:
        """Copies a file out; FileNotFoundError where there is none."""
        ...

    def modified(self, path: str) -> float:
        """When a file was last written, in seconds since 1970; FileNotFoundError where there is none."""
        ...

    def remove(self, path: str) -> None:
        """Removes a file or a folder with all that is in it; nothing where there is none."""
        ...

    def tidy(self, before: float) -> None:
        """Removes what writers left that were killed before then, in seconds since 1970."""
        ...


class LocalStore:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, folder: str) -> list[str]:
        with self._one_line(folder):
            try:
                names = [path.name for path in (self._root / folder).iterdir()]
            except (FileNotFoundError, NotADirectoryError):
                return []
        return sorted(name for name in names if not name.startswith("."))

    def read(self, path: str) -> bytes:
        with self._one_line(path):
            return (self._root / path).read_bytes()

    def create(self, path: str, content: bytes) -> bool:
        target = self._root / path
        with self._beside(target, lambda partial: partial.write_bytes(content)) as partial:
            try:
                # a finished file is linked into place: nobody ever sees half of one
                os.link(partial, target)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in _LINKLESS:
                    raise
                raise StageError(f"{target}: no hard links in this file system; use another folder") from None
        return True

    def copy_in(self, source: Path, path: str) -> None:
        target = self._root / path
        with self._beside(target, lambda partial: shutil.copyfile(source, partial)) as partial:
            partial.replace(target)

    def copy_out(self, path: str, target: Path) -> None:
        with self._one_line(path):
            shutil.copyfile(self._root / path, target)

    def modified(self, path: str) -> float:
        return (self._root / path).stat().st_mtime

    def remove(self, path: str) -> None:
        target = self._root / path
        with self._one_line(path):
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)

    def tidy(self, before: float) -> None:
        for path in self._root.rglob(".*"):
            with suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mtime < before:
                    path.unlink()

    @contextmanager
    def _beside(self, target: Path, write: Callable[[Path], object]) -> Iterator[Path]:
        """A finished, read-only file beside `target`, of a name that no other writer has."""
        partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            write_file(partial, write)
            partial.chmod(0o444)
            yield partial
        finally:
            partial.unlink(missing_ok=True)

    @contextmanager
    def _one_line(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StageError(
                f"{self._root / path}: cannot be used ({type(error).__name__}); check its owner and mode"
            ) from None


class RemoteStore:
    """An object store, or anything else that fsspec reaches and that can create a file once.

    Raises:
        StageError: the address means nothing, or its package is not installed.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        self._url = url.rstrip("/")
        scheme = url.split("://")[0]
        try:
            # what another process has written must be seen, so nothing is cached
            files, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
        except ImportError:
            package = _PACKAGES.get(scheme, "the one that fsspec names for it")
            raise StageError(f"{scheme}://: needs another package; `pip install {package}`") from None
        except ValueError:
            raise StageError(f"{scheme}://: no kind of address that fsspec knows") from None
        self._files: Any = files
        self._root = str(root).rstrip("/")
        self._tried = False

    def names(self, folder: str) -> list[str]:
        with self._one_line(folder):
            try:
                found = self._files.ls(self._path(folder), detail=False)
            except (FileNotFoundError, NotADirectoryError):
                return []
        names = {str(path).rstrip("/").rsplit("/", 1)[-1] for path in found} - {Path(folder).name}
        return sorted(name for name in names if not name.startswith("."))

    def read(self, path: str) -> bytes:
        with self._one_line(path):
            return bytes(self._files.cat_file(self._path(path)))

    def create(self, path: str, content: bytes) -> bool:
        self._try_once(path)
        with self._one_line(path):
            try:
                self._files.pipe_file(self._path(path), content, mode="create")
            except Exception:  # stores have no common base of their errors; it is raised again, unless it won
                # lost to another writer, or won by an attempt whose answer was lost: then it holds our bytes
                try:
                    found = bytes(self._files.cat_file(self._path(path)))
                except FileNotFoundError:
                    found = None
                if found is None:
                    raise
                return found == content
        return True

    def copy_in(self, source: Path, path: str) -> None:
        with self._one_line(path):
            self._files.put_file(str(source), self._path(path))

    def copy_out(self, path: str, target: Path) -> None:
        with self._one_line(path):
            self._files.get_file(self._path(path), str(target))

    def modified(self, path: str) -> float:
        with self._one_line(path):
            return float(self._files.modified(self._path(path)).timestamp())

    def remove(self, path: str) -> None:
        with self._one_line(path):
            try:
                self._files.rm(self._path(path), recursive=True)
            except FileNotFoundError:
                return

    def tidy(self, before: float) -> None:
        return  # a store that writes whole files leaves no halves

    def _try_once(self, path: str) -> None:
        """Makes sure, before the first write, that the store refuses to create a file twice."""
        if self._tried:
            return
        probe = self._path(str(Path(path).with_name(f".probe-{uuid.uuid4().hex}")))
        with self._one_line(path):
            self._files.pipe_file(probe, b"1", mode="create")
            try:
                self._files.pipe_file(probe, b"2", mode="create")
            except Exception:
                self._tried = True
            finally:
                self._files.rm_file(probe)
        if not self._tried:
            raise StageError(
                f"{self._url}: this store cannot create a file once only; use S3 or a local folder"
            )

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    @contextmanager
    def _one_line(self, path: str) -> Iterator[None]:
        try:
            yield
        except (StageError, FileNotFoundError):
            raise
        except Exception as error:  # every store has its own errors, and their texts may hold credentials
            raise StageError(
                f"{self._url}/{path}: cannot be used ({type(error).__name__}); "
                "check address, credentials and network"
            ) from None


def open_store(root: str | Path) -> Store:
    """The store at a folder or URL.

    Raises:
        StageError: the address means nothing, or its package is not installed.
    """
    url = str(root)
    if url.startswith("file://"):
        return LocalStore(Path(url.removeprefix("file://")))
    return RemoteStore(url) if re.match(r"[a-z0-9+]+://", url) else LocalStore(Path(url))


@contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder that only this user can read."""
    with tempfile.TemporaryDirectory(prefix="retort-") as name:
        yield Path(name)
