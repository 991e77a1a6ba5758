"""What no expectation sees in one column of one split, worked out as columns of their own."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from stages.artifacts import SPLITS
from stages.clean.dedup import NearIndex, signatures
from stages.clean.leftover import holds_personal_value
from stages.params.clean import Masking
from stages.tasks import Task
from stages.validate.language import is_in

if TYPE_CHECKING:
    import pandas as pd

LANGUAGE = "{}: in the language"
PERSONAL = "{}: personal value left"
NEAR = "{}: near duplicate in another split"
ELSEWHERE = "{}: also in another split"

SAMPLE = 2000
"""texts of a split whose language is judged: enough to know the share to about two points"""

Tables = dict[str, "pd.DataFrame"]


def with_facts(
    tables: Tables,
    text: str,
    masking: Masking,
    near_duplicates: float | None,
    language: str,
    task: Task,
    plain: Callable[[str], str] = str,
) -> Tables:
    """The tables with columns of booleans beside their own: the facts named above.

    A fact is null where the value is missing and, for the language, where the text was not sampled. Where
    `near_duplicates` is null, only equal texts count. A table that lacks a column gets none of its facts:
    the expectations on them then fail.

    Args:
        tables: the splits, by name.
        text: name of the text column.
        masking: `clean.masking`.
        near_duplicates: `clean.near_duplicates`.
        language: `project.language`.
        task: of a text that is no prose neither language nor personal values are judged.
        plain: puts tokens in place of surrogates that masking put into the texts.
    """
    wider = {name: tables[name].copy() for name in SPLITS}
    readable = {name: table for name, table in wider.items() if text in table}
    for table in readable.values() if task.prose else ():
        known = table[text].dropna()
        judged = {index: is_in(value, language) for index, value in _sample(known).items()}
        table[LANGUAGE.format(text)] = _objects([judged.get(index) for index in table.index])
        found = holds_personal_value([plain(value) for value in known], masking, language)
        flags = dict(zip(known.index, found, strict=True))
        table[PERSONAL.format(text)] = _objects([flags.get(index) for index in table.index])
    _add_near(readable, text, near_duplicates if task.prose and near_duplicates else 1.0, task)
    for column in ("row_id", "subject"):
        _add_elsewhere({name: table for name, table in wider.items() if column in table}, column)
    return wider


def _sample(texts: "pd.Series") -> "pd.Series":
    """At most `SAMPLE` texts, chosen by their own digests: neither order nor chance decides."""
    digests = texts.map(lambda text: sha256(text.encode()).hexdigest())
    return texts.loc[digests.sort_values().index[:SAMPLE]]


def _add_near(tables: Tables, text: str, threshold: float, task: Task) -> None:
    """Flags rows that are like a row of an earlier split: one side of each pair is enough."""
    texts = {
        name: [task.compared(value) for value in table[text].fillna("")] for name, table in tables.items()
    }
    hashed = iter(signatures(value for part in texts.values() for value in part))
    index, place = NearIndex(threshold), 0
    for name, part in texts.items():
        own = [next(hashed) for _ in part]
        flags = [next(index.like(signature), None) is not None for signature in own]
        tables[name][NEAR.format(text)] = _objects(flags)
        for signature in own:
            index.add(place, signature)
            place += 1


def _add_elsewhere(tables: Tables, column: str) -> None:
    values = {name: set(table[column].dropna()) for name, table in tables.items()}
    for name, table in tables.items():
        others = set().union(*(found for other, found in values.items() if other != name))
        table[ELSEWHERE.format(column)] = _each(table[column], others.__contains__)


def _each(column: "pd.Series", fact: Callable[[str], bool | None]) -> np.ndarray:
    return _objects([None if missing else fact(v) for v, missing in zip(column, column.isna(), strict=True)])


def _objects(values: Sequence[bool | None]) -> np.ndarray:
    return np.array(values, dtype=object)
