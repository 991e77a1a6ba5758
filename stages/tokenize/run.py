"""Encodes the three splits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tokenizers import Tokenizer

from stages.artifacts import SPLITS, StageError
from stages.params.tokenize import Tokenize
from stages.tasks import Places, Task
from stages.tokenize import vocabulary
from stages.tokenize.arrays import Meta, TokenSplit, make_split

_CHUNK = 4096


@dataclass(frozen=True)
class Encoded:
    """The three splits as arrays, with what made them."""

    tokenizer: Tokenizer
    meta: Meta
    splits: dict[str, TokenSplit]
    metrics: dict[str, dict[str, float]]


def run(tables: dict[str, pd.DataFrame], task: Task, params: Tokenize, weights: str | None) -> Encoded:
    """Learns or loads a tokenizer and encodes every split with it.

    Args:
        tables: the augmented tables by split.
        weights: `train.weights` for a pretrained model; None learns a vocabulary from the training texts.

    Raises:
        StageError: a split is empty or has a label that the training split lacks; the weights are missing.
    """
    for name, table in tables.items():
        if table.empty:
            raise StageError(f"data/augmented/{name}.parquet: no rows; give more data or change clean.splits")
    train = tables["train"]
    column = task.text_columns[0]
    if weights is None:
        tokenizer = vocabulary.learn(train[column].tolist(), params.level, params.vocabulary)
    else:
        tokenizer = vocabulary.pretrained(weights, params.max_length)
    tokenizer.no_padding()
    tokenizer.enable_truncation(params.max_length)
    meta = Meta(
        task=task.name,
        labels=task.labels(train[task.target_column].tolist()),
        vocabulary=tokenizer.get_vocab_size(),
        max_length=params.max_length,
        pad_id=vocabulary.pad_token(tokenizer),
        unk_id=vocabulary.unknown_token(tokenizer),
        augmented_rows=int(train["augmented"].sum()),
    )
    splits, metrics = {}, {}
    for name in SPLITS:
        rows = _encode(tokenizer, tables[name][column].tolist(), task.per_token)
        splits[name] = make_split(rows.ids, _targets(name, tables[name], task, meta.labels, rows.places))
        metrics[name] = _measure(splits[name], rows.cut, meta.unk_id)
    return Encoded(tokenizer, meta, splits, metrics)


@dataclass(frozen=True)
class _Rows:
    """Of each text its ids, never none; whether it was too long; and, where asked for, its tokens' places."""

    ids: list[Sequence[int]]
    cut: list[bool]
    places: list[Places] | None


def _targets(
    name: str, table: pd.DataFrame, task: Task, labels: Sequence[str], places: Sequence[Places] | None
) -> np.ndarray:
    try:
        return task.encode(table[task.target_column].tolist(), labels, places)
    except ValueError as error:
        raise StageError(
            f"data/augmented/{name}.parquet: {error}; give more rows of the rare classes or filter them out"
        ) from None


def _encode(tokenizer: Tokenizer, texts: Sequence[str], with_places: bool) -> _Rows:
    rows = _Rows([], [], [] if with_places else None)
    for start in range(0, len(texts), _CHUNK):
        for encoding in tokenizer.encode_batch(list(texts[start : start + _CHUNK])):
            rows.cut.append(bool(encoding.overflowing))
            # a tokenizer without a start token makes nothing of a blank text; networks need one token
            rows.ids.append(encoding.ids or [max(vocabulary.unknown_token(tokenizer), 0)])
            if rows.places is not None:
                rows.places.append(encoding.offsets or [(0, 0)])
    return rows


def _measure(split: TokenSplit, cut: list[bool], unk_id: int) -> dict[str, float]:
    return {
        "rows": len(split),
        "tokens": len(split.ids),
        "mean_length": round(float(split.lengths.mean()), 2),
        "cut_share": round(float(np.mean(cut)), 6),
        "unknown_share": round(float((split.ids == unk_id).mean()), 6),
    }
