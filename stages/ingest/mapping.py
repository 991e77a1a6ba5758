"""From the cells of a row, of whatever type, to the record that is sealed."""

import datetime
import decimal
import hashlib
import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stages.artifacts import StageError
from stages.params.ingest import Columns

if TYPE_CHECKING:  # noticing a changed source needs none of what a task imports
    from stages.tasks import Task

_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class BadRow(Exception):
    """A row that cannot be taken. The message says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A row's values under Retort's own names, all of them strings."""

    text: str
    label: str
    subject: str | None
    groups: dict[str, str | None]
    repaired: bool = False
    """whether the source said something of the target that was put right; not part of the record"""

    def plain(self) -> bytes:
        """The canonical JSON of the record: equal records give equal bytes."""
        record = {"text": self.text, "label": self.label, "subject": self.subject, "groups": self.groups}
        return _CANONICAL.encode(record).encode()

    @classmethod
    def of(cls, plain: bytes) -> "Mapped":
        """The record that `plain` gave."""
        found = json.loads(plain)
        return cls(found["text"], found["label"], found["subject"], found["groups"])


def place_of(plain: bytes) -> bytes:
    """The keyless digest of a record's plain bytes, 16 bytes: orders, splits and samples, is never stored."""
    return hashlib.sha256(plain).digest()[:16]


class Mapper:
    """Maps rows by `ingest.columns`; which of them make up text and target is the task's to say.

    Raises:
        StageError: a column that the task needs is not named.
    """

    def __init__(self, columns: Columns, max_cell: int, task: "Task") -> None:
        self._columns = columns
        self._max_cell = max_cell
        self._task = task
        named = columns.model_dump()
        self._inputs = {key: named[key] for key in task.inputs if key not in task.optional or named[key]}
        self._truths = {key: named[key] for key in task.truths if named[key] is not None}
        needed = {**self._inputs, **{key: named[key] for key in task.truths[:1]}}
        for key, name in needed.items():
            if name is None:
                raise StageError(f"ingest.columns.{key}: null, but {task.name} needs it; name the column")

    @property
    def wanted(self) -> dict[str, str]:
        """The source's columns that are read, each with the key of params.yaml that names it."""
        columns = self._columns
        read = {**self._inputs, **self._truths}
        named = {name: f"ingest.columns.{key}" for key, name in read.items()}
        if columns.subject is not None:
            named[columns.subject] = "ingest.columns.subject"
        return named | dict.fromkeys(columns.groups, "ingest.columns.groups")

    def map(self, cells: Mapping[str, Any]) -> Mapped:
        """Maps the cells of one row.

        Raises:
            BadRow: a part of the text or the target is missing, or a cell is too long, damaged or of no plain
                type.
        """
        columns = self._columns
        parts = {key: self._cell(cells, name) for key, name in self._inputs.items()}
        missing = [key for key, part in parts.items() if part is None and key not in self._task.optional]
        if missing:
            raise BadRow(f"its {missing[0]} is missing")
        try:
            text = self._task.joined([parts.get(key) or "" for key in self._task.inputs])
            truth = {key: cells.get(name) for key, name in self._truths.items()}
            target = self._task.target(truth, text)
            repaired = target is not None and self._task.repaired(truth, target, text)
        except ValueError as error:
            raise BadRow(str(error)) from None
        label = self._cell({"label": target}, "label")
        if label is None:
            raise BadRow("its label is missing")
        subject = None if columns.subject is None else self._cell(cells, columns.subject)
        groups = {name: self._cell(cells, name) for name in columns.groups}
        return Mapped(
            text,
            label.strip(),
            subject and subject.strip(),
            {name: value and value.strip() for name, value in groups.items()},
            repaired,
        )

    def subject(self, cells: Mapping[str, Any]) -> str | None:
        """The person that a bad row is about, where its cells still tell."""
        if self._columns.subject is None:
            return None
        try:
            found = self._cell(cells, self._columns.subject)
        except BadRow:
            return None
        return found and found.strip()

    def _cell(self, cells: Mapping[str, Any], column: str) -> str | None:
        text = as_text(cells.get(column))
        if text is None or not text.strip():
            return None
        check_text(text, self._max_cell)
        return text


def check_text(text: str, max_cell: int) -> None:
    """Raises BadRow where `text` is too long, holds NUL, or bytes that could not be decoded."""
    if len(text) > max_cell:
        raise BadRow(f"a cell is longer than ingest.max_cell ({max_cell} characters)")
    if "\0" in text:
        raise BadRow("it holds NUL bytes")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadRow("it holds bytes that cannot be decoded") from None


def as_text(value: Any) -> str | None:
    """A cell as a string; None where it is missing. The same value is the same string from any source.

    Raises:
        BadRow: it is of no plain type, such as a list.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | uuid.UUID):
        return str(value)
    if isinstance(value, float | decimal.Decimal):
        if math.isnan(value):
            return None
        whole = math.isfinite(value) and value == int(value)
        return str(int(value)) if whole else str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    raise BadRow(f"a cell holds a {type(value).__name__}, not a text, number or date")
