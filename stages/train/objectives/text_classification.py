"""Learning to put a text into one of several classes."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stages import tasks
from stages.params.train import Train
from stages.tokenize.arrays import Meta, TokenSplit, pad
from stages.train.objectives.base import Batch


class TextClassification:
    """Cross-entropy over the classes, with label smoothing and class weights."""

    def __init__(self, meta: Meta, train: TokenSplit, params: Train) -> None:
        self.meta = meta
        self.outputs = self.width = len(meta.labels)
        self.smoothing = params.label_smoothing
        self.weights = (
            None if params.class_weights == "none" else balanced_weights(train.labels, self.outputs)
        )

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        ids, mask = pad(split, rows, self.meta.pad_id)
        index = np.asarray(rows)
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "rows": torch.from_numpy(index),
            "target": torch.from_numpy(split.labels[index]),
        }

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        weights = None if self.weights is None else self.weights.to(logits.device)
        return cross_entropy(logits.float(), batch["target"], weight=weights, label_smoothing=self.smoothing)

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        return logits.float()

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss, accuracy and macro F1. The loss is smoothed as in training, but not weighted.

        By the plain loss an epoch that is not yet as unsure as smoothing wants it would seem the best.
        """
        truth = np.array(split.labels)
        found = tasks.get(self.meta.task).metrics(truth, outcomes.softmax(1).numpy(), self.meta.labels)
        loss = cross_entropy(outcomes, torch.from_numpy(truth), label_smoothing=self.smoothing)
        return {"loss": float(loss), "accuracy": found["accuracy"], "macro_f1": found["macro_f1"]}


def balanced_weights(labels: np.ndarray, classes: int) -> Tensor:
    """Weights, shape (classes,), inverse to the frequencies: rows / (classes * rows of the class)."""
    counts = np.bincount(labels, minlength=classes)
    return torch.from_numpy(len(labels) / (classes * np.maximum(counts, 1))).float()
