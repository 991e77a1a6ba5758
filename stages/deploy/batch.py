"""A whole table's answers: `predict(...)`, behind `retort predict`.

Rows are answered in chunks of one size, whatever came before: an int8 model's answer to a text may differ in
its last digits with the texts beside it, so a run that is taken up again must cut the table where the first
one did. Finished chunks stand in a file beside the target until all are done.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from tqdm import tqdm

from stages.artifacts import StageError
from stages.deploy.answers import FORMS, write_answers
from stages.deploy.families import Served
from stages.deploy.families.predict import ServedModel
from stages.deploy.prepare import UnvouchedError
from stages.ingest.sources import files_behind, tables
from stages.params.ingest import Columns, Ingest

CHUNK = 256
"""rows answered together, and kept together"""

_UNVOUCHED = "the masker cannot vouch for it, so it was not scored"
Record = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """What became of the rows."""

    rows: int
    refused: int
    """rows with an error in place of an answer"""
    taken_up: int
    """rows that an interrupted run had answered already"""


def predict(
    model: Served, source: str, target: Path, column: str, limit: int, encoding: str = "utf-8"
) -> Done:
    """Answers every row of `source` into `target`, which is written whole or not at all.

    A row's answer holds its number, from 1, never its text; a row that cannot be read or masked has a reason
    in `error` instead.

    Args:
        model: an open bundle that answers texts.
        source: CSV, TSV, JSON Lines or Parquet: a file, a folder or a glob.
        target: ends in .csv, .jsonl or .parquet.
        column: the column of the texts.
        limit: longest text that is answered, in characters.

    Raises:
        StageError: the model answers no texts, the source cannot be read, or the target has another ending.
    """
    if not isinstance(model, ServedModel):
        raise StageError(
            f"{model.name}: answers no rows of text, but requests over HTTP; run `retort serve` and ask it"
        )
    if target.suffix not in FORMS:
        raise StageError(f"{target}: must end in {', '.join(FORMS)}, which says how it is written")
    settings = Ingest(source=source, columns=Columns(text=column), encoding=encoding, max_cell=10_000_000)
    part = _Part(target, _identity(model, settings))
    rows = enumerate(_texts(settings), start=1)
    next(islice(rows, part.rows, part.rows), None)  # those answered before
    bar = tqdm(initial=part.rows, unit=" rows", disable=not sys.stderr.isatty(), leave=False)
    with bar, part:
        while chunk := list(islice(rows, CHUNK)):
            part.add(_answered(model, chunk, limit))
            bar.update(len(chunk))
    if not part.rows:
        raise StageError(f"{source}: has no rows; check what was named")
    refused = write_answers(part.path, target)
    part.path.unlink()
    return Done(part.rows, refused, part.before)


def _texts(settings: Ingest) -> Iterator[tuple[str | None, str]]:
    """Each row's text, or None and why there is none."""
    wanted = {settings.columns.text: "--column or ingest.columns.text"}
    for table in tables(settings):
        for row in table.read(wanted):
            cell = row.cells.get(settings.columns.text)
            if row.reason:
                yield None, row.reason
            elif cell is None or not str(cell).strip():
                yield None, "its text is missing"
            else:
                yield str(cell), ""


def _answered(
    model: ServedModel, chunk: Sequence[tuple[int, tuple[str | None, str]]], limit: int
) -> list[Record]:
    """A record for each row, in their order."""
    found: dict[int, Record] = {}
    good: list[tuple[int, str]] = []
    for number, (text, reason) in chunk:
        if text is None:
            found[number] = {"row": number, "error": reason}
        elif len(text) > limit:
            found[number] = {"row": number, "error": f"its text has {len(text)} characters; at most {limit}"}
        else:
            good.append((number, text))
    for number, answer in zip(
        [number for number, _ in good], _scored(model, [one for _, one in good]), strict=True
    ):
        found[number] = {"row": number, **answer}
    return [found[number] for number, _ in chunk]


def _scored(model: ServedModel, texts: Sequence[str]) -> list[Record]:
    """Answers; where the masker refuses one text, the others are asked one by one."""
    with suppress(UnvouchedError):
        return [{**answer.value, "masked": answer.masked} for answer in model.predict(texts)]
    if len(texts) == 1:
        return [{"error": _UNVOUCHED}]
    return [record for text in texts for record in _scored(model, [text])]


def _identity(model: ServedModel, settings: Ingest) -> str:
    """A digest of what the answers depend on: version, column, and the files as they are now."""
    files = [
        (str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in files_behind(settings)
    ]
    whole = json.dumps([model.version, settings.columns.text, settings.encoding, CHUNK, files])
    return hashlib.sha256(whole.encode()).hexdigest()


class _Part:
    """Finished chunks, as JSON Lines beside the target; the first line says what they belong to.

    Args:
        target: the file that is asked for.
        identity: what the answers depend on; chunks of something else are thrown away.
    """

    def __init__(self, target: Path, identity: str) -> None:
        self.path = target.with_name(f".{target.name}.part")
        self._head = json.dumps({"identity": identity}).encode() + b"\n"
        self.rows = self.before = self._taken()
        self._file = self.path.open("ab") if self.rows else self._begun()

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, records: Sequence[Record]) -> None:
        """Writes a chunk, so that a kill after this loses none of it."""
        self._file.write(b"".join(json.dumps(record).encode() + b"\n" for record in records))
        self._file.flush()
        os.fsync(self._file.fileno())
        self.rows += len(records)

    def _begun(self) -> BinaryIO:
        file = self.path.open("wb")
        file.write(self._head)
        return file

    def _taken(self) -> int:
        """Rows in whole chunks that a former run left; what stands after them is cut off."""
        if not self.path.is_file():
            return 0
        rows = 0
        with self.path.open("rb") as file:
            if file.readline() != self._head:
                return 0
            end = size = len(self._head)
            for count, line in enumerate(file, start=1):
                size += len(line)
                if count % CHUNK == 0 and line.endswith(b"\n"):
                    rows, end = count, size
        os.truncate(self.path, end)
        return rows
