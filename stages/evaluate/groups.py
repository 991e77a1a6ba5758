"""Fairness between the groups that `ingest.columns.groups` names, and its gates."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from stages.artifacts import CLEAN, Check, StageError, at_most
from stages.params import Params

Fairness = dict[str, Any]
"""By column, as `stages.evaluate.fairness` gives it; empty where params name none."""


def between_groups(
    truth: np.ndarray, guess: np.ndarray, labels: list[str], test: pd.DataFrame, params: Params
) -> Fairness:
    """Fairness of answers on the test split, rows in the order of its table.

    Args:
        truth: classes, shape (rows,).
        guess: the answers, the same.
        labels: names of the classes.
        test: the cleaned test split.
        params: which columns, from how many rows, which seed.

    Raises:
        StageError: the table lacks a column, or is of other rows.
    """
    names = params.ingest.columns.groups
    if not names:
        return {}
    absent = [name for name in names if name not in test]
    if absent:
        raise StageError(f"{CLEAN / 'test.parquet'}: no column {absent[0]!r}; run `dvc repro clean`")
    if len(test) != len(truth):
        raise StageError(f"{CLEAN / 'test.parquet'}: not the rows of data/tokens; run `dvc repro tokenize`")
    # fairlearn takes a second to import, which most runs need not wait for
    from stages.evaluate.fairness import fairness

    columns = {name: test[name].tolist() for name in names}
    return fairness(truth, guess, labels, columns, params.evaluate.fairness.min_group, params.project.seed)


def unmeasured(params: Params) -> Fairness:
    """The same for a task that gives no class to a row."""
    note = f"not measured: {params.project.task} gives no class to a row"
    return {name: {"note": note, "groups": {}, "gaps": {}} for name in params.ingest.columns.groups}


def gaps_of(found: Fairness) -> dict[str, dict[str, float]]:
    """The gaps of each column as plain numbers."""
    return {
        name: {gap: one["value"] for gap, one in column["gaps"].items() if one is not None}
        for name, column in found.items()
    }


def group_checks(found: Fairness, params: Params) -> Iterator[Check]:
    """Holds the largest gaps against the gates; one that a gate asks for and nothing tells has failed."""
    gates = params.evaluate.gates
    for name, limit in (
        ("demographic_parity", gates.demographic_parity),
        ("equalised_odds", gates.equalised_odds),
    ):
        if limit is None:
            continue
        values = [column.get(name) for column in gaps_of(found).values()]
        known = [value for value in values if value is not None]
        if len(known) == len(values) and known:
            yield from at_most(name, max(known), limit)
        else:
            yield Check(name, "not measured", limit, False)


def remarks(found: Fairness) -> list[str]:
    """A line for each column that could not be compared, or not wholly."""
    return [f"fairness by {name!r}: {column['note']}" for name, column in found.items() if column["note"]]
