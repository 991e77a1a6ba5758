"""Scores and their wording, for every stage that measures a model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stages.artifacts import Verdict
from stages.tasks import Task


def scores(task: Task, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    """The task's metrics without its tables: `dvc metrics show` gives every number a column."""
    found = task.metrics(truth, probabilities, labels)
    return {name: value for name, value in found.items() if not isinstance(value, list)}


def shortfalls(verdict: Verdict) -> list[str]:
    """A line per failed gate: which, and by how much."""
    return [
        f"gate failed: {check.name} is {check.value:.4g}, limit {check.limit:g}, "
        f"off by {abs(check.value - check.limit):.4g}; recorded, deploy will refuse"
        for check in verdict.failures
        if isinstance(check.value, float | int) and isinstance(check.limit, float | int)
    ]
