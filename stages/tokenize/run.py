"""Encodes the three splits."""

from dataclasses import dataclass, replace
from math import prod
from typing import Any, cast

import numpy as np
import pandas as pd
from tokenizers import Tokenizer

from stages.artifacts import SPLITS, StageError
from stages.params.tokenize import Tokenize
from stages.tasks import Sequences, Task
from stages.tasks.text import unknown_token
from stages.tasks.text_generation import size_in_bytes
from stages.tokenize import vocabulary
from stages.tokenize.arrays import Meta, TokenSplit, make_split

_SHADES = 256
"""values of a pixel"""


@dataclass(frozen=True)
class Encoded:
    """The three splits as arrays, with what made them."""

    tokenizer: Tokenizer | None
    """None where the task turns rows into numbers without one"""
    meta: Meta
    splits: dict[str, TokenSplit]
    metrics: dict[str, dict[str, float]]


def run(
    tables: dict[str, pd.DataFrame],
    task: Task,
    params: Tokenize,
    weights: str | None,
    distortion: dict[str, Any] | None = None,
) -> Encoded:
    """Learns or loads a tokenizer and encodes every split with it.

    Args:
        tables: the augmented tables by split.
        weights: `train.weights` for a pretrained model; None learns a vocabulary from the training texts.
        distortion: `augment.image`, which readers of images need.

    Raises:
        StageError: a split is empty or has a label that the training split lacks; the weights are missing.
    """
    for name, table in tables.items():
        if table.empty:
            raise StageError(f"data/augmented/{name}.parquet: no rows; give more data or change clean.splits")
    train = tables["train"]
    column = task.text_columns[0]
    shape = task.shape(train[column].iloc[0])
    tokenizer = _tokenizer(train[column].tolist(), task, params, weights) if task.tokenized else None
    meta = Meta(
        task=task.name,
        labels=task.labels(train[task.target_column].tolist()),
        vocabulary=_SHADES if tokenizer is None else tokenizer.get_vocab_size(),
        max_length=params.max_length if shape is None else prod(shape),
        pad_id=0 if tokenizer is None else vocabulary.pad_token(tokenizer),
        unk_id=-1 if tokenizer is None else unknown_token(tokenizer),
        augmented_rows=int(train["augmented"].sum()),
        sizes={name: size_in_bytes(table[column]) for name, table in tables.items()} if task.writes else {},
        shape=None if shape is None else list(shape),
        distortion=None if shape is None else distortion,
    )
    splits, metrics = {}, {}
    for name in SPLITS:
        rows = _sequences(name, tables[name], task, tokenizer, meta, column)
        if name == "train" and rows.rows is not None:
            copies = train["augmented"].to_numpy()[rows.rows]
            meta = replace(meta, augmented_rows=int(copies.sum()))
        splits[name] = make_split(rows.ids, rows.labels)
        metrics[name] = _measure(splits[name], rows.cut, meta.unk_id)
    return Encoded(tokenizer, meta, splits, metrics)


def _tokenizer(texts: list[str], task: Task, params: Tokenize, weights: str | None) -> Tokenizer:
    if weights is None:
        if params.level not in task.levels:
            known = ", ".join(task.levels)
            raise StageError(f"tokenize.level: {params.level}, but {task.name} is learned from: {known}")
        return vocabulary.learn(texts, params.level, params.vocabulary, task.separators)
    return vocabulary.pretrained(weights, params.max_length)


def _sequences(
    name: str, table: pd.DataFrame, task: Task, tokenizer: Tokenizer | None, meta: Meta, column: str
) -> Sequences:
    texts, targets = table[column].tolist(), table[task.target_column].tolist()
    try:
        return task.sequences(cast(Tokenizer, tokenizer), texts, targets, meta.labels, meta.max_length)
    except ValueError as error:
        raise StageError(
            f"data/augmented/{name}.parquet: {error}; give more rows of the rare classes or filter them out"
        ) from None


def _measure(split: TokenSplit, cut: list[bool], unk_id: int) -> dict[str, float]:
    return {
        "rows": len(split),
        "tokens": len(split.ids),
        "mean_length": round(float(split.lengths.mean()), 2),
        "cut_share": round(float(np.mean(cut)), 6),
        "unknown_share": round(float((split.ids == unk_id).mean()), 6),
    }
