"""JSON Lines: one object a line."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from stages.ingest.mapping import BadRow, check_text
from stages.ingest.sources.base import Row, Table, require
from stages.ingest.sources.lines import open_lines

# names kept to tell which columns there are
_NAMES = 1000


def table(path: Path, encoding: str, max_cell: int) -> Table:
    """A JSON Lines file as a table. Its columns are the keys that any of its objects holds."""
    return Table(str(path), partial(_read, path, encoding, max_cell))


def _read(path: Path, encoding: str, max_cell: int, wanted: Mapping[str, str]) -> Iterator[Row]:
    names: dict[str, None] = {}
    unseen = set(wanted)
    objects = number = 0
    with open_lines(path, encoding, max_cell) as lines:
        while True:
            lines.start()
            line = next(lines, None)
            if line is None:
                break
            if not line.strip():
                continue
            number += 1
            try:
                found = _object(line, lines.cut, max_cell)
            except BadRow as error:
                yield Row(number, {}, lines.raw, lines.number, str(error))
                continue
            objects += 1
            unseen.difference_update(found)
            if len(names) < _NAMES:
                names.update(dict.fromkeys(found))
            yield Row(number, {name: found.get(name) for name in wanted}, lines.raw, lines.number)
    if objects:
        missing = {name: key for name, key in wanted.items() if name in unseen}
        require(str(path), missing, names, schema=False)


def _object(line: str, cut: bool, max_cell: int) -> dict[str, Any]:
    if cut:
        raise BadRow(f"the line is far longer than ingest.max_cell ({max_cell} characters)")
    check_text(line, len(line))
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRow("it is no JSON") from None
    if not isinstance(found, dict):
        raise BadRow("it is JSON, but no object")
    if len(line) > max_cell and any(
        isinstance(cell, str) and len(cell) > max_cell for cell in found.values()
    ):
        raise BadRow(f"a cell is longer than ingest.max_cell ({max_cell} characters)")
    return found
