"""Learning to give a text any number of labels."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from stages import tasks
from stages.params.train import Train
from stages.tokenize.arrays import Meta, TokenSplit, pad
from stages.train.objectives.base import Batch


class MultiLabelClassification:
    """Binary cross-entropy of each label by itself, with label smoothing and class weights.

    Balanced weights make the rows that have a label weigh as much as those that lack it.
    """

    def __init__(self, meta: Meta, train: TokenSplit, params: Train) -> None:
        self.meta = meta
        self.outputs = self.width = len(meta.labels)
        self.smoothing = params.label_smoothing
        self.weights = None if params.class_weights == "none" else positive_weights(np.asarray(train.labels))

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        ids, mask = pad(split, rows, self.meta.pad_id)
        index = np.asarray(rows)
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "rows": torch.from_numpy(index),
            "target": torch.from_numpy(split.labels[index]).float(),
        }

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        weights = None if self.weights is None else self.weights.to(logits.device)
        wanted = self._smooth(batch["target"])
        return binary_cross_entropy_with_logits(logits.float(), wanted, pos_weight=weights)

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        return logits.float()

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss, smoothed but not weighted, and F1 over all decisions and as the mean of the labels'."""
        truth = np.array(split.labels)
        task = tasks.get(self.meta.task)
        found = task.metrics(truth, task.probabilities(outcomes.numpy()), self.meta.labels)
        loss = binary_cross_entropy_with_logits(outcomes, self._smooth(torch.from_numpy(truth).float()))
        return {"loss": float(loss), "micro_f1": found["micro_f1"], "macro_f1": found["macro_f1"]}

    def _smooth(self, target: Tensor) -> Tensor:
        return target * (1 - self.smoothing) + self.smoothing / 2


def positive_weights(labels: np.ndarray) -> Tensor:
    """Rows without a label over rows with it, shape (labels,), from 0 and 1 of shape (rows, labels)."""
    there = labels.sum(axis=0)
    return torch.from_numpy((len(labels) - there) / np.maximum(there, 1)).float()
