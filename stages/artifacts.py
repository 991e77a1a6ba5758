"""Where each stage's files lie, and how they are read and written: whole or not at all."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SOURCE = Path("data/source.json")
RAW = Path("data/raw")
CLEAN = Path("data/clean")
QUARANTINE = Path("data/quarantine")
AUGMENTED = Path("data/augmented")
TOKENS = Path("data/tokens")
TEACHER = Path("models/teacher")
STUDENT = Path("models/student")
BUNDLE = Path("models/bundle")
REPORTS = Path("reports")
WORK = Path("work")
ERASURES = Path("erasures")

SURROGATES = "surrogates.json"
"""beside the cleaned splits: the pseudonyms that made-up values in them are made from, by type"""
TOKENIZER = "tokenizer.json"
"""beside arrays and models of texts; those of images have none"""
SPLITS = ("train", "valid", "test")

FULL = "the disk is full; free some space and run `dvc repro` again"
_NO_SPACE = 1 << 20


class StageError(Exception):
    """The stage cannot go on. The message is one line: what, where, what to do. Never a raw value."""


@dataclass(frozen=True)
class Check:
    """One check of a verdict: what was measured, against which limit."""

    name: str
    value: float | int | str | None
    limit: float | int | str | None
    passed: bool


@dataclass(frozen=True)
class Verdict:
    """A stage's judgement of its own work. It passes when every check does."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)


def report(stage: str) -> Path:
    """The folder of a stage's reports."""
    return REPORTS / stage


def write_verdict(stage: str, verdict: Verdict) -> None:
    """Writes `reports/<stage>/verdict.json`."""
    checks = [asdict(check) for check in verdict.checks]
    write_json(report(stage) / "verdict.json", {"passed": verdict.passed, "checks": checks})


def read_verdict(stage: str) -> Verdict:
    """Reads `reports/<stage>/verdict.json`.

    Raises:
        StageError: it is missing or no verdict.
    """
    path = report(stage) / "verdict.json"
    found = read_json(path)
    try:
        verdict = Verdict(tuple(Check(**check) for check in found["checks"]))
    except (KeyError, TypeError):
        raise StageError(f"{path}: no verdict; run `dvc repro {stage}`") from None
    if found.get("passed") is not verdict.passed:
        raise StageError(f"{path}: says otherwise than its checks; run `dvc repro --force {stage}`")
    return verdict


def at_least(name: str, value: float, limit: float | None) -> Iterator[Check]:
    """A check that `value` reaches `limit`; none where the limit is null."""
    if limit is not None:
        yield Check(name, value, limit, bool(value >= limit))


def at_most(name: str, value: float, limit: float | None) -> Iterator[Check]:
    """A check that `value` stays within `limit`; none where the limit is null."""
    if limit is not None:
        yield Check(name, value, limit, bool(value <= limit))


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copies the tokenizer of one folder into another, where there is one."""
    with suppress(FileNotFoundError):
        shutil.copyfile(source / TOKENIZER, target / TOKENIZER)


def read_json(path: Path) -> Any:
    """Reads JSON.

    Raises:
        StageError: the file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StageError(f"{path}: not found; run `dvc repro`") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise StageError(f"{path}: not valid JSON; delete it and run `dvc repro`") from None


def write_json(path: Path, value: Any) -> None:
    """Writes JSON with sorted keys, whole or not at all."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    write_file(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text, whole or not at all."""
    write_file(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def read_table(path: Path) -> "pd.DataFrame":
    """Reads a Parquet table.

    Raises:
        StageError: the file is missing or damaged.
    """
    import pandas as pd
    import pyarrow as pa

    try:
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise StageError(f"{path}: not found; run `dvc repro`") from None
    except (OSError, pa.ArrowException):
        raise StageError(f"{path}: not a whole Parquet file; delete it and run `dvc repro`") from None


def write_table(path: Path, table: "pd.DataFrame") -> None:
    """Writes a Parquet table without its index, whole or not at all. Equal tables give equal files."""
    write_file(path, lambda partial: table.to_parquet(partial, index=False, compression="zstd"))


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a file beside `path`, then moves it into place.

    Raises:
        StageError: the disk is full or the folder cannot be written; `path` is then as it was before.
    """
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    with _one_line(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(partial)
            _flush(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` to be filled; it takes the place of `path` only when the block ends well.

    Raises:
        StageError: the disk is full or the folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    with _one_line(path):
        # what a killed run left; only one runs at a time
        for left in path.parent.glob(f".{path.name}.*-*"):
            shutil.rmtree(left, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
            for file in partial.rglob("*"):
                if file.is_file():
                    _flush(file)
            old = path.with_name(f".{path.name}.old-{os.getpid()}")
            if path.exists():
                path.rename(old)
            partial.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over the names and bytes of files and folders, in the order of their names."""
    total = hashlib.sha256()
    for path in sorted(paths):
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        for file in files:
            if "__pycache__" in file.parts:
                continue
            total.update(f"{file.as_posix()}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    total.update(block)
    return total.hexdigest()


def work_folder(stage: str, inputs: Iterable[Path], settings: Any) -> Path:
    """`work/<digest>/` for what must survive a kill: the same folder for the same inputs, code and settings.

    Args:
        stage: the name of the stage; its package is the code that counts.
        inputs: files and folders that the stage reads.
        settings: anything JSON can hold.
    """
    code = Path(__file__).parent / stage
    parts = f"{stage}\0{digest(inputs)}\0{_code(code)}\0{json.dumps(settings, sort_keys=True)}"
    folder = WORK / f"{stage}-{hashlib.sha256(parts.encode()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _code(package: Path) -> str:
    files = sorted(package.rglob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except StageError:
        raise
    except Exception as error:  # raised again, but where the disk is to blame
        if full_disk(error, path):
            raise StageError(f"{path}: {FULL}") from None
        if isinstance(error, OSError) and error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
            raise StageError(f"{path}: may not be written; check the folder's owner and mode") from None
        raise


def full_disk(error: Exception, path: Path) -> bool:
    """Whether the error of writing `path` is that of a full disk."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    # safetensors, ONNX and others hide the disk's own error in one of theirs
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    return shutil.disk_usage(folder).free < _NO_SPACE
