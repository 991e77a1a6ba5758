"""What every reader gives: tables of rows."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stages.artifacts import StageError

_SHOWN = 30
# a name that may be shown: short, of few words, no number. A file without a header has data there.
_HEADER = re.compile(r"(?!\d)[\w.\-/()#]{1,40}( [\w.\-/()#]{1,20}){0,2}")


@dataclass(slots=True)
class Row:
    """One row of a table. `raw` must be called before the next row is asked for."""

    number: int
    """from 1, the header not counted"""
    cells: Mapping[str, Any]
    """the wanted columns; empty where the row is bad"""
    raw: Callable[[], bytes]
    """the row as it stands in the source"""
    line: int | None = None
    """the line of the file where it starts, from 1"""
    reason: str | None = None
    """why the row cannot be read, quoting nothing of it; None where it can"""


@dataclass(frozen=True)
class Table:
    """A file, a sample or a query that gives rows."""

    name: str
    """for messages"""
    read: Callable[[Mapping[str, str]], Iterator[Row]]
    """yields the rows; takes the wanted columns, each with the key of params.yaml that names it"""


def require(table: str, wanted: Mapping[str, str], there: Iterable[str], *, schema: bool) -> None:
    """Checks that each wanted column is there, once.

    Args:
        table: the table's name.
        wanted: columns, each with the key of params.yaml that names it.
        there: the columns of the table.
        schema: whether these are certainly names; if not, they are shown only where they look like names.

    Raises:
        StageError: a column is missing or there twice.
    """
    names = list(there)
    for column, key in wanted.items():
        if column not in names:
            raise StageError(f"{table}: no column {column!r}, which {key} names; {_shown(names, schema)}")
        if names.count(column) > 1:
            raise StageError(f"{table}: the column {column!r}, which {key} names, is there twice; rename one")


def _shown(names: list[str], schema: bool) -> str:
    if not schema and not all(_HEADER.fullmatch(name) for name in names):
        return (
            f"its header does not look like one ({len(names)} cells, not shown, as they may be data); "
            "does the file have a header, and the delimiter of its kind?"
        )
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"there are: {', '.join(names[:_SHOWN])}{more}"
