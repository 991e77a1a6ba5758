"""The contract of `data/raw`: sealed part files and their manifest."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from stages.artifacts import StageError, read_json, write_json
from stages.ingest.mapping import Mapped, place_of
from stages.ingest.sealing import Forged
from stages.ingest.table_writer import GROUP_BYTES, TableWriter

if TYPE_CHECKING:  # the masking processes import this too, and need no database
    from stages.ingest.vault import Vault

FORMAT = 2
PART_ROWS = 50_000
QUARANTINE = "quarantine.parquet"
# so many rows are sealed or unsealed at a time: their people's keys come from the vault together
_AT_ONCE = 1000
_AGAIN = "run `dvc repro --force ingest`"

RAW_SCHEMA = pa.schema([("row_id", pa.string()), ("subject", pa.string()), ("sealed", pa.binary())])
QUARANTINE_SCHEMA = pa.schema(
    [
        ("row_id", pa.string()),
        ("table", pa.string()),
        ("row", pa.int64()),
        ("reason", pa.string()),
        ("sealed", pa.binary()),
    ]
)


@dataclass(frozen=True, slots=True)
class Record:
    """One unsealed row. It lives in memory only."""

    row_id: str
    subject: str | None
    """the keyed hash of the person, as in the file"""
    text: str = field(repr=False)
    label: str = field(repr=False)
    groups: dict[str, str | None] = field(repr=False)
    place: bytes = field(repr=False)
    """keyless digest of the plain content, 16 bytes; equal rows have equal places"""
    person: bytes | None = field(default=None, repr=False)
    """keyless digest of the person's name, 32 bytes; None where there is no subject"""


@dataclass(frozen=True, slots=True)
class Broken:
    """A row whose ciphertext cannot be trusted. Nothing of it is used."""

    file: str
    number: int
    """from 1, in its file"""
    row_id: str
    reason: str


class RawWriter:
    """Seals records into a folder: parts, `quarantine.parquet` if any row is bad, and the manifest."""

    def __init__(self, folder: Path, vault: "Vault", part_rows: int = PART_ROWS) -> None:
        self._folder = folder
        self._vault = vault
        self._part_rows = part_rows
        self._part: TableWriter | None = None
        self._quarantine: TableWriter | None = None
        self._waiting: list[tuple[bytes, str, str | None]] = []
        self._bytes = 0
        self.rows = 0
        self.quarantined = 0

    def __enter__(self) -> "RawWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._seal_waiting()
            for writer in (self._part, self._quarantine):
                if writer:
                    writer.close()
            self._write_manifest()

    def add(self, plain: bytes, occurrence: int, subject: str | None) -> str | None:
        """Seals one record under the key of the person it is about.

        Args:
            plain: the record's canonical bytes.
            occurrence: how many equal records have come, this one included.
            subject: the person it is about, in plain.

        Returns:
            The keyed hash of the subject.
        """
        row_id = row_id_of(self._vault.content(plain), occurrence)
        hashed = None if subject is None else self._vault.subject(subject)
        if self.rows % self._part_rows == 0:
            self._seal_waiting()
            if self._part:
                self._part.close()
            path = self._folder / f"part-{self.rows // self._part_rows:05d}.parquet"
            self._part = TableWriter(path, RAW_SCHEMA)
        self._waiting.append((plain, row_id, hashed))
        self._bytes += len(plain)
        if len(self._waiting) >= _AT_ONCE or self._bytes >= GROUP_BYTES:
            self._seal_waiting()
        self.rows += 1
        return hashed

    def quarantine(self, table: str, number: int, raw: bytes, reason: str, subject: str | None) -> None:
        """Seals a bad row as it stood in the source, under its person's key where they can be told."""
        from stages.ingest.vault.vault import BAD_ROWS

        if self._quarantine is None:
            self._quarantine = TableWriter(self._folder / QUARANTINE, QUARANTINE_SCHEMA)
        row_id = row_id_of(self._vault.content(f"{table}\0{number}\0".encode() + raw), 0)
        name = BAD_ROWS if subject is None else self._vault.subject(subject)
        seal = self._vault.seals_or_make([name])[name]
        self._quarantine.add((row_id, table, number, reason, seal.seal(raw, row_id)))
        self.quarantined += 1

    def _seal_waiting(self) -> None:
        if not self._waiting or self._part is None:
            return
        seals = self._vault.seals_or_make({_key_name(hashed) for _, _, hashed in self._waiting})
        for plain, row_id, hashed in self._waiting:
            self._part.add((row_id, hashed, seals[_key_name(hashed)].seal(plain, row_id)))
        self._waiting.clear()
        self._bytes = 0

    def _write_manifest(self) -> None:
        manifest = {
            "format": FORMAT,
            "rows": self.rows,
            "quarantined": self.quarantined,
            "columns": RAW_SCHEMA.names,
            "vault": self._vault.id,
            "parts": {path.name: _digest(path) for path in sorted(self._folder.glob("*.parquet"))},
        }
        write_json(self._folder / "manifest.json", manifest)


