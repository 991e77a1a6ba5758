"""Files of texts for `retort mask`: a text a line, CSV, JSON Lines. Read and written row by row."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Protocol

from flows.errors import FlowError

_ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True)
class Row:
    """A text, and what stands beside it in its row."""

    text: str
    beside: Any = None


class Form(Protocol):
    """How texts lie in a file."""

    def rows(self, stream: Iterable[str]) -> Iterator[Row]:
        """The rows, in order.

        Raises:
            ValueError: what is wrong with the next row, without quoting it.
        """

    def lines(self, rows: Iterable[Row]) -> Iterator[str]:
        """The rows as lines of a file."""


class Lines:
    """A text a line."""

    def rows(self, stream: Iterable[str]) -> Iterator[Row]:
        return (Row(line.removesuffix("\n")) for line in stream)

    def lines(self, rows: Iterable[Row]) -> Iterator[str]:
        return (f"{row.text}\n" for row in rows)


class JsonLines:
    """An object a line, with its text in the field `text`. Other fields stay as they are."""

    def rows(self, stream: Iterable[str]) -> Iterator[Row]:
        for line in stream:
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except ValueError:
                raise ValueError("is not JSON") from None
            if not isinstance(found, dict) or not isinstance(found.get("text"), str):
                raise ValueError("has no field `text` that holds a text")
            yield Row(found["text"], found)

    def lines(self, rows: Iterable[Row]) -> Iterator[str]:
        for row in rows:
            yield json.dumps({**row.beside, "text": row.text}, ensure_ascii=False) + "\n"


class Csv:
    """CSV with a header. Other columns stay as they are."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._header: list[str] = []

    def rows(self, stream: Iterable[str]) -> Iterator[Row]:
        csv.field_size_limit(sys.maxsize)
        reader = csv.reader(stream, strict=True)
        try:
            self._header = next(reader, [])
            if self._header.count(self._column) != 1:
                raise FlowError(
                    f"--column: the header has {self._header.count(self._column)} columns "
                    f"{self._column!r}; name one that is there once"
                )
            place = self._header.index(self._column)
            for cells in reader:
                if len(cells) != len(self._header):
                    raise ValueError(f"has {len(cells)} cells; the header has {len(self._header)}")
                yield Row(cells[place], cells)
        except csv.Error:
            raise ValueError("is not CSV") from None

    def lines(self, rows: Iterable[Row]) -> Iterator[str]:
        begun = False
        for row in rows:
            if not begun:
                yield _joined(self._header)
            begun = True
            cells = list(row.beside)
            cells[self._header.index(self._column)] = row.text
            yield _joined(cells)
        if not begun:  # only now is the header known to have been read
            yield _joined(self._header)


def form_of(name: str | None, source: str, target: str, column: str) -> Form:
    """The form that is asked for, else the one that an ending tells; a text a line where none does.

    Raises:
        FlowError: there is no such form.
    """
    told = (_ENDINGS.get(PurePath(path).suffix.lower()) for path in (source, target))
    chosen = name or next(filter(None, told), "text")
    forms: dict[str, Form] = {"text": Lines(), "csv": Csv(column), "jsonl": JsonLines()}
    if chosen not in forms:
        raise FlowError(f"--format: {chosen!r} is none; choose one of {', '.join(forms)}")
    return forms[chosen]


def _joined(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
