"""Learning to find answers: where they begin and where they end, or that there is none."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stages.artifacts import StageError
from stages.params.train import Train
from stages.tasks.question_answering.decode import span_of
from stages.tasks.question_answering.task import END, FIRST, LABELS, START
from stages.tasks.question_answering.tokens import token_scores
from stages.tokenize.arrays import Meta, TokenSplit, pad
from stages.train.objectives.base import Batch

_OUTSIDE = -1e4
"""the logit of tokens that no answer can begin or end at: too small to count, and finite in float16 too"""


class QuestionAnswering:
    """Cross-entropy over the tokens of the context and [CLS], once for the start and once for the end.

    Devlin et al. 2019: a window without the answer has it at [CLS].
    """

    def __init__(self, meta: Meta, train: TokenSplit, params: Train) -> None:
        for name, idle in (("label_smoothing", 0.0), ("class_weights", "none")):
            if getattr(params, name) != idle:
                raise StageError(f"train.{name}: means nothing to {meta.task}; set it to {idle}")
        self.meta = meta
        self.outputs = len(LABELS)
        # the loss, then what `span_of` says of a window
        self.width = 5

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        ids, mask = pad(split, rows, self.meta.pad_id)
        index = np.asarray(rows)
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "rows": torch.from_numpy(index),
            "target": torch.from_numpy(np.asarray(split.labels[index])),
        }

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return span_losses(logits, batch["mask"], batch["target"]).mean()

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        losses = span_losses(logits, batch["mask"], batch["target"]).float()
        return torch.cat([losses[:, None], found_spans(logits, batch)], dim=1)

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss of windows; F1 and exact match of questions, by tokens, at the best threshold."""
        found = token_scores(outcomes[:, 1:].double().numpy(), np.asarray(split.labels), split.row)
        return {"loss": float(outcomes[:, 0].mean()), **found.at(found.calibrated().threshold)}


def allowed(mask: Tensor, target: Tensor) -> Tensor:
    """Where an answer may begin or end, bool, shape (batch, length): at [CLS] and in the context."""
    places = torch.arange(mask.shape[1], device=mask.device)
    last = mask.sum(1, keepdim=True) - 1
    inside = (places >= target[:, FIRST, None]) & (places < last)
    return inside | (places == 0)


def span_losses(logits: Tensor, mask: Tensor, target: Tensor) -> Tensor:
    """The loss of each window, shape (batch,): the mean of those of start and end.

    Args:
        logits: shape (batch, length, 2).
        mask: shape (batch, length).
        target: labels of windows, shape (batch, 4).
    """
    open_to = logits.float().masked_fill(~allowed(mask, target)[:, :, None], _OUTSIDE)
    start = cross_entropy(open_to[:, :, 0], target[:, START], reduction="none")
    end = cross_entropy(open_to[:, :, 1], target[:, END], reduction="none")
    return (start + end) / 2


def found_spans(logits: Tensor, batch: Batch) -> Tensor:
    """What `span_of` says of each window of a batch, float32, shape (batch, 4)."""
    lengths, firsts = batch["mask"].sum(1).tolist(), batch["target"][:, FIRST].tolist()
    numbers = logits.float().cpu().numpy()
    found = [
        span_of(row[:length], first) for row, length, first in zip(numbers, lengths, firsts, strict=True)
    ]
    return torch.tensor(found, dtype=torch.float32, device=logits.device)
