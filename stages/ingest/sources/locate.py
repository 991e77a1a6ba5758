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
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".npz": "array",
    ".npy": "array",
}
IMAGE_KINDS = frozenset({"image", "array"})
"""kinds of files that are taken where `ingest.image` is given only"""
_TEXT = [suffix for suffix, kind in _KINDS.items() if kind not in IMAGE_KINDS]
_KNOWN = ", ".join(_TEXT) + ", each also with .gz; for images (ingest.image) .png, .jpg, .jpeg, .npz, .npy"


def is_sample(source: str | list[str]) -> bool:
    """Whether the source is a data set that pip installed."""
    return isinstance(source, str) and source.startswith("sample:")


def is_url(source: str | list[str]) -> bool:
    """Whether the source is a database."""
    return isinstance(source, str) and "://" in source


def kind_of(path: Path) -> str:
    """The kind of a file by its suffix: csv, tsv, squad (its JSON), jsonl, parquet, txt, image or array.

    Raises:
        StageError: the suffix is not known.
    """
    kind = _kind(path)
    if kind is None:
        raise StageError(f"{path}: a file of unknown kind; known are: {_KNOWN}")
    return kind


def files_of(source: str | list[str], also: frozenset[str] = frozenset()) -> list[Path]:
    """The files of a source that is a path, a folder, a glob or a list of them; each once, sorted by name.

    In a folder, at any depth, files of known kinds are taken, save those whose name or folder starts with
    `.` or `_`. With them come kinds that are named in `also`; where a folder holds any of these, no others.

    Raises:
        StageError: a path does not exist, or no file is found.
    """
    found: dict[Path, Path] = {}
    for entry in [source] if isinstance(source, str) else source:
        for path in _files(entry, also):
            found.setdefault(path.resolve(), path)
    return sorted(found.values())


def _files(entry: str, also: frozenset[str]) -> list[Path]:
    if is_url(entry) or is_sample(entry):
        raise StageError("ingest.source: a list holds files only; give a database or a sample on its own")
    path = Path(entry)
    if path.is_dir():
        files = [
            file
            for file in path.rglob("*")
            if _kind(file)
            and (_kind(file) not in IMAGE_KINDS or _kind(file) in also)
            and file.is_file()
            and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
        ]
        if not files:
            raise StageError(f"{path}: the folder holds no data file; known are: {_KNOWN}")
        # the table beside a folder of pictures repeats their labels, or says something else of them
        return [file for file in files if _kind(file) in also] or files
    if path.exists():
        return [path]
    if glob.has_magic(entry):
        files = [Path(file) for file in glob.glob(entry, recursive=True) if Path(file).is_file()]  # noqa: PTH207
        if files:
            return files
        raise StageError(f"{entry}: no file matches; check ingest.source")
    raise StageError(f"{path}: no such file or folder; check ingest.source")


def _kind(path: Path) -> str | None:
    name = path.name.lower()
    kind = _KINDS.get(Path(name.removesuffix(".gz")).suffix)
    return None if kind in IMAGE_KINDS and name.endswith(".gz") else kind