def row_id_of(content: bytes, occurrence: int) -> str:
    """The name of a row, 32 hexadecimal digits: from its keyed content hash and its number among equals."""
    return hashlib.sha256(content + occurrence.to_bytes(8, "big")).hexdigest()[:32]


def _key_name(hashed: str | None) -> str:
    from stages.ingest.vault.vault import NOBODY

    return hashed or NOBODY


def read_manifest(folder: Path, vault: "Vault") -> dict[str, Any]:
    """Reads the manifest and checks the files against it.

    Raises:
        StageError: it is damaged, of another format or sealed with another vault; or a file is missing,
            changed or not listed.
    """
    path = folder / "manifest.json"
    manifest = read_json(path)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StageError(f"{path}: not of format {FORMAT}; {_AGAIN}")
    if manifest["vault"] != vault.id:
        raise StageError(
            f"{folder}: sealed with the vault {manifest['vault']}, but the one at hand ({vault.base.shown}) "
            f"is {vault.id}; put the former back, or {_AGAIN}"
        )
    there = {file.name for file in folder.glob("*.parquet")}
    for name in sorted(there ^ set(manifest["parts"])):
        raise StageError(
            f"{folder / name}: {'not in the manifest' if name in there else 'missing'}; {_AGAIN}"
        )
    for name, expected in manifest["parts"].items():
        if _digest(folder / name) != expected:
            raise StageError(f"{folder / name}: changed after it was written; {_AGAIN}")
    return manifest


def read_raw(
    folder: Path, vault: "Vault", broken: Callable[[Broken], object] | None = None
) -> Iterator[Record]:
    """Unseals the rows of `data/raw` one by one, in their order in the files.

    The vault's log says beforehand who is about to unseal how many rows.

    Args:
        folder: `data/raw`.
        vault: the open vault.
        broken: takes the rows whose ciphertext cannot be trusted; without it such a row is an error.

    Raises:
        StageError: the folder is of another vault; a file is damaged; a record is forged.
    """
    manifest = read_manifest(folder, vault)
    vault.note("unseal", manifest["rows"])
    rows = 0
    for name in sorted(part for part in manifest["parts"] if part.startswith("part-")):
        number = 0
        try:
            with pq.ParquetFile(folder / name, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=_AT_ONCE, use_threads=False):
                    found = batch.to_pylist()
                    seals = vault.seals({_key_name(row["subject"]) for row in found})
                    for number, row in enumerate(found, start=number + 1):  # noqa: B020
                        rows += 1
                        try:
                            yield _unseal(row, vault, seals)
                        except Forged:
                            _complain(Broken(name, number, row["row_id"], FORGED), folder, broken)
        except pa.ArrowException:
            raise StageError(f"{folder / name}: not a whole Parquet file; {_AGAIN}") from None
    if rows != manifest["rows"]:
        raise StageError(f"{folder}: holds {rows} rows where its manifest says {manifest['rows']}; {_AGAIN}")


FORGED = "its sealed record was changed, or its key is gone"


def _complain(row: Broken, folder: Path, broken: Callable[[Broken], object] | None) -> None:
    if broken is None:
        raise StageError(f"{folder / row.file}: row {row.number} ({row.row_id}): {row.reason}; {_AGAIN}")
    broken(row)


def _unseal(row: dict[str, Any], vault: "Vault", seals: dict[str, Any]) -> Record:
    row_id = row["row_id"]
    seal = seals.get(_key_name(row["subject"]))
    if seal is None or not row["sealed"]:
        raise Forged
    plain = seal.unseal(row["sealed"], row_id)
    found = Mapped.of(plain)
    subject = None if found.subject is None else vault.subject(found.subject)
    if subject != row["subject"]:
        raise Forged
    person = None if found.subject is None else hashlib.sha256(found.subject.encode()).digest()
    return Record(row_id, subject, found.text, found.label, found.groups, place_of(plain), person)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
