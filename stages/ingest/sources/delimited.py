"""CSV and TSV files (RFC 4180, quoted line breaks included)."""

import csv
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from stages.artifacts import StageError
from stages.ingest.mapping import BadRow, check_text
from stages.ingest.sources.base import Row, Table, require
from stages.ingest.sources.lines import Lines, open_lines

_TOO_LONG = "field larger than field limit"
_UNCLOSED = "unexpected end of data"
_INSIDE = re.compile(r'[^"]*+(?:""[^"]*+)*+')


def table(path: Path, delimiter: str, encoding: str, max_cell: int, name: str | None = None) -> Table:
    """A CSV or TSV file as a table."""
    shown = name or str(path)
    return Table(shown, partial(_read, path, shown, delimiter, encoding, max_cell))


def _read(
    path: Path, name: str, delimiter: str, encoding: str, max_cell: int, wanted: Mapping[str, str]
) -> Iterator[Row]:
    csv.field_size_limit(max_cell)
    with open_lines(path, encoding, max_cell) as lines:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header = _header(reader, name, encoding)
        require(name, wanted, header, schema=False)
        picks = [(column, header.index(column)) for column in wanted]
        number = 0
        while True:
            lines.start()
            line = lines.number + 1
            reason = None
            values: list[str] = []
            try:
                values = next(reader)
                if not values:
                    continue
                _check(values, len(header), lines.cut, max_cell)
            except StopIteration:
                return
            except BadRow as error:
                reason = str(error)
            except csv.Error as error:
                reason = _complaint(error, lines, delimiter, max_cell, f"{name}: line {line}")
            number += 1
            cells = {} if reason else {column: values[index] for column, index in picks}
            yield Row(number, cells, lines.raw, line, reason)


def _header(reader: Iterator[list[str]], name: str, encoding: str) -> list[str]:
    try:
        header = [cell.strip() for cell in next(cells for cells in reader if cells)]
        check_text("".join(header), 1_000_000)
    except StopIteration:
        raise StageError(f"{name}: the file holds blank lines only; check ingest.source") from None
    except csv.Error:
        raise StageError(f"{name}: line 1 is no header of a CSV or TSV file; check the file's kind") from None
    except BadRow:
        raise StageError(f"{name}: line 1 is not {encoding}; set ingest.encoding") from None
    return header


def _check(values: list[str], width: int, cut: bool, max_cell: int) -> None:
    if cut:
        raise BadRow(f"a line is far longer than ingest.max_cell ({max_cell} characters)")
    if len(values) != width:
        raise BadRow(f"it has {len(values)} cell{'s'[: len(values) > 1]} where the header has {width}")
    # the csv module has checked the length of each cell
    check_text("".join(values), max_cell * width)


def _complaint(error: csv.Error, lines: Lines, delimiter: str, max_cell: int, where: str) -> str:
    """Why the csv module gave a row up. Reads on to the end of the row, where that is some lines further.

    Raises:
        StageError: a quote is never closed, so that no later row can be told from the open cell.
    """
    unclosed = StageError(
        f"{where}: a quote opens there and is never closed; close it, or double it within a cell"
    )
    if str(error).startswith(_UNCLOSED):
        raise unclosed
    if not str(error).startswith(_TOO_LONG):
        return "a quote stands inside a quoted cell and is not doubled"
    is_open = False
    for line in lines.row:
        is_open = _ends_inside(line, is_open, delimiter)
    # a line that was cut is not followed: its end is not known
    while is_open and not lines.cut:
        line = next(lines, "")
        if not line:
            raise unclosed
        lines.row.pop()
        is_open = _ends_inside(line, is_open, delimiter)
    return f"a cell is longer than ingest.max_cell ({max_cell} characters)"


def _ends_inside(line: str, inside: bool, delimiter: str) -> bool:
    """Whether the end of the line lies within a quoted cell."""
    at = 0
    opening = re.compile(f'(?:^|{re.escape(delimiter)})"')
    while True:
        if inside:
            found = _INSIDE.match(line, at)
            at = found.end() if found else at
            if at == len(line):
                return True
            at += 1
        following = opening.search(line, at)
        if not following:
            return False
        at, inside = following.end(), True
