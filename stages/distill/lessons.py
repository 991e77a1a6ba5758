"""Which rows a student learns from.

A teacher trained with differential privacy keeps its promise only where nothing that is served has read its
training rows without noise. So its student learns from the teacher's answers alone, on rows of the validation
split: whatever is computed from a private teacher without its rows costs no further budget (Dwork and Roth
2014, "The Algorithmic Foundations of Differential Privacy", proposition 2.1).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.artifacts import StageError
from stages.evaluate.leaks.losses import take
from stages.evaluate.leaks.run import take_first
from stages.params.distill import Distill
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.teacher import Teacher

LEARNED = 0.75
"""share of the validation rows that the student of a private teacher learns from"""
_LEAST = 8


@dataclass(frozen=True)
class Lessons:
    """The rows a student learns from and those that choose its epoch and number format."""

    train: TokenSplit
    valid: TokenSplit
    learned: TokenSplit
    """of the rows it learns from those that are somebody's, which the audit of membership looks for"""
    settings: Distill
    privacy: dict[str, Any] | None
    """the budget of what is served, and whose it is; None where none was asked for"""


def lessons(
    splits: dict[str, TokenSplit], meta: Meta, teacher: Teacher, settings: Distill, seed: int
) -> Lessons:
    """Training rows and their labels; of a private teacher, validation rows without their labels.

    Args:
        splits: "train" and "valid".

    Raises:
        StageError: there are too few validation rows.
    """
    train, valid = splits["train"], splits["valid"]
    budget = teacher.config.get("privacy")
    if budget is None:
        real = take_first(train, len(train) - meta.augmented_rows)
        return Lessons(train, valid, real, settings, None)
    count = int(len(valid) * LEARNED)
    if len(valid) - count < _LEAST:
        raise StageError(
            f"train.privacy: its student learns from validation rows, and {len(valid)} are too few; "
            "raise the share of clean.splits.valid"
        )
    order = np.random.default_rng((seed, 6)).permutation(len(valid))
    learned, others = (take(valid, np.sort(rows)) for rows in (order[:count], order[count:]))
    owned = {**budget, "training_rows": len(train), "rows_without_promise": len(valid)}
    return Lessons(learned, others, learned, settings.model_copy(update={"soft": 1.0}), owned)
