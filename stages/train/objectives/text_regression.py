"""Learning a number for each text.

The network learns the number in standard deviations from the mean of the training split, since that is
where its random start is. When it is trained, mean and deviation go into its head: whatever reads it sees
numbers in the units of the column.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from stages import tasks
from stages.artifacts import StageError
from stages.params.train import Train
from stages.tokenize.arrays import Meta, TokenSplit, pad
from stages.train.objectives.base import Batch


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of the training split's numbers."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, split: TokenSplit) -> "Scale":
        """That of a split. Raises StageError where all its numbers are the same."""
        numbers = np.asarray(split.labels, dtype=np.float64)
        if not numbers.std():
            raise StageError(
                "data/tokens: every training row has the same number; check ingest.columns.label and "
                "ingest.filter"
            )
        return cls(float(numbers.mean()), float(numbers.std()))

    def standard(self, numbers: np.ndarray) -> Tensor:
        """In deviations from the mean, float32."""
        return torch.from_numpy((np.asarray(numbers, dtype=np.float64) - self.mean) / self.deviation).float()

    def into(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The weights of a network that gives deviations, with heads that give numbers."""
        return self._changed(weights, self.deviation, self.mean)

    def out_of(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The reverse of `into`."""
        return self._changed(weights, 1 / self.deviation, -self.mean / self.deviation)

    def _changed(self, weights: dict[str, Tensor], factor: float, shift: float) -> dict[str, Tensor]:
        # in double precision, so that out and in again is the same
        changed = dict(weights)
        for name, one in weights.items():
            if name.endswith("head.weight"):
                changed[name] = (one.double() * factor).to(one.dtype)
            elif name.endswith("head.bias"):
                changed[name] = (one.double() * factor + shift).to(one.dtype)
        return changed


class TextRegression:
    """Mean squared error of the standardised number."""

    outputs = width = 1

    def __init__(self, meta: Meta, train: TokenSplit, params: Train) -> None:
        self.meta, self.scale = meta, Scale.of(train)

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        ids, mask = pad(split, rows, self.meta.pad_id)
        index = np.asarray(rows)
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "rows": torch.from_numpy(index),
            "target": self.scale.standard(split.labels[index]),
        }

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return mse_loss(logits.float().squeeze(1), batch["target"])

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        return logits.float()

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss, in squared deviations, and R2 and mean absolute error in the units of the column."""
        truth = np.array(split.labels)
        numbers = outcomes.double().numpy() * self.scale.deviation + self.scale.mean
        found = tasks.get(self.meta.task).metrics(truth, numbers, self.meta.labels)
        loss = mse_loss(outcomes.squeeze(1), self.scale.standard(truth))
        return {"loss": float(loss), "r2": found["r2"], "mae": found["mae"]}


def finished(train: TokenSplit, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The trained weights, their heads in the units of the column."""
    return Scale.of(train).into(weights)
