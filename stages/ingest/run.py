"""Ingest as a function: source in, sealed folder out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from stages import tasks
from stages.artifacts import StageError
from stages.ingest.filtering import Filter
from stages.ingest.mapping import BadRow, Mapped, Mapper, place_of
from stages.ingest.raw import RawWriter
from stages.ingest.sampling import BottomK, Tally, priority
from stages.ingest.sources import Row, Table, tables
from stages.ingest.vault import Vault
from stages.params.ingest import Ingest
from stages.tasks import Task

# bad rows that a message lists, and labels beyond which a column holds no classes
_LISTED = 5
_MOST_LABELS = 10_000


@dataclass
class Counts:
    """What became of the rows."""

    read: int = 0
    bad: int = 0
    filtered: int = 0
    """left out by ingest.filter"""
    left_out: int = 0
    """left out by ingest.limit"""
    kept: int = 0
    labels: int = 0
    largest_label: int = 0
    smallest_label: int = 0
    subjects: int = 0
    repaired: int = 0
    """rows whose target was put right, such as an answer that stood elsewhere in its context"""
    forgotten: int = 0
    """rows of people who were erased; they are not taken in"""


@dataclass
class _BadRows:
    """Bad rows of one run: all are counted, the first few of the first table that has any are listed."""

    total: int = 0
    table: str = ""
    listed: list[str] = field(default_factory=list)

    def add(self, table: str, row: Row, reason: str) -> None:
        self.total += 1
        self.table = self.table or table
        if table == self.table and len(self.listed) < _LISTED:
            line = f" (line {row.line})" if row.line else ""
            self.listed.append(f"row {row.number}{line}: {reason}")

    def complain(self) -> None:
        if self.total:
            rest = self.total - len(self.listed)
            more = f"; and {rest} more" if rest else ""
            raise StageError(
                f"{self.table}: {self.total} bad {'row' if self.total == 1 else 'rows'}: "
                f"{'; '.join(self.listed)}{more}. Mend them, or set ingest.on_bad_rows: quarantine"
            )


def run(settings: Ingest, seed: int, vault: Vault, folder: Path, task: Task | None = None) -> Counts:
    """Reads the source, keeps what is asked for, and seals it into `folder`.

    Memory is bounded by `limit` records, or by a chunk where there is no limit. Which rows are kept
    depends on their content and on `seed` only.

    Args:
        task: what the rows are for; without one, to be classified.

    Raises:
        StageError: the source cannot be read, holds bad rows under `on_bad_rows: fail`, no row is left,
            or all rows have one label.
    """
    counts = Counts()
    task = task or tasks.get("text-classification")
    with Tally() as tally, RawWriter(folder, vault) as writer:
        labels: Counter[str] = Counter()

        def keep(mapped: Mapped, plain: bytes, occurrence: int) -> None:
            subject = writer.add(plain, occurrence, mapped.subject)
            labels.update(task.classes(mapped.label))
            if len(labels) > _MOST_LABELS:
                raise StageError(
                    f"ingest.columns.label: the column {settings.columns.label!r} holds more than "
                    f"{_MOST_LABELS} different values; name the column that holds the class"
                )
            if subject is not None and tally.add(bytes.fromhex(subject) + b"subject") == 1:
                counts.subjects += 1

        sample: BottomK[tuple[bytes, int]] | None = BottomK(settings.limit) if settings.limit else None
        for mapped in _records(settings, writer, vault, counts, task):
            plain = mapped.plain()
            occurrence = tally.add(vault.content(plain))
            if sample is None:
                keep(mapped, plain, occurrence)
            else:
                sample.add(priority(seed, place_of(plain), occurrence), (plain, occurrence))
        if sample is not None:
            for plain, occurrence in sample.drain():
                keep(Mapped.of(plain), plain, occurrence)
        counts.kept = writer.rows
        counts.left_out = counts.read - counts.bad - counts.filtered - counts.forgotten - counts.kept
        _check_labels(counts, labels, settings, task)
    return counts


def metrics(counts: Counts) -> dict[str, int]:
    """The counts for `dvc metrics`. They name no label, as a label may be personal."""
    return asdict(counts)


def _records(
    settings: Ingest, writer: RawWriter, vault: Vault, counts: Counts, task: Task
) -> Iterator[Mapped]:
    """The mapped rows that pass the filter. Raises StageError at the end where bad rows are not allowed."""
    chosen = Filter(settings.filter) if settings.filter is not None else None
    mapper = Mapper(settings.columns, settings.max_cell, task)
    wanted = dict.fromkeys(sorted(chosen.columns), "ingest.filter") if chosen else {}
    wanted |= mapper.wanted
    bad = _BadRows()
    for table in tables(settings):
        before = counts.read
        for row in table.read(wanted):
            counts.read += 1
            try:
                mapped = _one(row, mapper, chosen)
            except BadRow as error:
                subject = mapper.subject(row.cells)
                if subject is not None and vault.is_forgotten(subject):
                    counts.forgotten += 1
                    continue
                bad.add(table.name, row, str(error))
                if settings.on_bad_rows == "quarantine":
                    writer.quarantine(table.name, row.number, row.raw(), str(error), subject)
                continue
            if mapped is None:
                counts.filtered += 1
            elif mapped.subject is not None and vault.is_forgotten(mapped.subject):
                counts.forgotten += 1
            elif settings.on_bad_rows == "quarantine" or not bad.total:
                counts.repaired += mapped.repaired
                yield mapped
        if counts.read == before:
            raise _no_rows(table)
    counts.bad = bad.total
    if settings.on_bad_rows == "fail":
        bad.complain()


def _one(row: Row, mapper: Mapper, chosen: Filter | None) -> Mapped | None:
    if row.reason:
        raise BadRow(row.reason)
    if chosen is not None and not chosen.keeps(row.cells):
        return None
    return mapper.map(row.cells)


def _no_rows(table: Table) -> StageError:
    return StageError(f"{table.name}: has a header but no rows; check ingest.source")


def _check_labels(counts: Counts, labels: Counter[str], settings: Ingest, task: Task) -> None:
    counts.labels = len(labels)
    if not labels:
        raise StageError(
            f"no row is left of {counts.read}: {counts.filtered} do not pass ingest.filter, {counts.bad} "
            f"are bad and {counts.forgotten} are of people who were erased; loosen the filter, or "
            "mend the rows"
        )
    if task.labelled and len(labels) == 1:
        raise StageError(
            f"only one label is left in the column {settings.columns.label!r} ({counts.kept} rows); "
            "a classifier needs two: check ingest.columns.label, ingest.filter and the source"
        )
    counts.largest_label = max(labels.values())
    counts.smallest_label = min(labels.values())
