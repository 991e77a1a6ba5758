"""Which files a source means, and of which kind each is."""

import glob
from pathlib import Path

from stages.artifacts import StageError

_KINDS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "squad",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "txt",
}
_KNOWN = ", ".join(_KINDS) + ", each also with .gz"


def is_sample(source: str | list[str]) -> bool:
    """Whether the source is a data set that pip installed."""
    return isinstance(source, str) and source.startswith("sample:")


def is_url(source: str | list[str]) -> bool:
    """Whether the source is a database."""
    return isinstance(source, str) and "://" in source


def kind_of(path: Path) -> str:
    """The kind of a file by its suffix: csv, tsv, squad (JSON in its layout), jsonl, parquet or txt.

    Raises:
        StageError: the suffix is not known.
    """
    kind = _kind(path)
    if kind is None:
        raise StageError(f"{path}: a file of unknown kind; known are: {_KNOWN}")
    return kind


def files_of(source: str | list[str]) -> list[Path]:
    """The files of a source that is a path, a folder, a glob or a list of them; each once, sorted by name.

    In a folder, at any depth, files of known kinds are taken, save those whose name or folder starts with
    `.` or `_`.

    Raises:
        StageError: a path does not exist, or no file is found.
    """
    found: dict[Path, Path] = {}
    for entry in [source] if isinstance(source, str) else source:
        for path in _files(entry):
            found.setdefault(path.resolve(), path)
    return sorted(found.values())


def _files(entry: str) -> list[Path]:
    if is_url(entry) or is_sample(entry):
        raise StageError("ingest.source: a list holds files only; give a database or a sample on its own")
    path = Path(entry)
    if path.is_dir():
        files = [
            file
            for file in path.rglob("*")
            if _kind(file)
            and file.is_file()
            and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
        ]
        if not files:
            raise StageError(f"{path}: the folder holds no data file; known are: {_KNOWN}")
        return files
    if path.exists():
        return [path]
    if glob.has_magic(entry):
        files = [Path(file) for file in glob.glob(entry, recursive=True) if Path(file).is_file()]  # noqa: PTH207
        if files:
            return files
        raise StageError(f"{entry}: no file matches; check ingest.source")
    raise StageError(f"{path}: no such file or folder; check ingest.source")


def _kind(path: Path) -> str | None:
    name = path.name.lower().removesuffix(".gz")
    return _KINDS.get(Path(name).suffix)
