"""Judges what answers for a row as a whole."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from stages.artifacts import CLEAN, TOKENS, StageError
from stages.evaluate.case import Case, Evaluation
from stages.evaluate.classes import Texts, run
from stages.tasks import Task
from stages.tokenize.arrays import TokenSplit
from stages.train.predict import predict_logits


def judge(case: Case) -> Evaluation:
    """Beside a baseline that learns the same texts.

    Raises:
        StageError: the encoded test split is not that of the cleaned one.
    """
    split = case.split("test")
    logits = predict_logits(case.network, split, case.meta.pad_id)
    train, test = (
        texts_of(name, case.table(name), case.task, case.meta.labels) for name in ("train", "test")
    )
    same_rows(test.truth, split)
    params = case.params
    found = run(
        logits, train, test, case.meta.labels, case.task, params.project.language, params.evaluate.gates
    )
    return replace(found, logits=logits)


def same_rows(truth: np.ndarray, split: TokenSplit) -> None:
    """Raises StageError where the targets of the cleaned split are not those of the encoded one."""
    if len(truth) != len(split) or (truth != split.labels).any():
        raise StageError(f"{TOKENS}: its test split is not that of {CLEAN}; run `dvc repro tokenize`")


def texts_of(name: str, table: pd.DataFrame, task: Task, labels: Sequence[str]) -> Texts:
    """The texts of a cleaned split with their classes.

    Raises:
        StageError: a class is not among `labels`.
    """
    try:
        truth = task.encode(table[task.target_column].tolist(), labels)
    except ValueError as error:
        raise StageError(f"{CLEAN / name}.parquet: {error}; run `dvc repro tokenize`") from None
    return Texts(table[task.text_columns[0]].tolist(), np.asarray(truth))
