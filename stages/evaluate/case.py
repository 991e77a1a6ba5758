"""What a judge is given, and what it gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from stages.artifacts import CLEAN, TOKENS, Verdict, read_table
from stages.params import Params
from stages.tasks import Task
from stages.tokenize.arrays import Meta, TokenSplit, read_split


@dataclass(frozen=True)
class Case:
    """A trained network, and the data that it is judged by."""

    network: nn.Module
    meta: Meta
    task: Task
    params: Params

    def split(self, name: str) -> TokenSplit:
        """A split as the network reads it."""
        return read_split(TOKENS, name)

    def table(self, name: str) -> pd.DataFrame:
        """A split as `clean` left it, without copies."""
        return read_table(CLEAN / f"{name}.parquet")


@dataclass(frozen=True)
class Evaluation:
    """What is written about a model."""

    metrics: dict[str, Any]
    """numbers under names; the task's headline, `baseline` with the same, and `lead` are among them"""
    plots: dict[str, pd.DataFrame]
    """tables for `dvc plots`, by name"""
    verdict: Verdict
    logits: np.ndarray | None = None
    """what the network says of the test split, shape (rows, classes); None where that is not a class"""


Judge = Callable[[Case], Evaluation]
"""Reads the test split, for this network alone."""
