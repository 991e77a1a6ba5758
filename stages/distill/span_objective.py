"""What a reader's student learns: where the teacher sees an answer begin and end, and where it does."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from stages.distill.objective import Imitation, TaughtSplit
from stages.tasks.question_answering.tokens import token_scores
from stages.tokenize.arrays import TokenSplit, pad, tokens_of
from stages.train.objectives import Batch
from stages.train.objectives.question_answering import allowed, found_spans, span_losses

_OUTSIDE = -1e4


class SpanImitation(Imitation):
    """Knowledge distillation (Hinton et al. 2015) of two softmaxes over the tokens of a window.

    An objective like those of `stages.train`, over splits that `taught` made; see `Imitation`.
    """

    def __init__(self, classes: int, temperature: float, soft: float, pad_id: int) -> None:
        super().__init__(classes, temperature, soft, pad_id)
        self.width = 5

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        """Padded windows with their labels and the teacher's logits, shape (batch, length, 2)."""
        ids, mask = pad(split, rows, self.pad_id)
        index = np.asarray(rows)
        teacher = np.zeros((*ids.shape, self.outputs), dtype=np.float32)
        teacher[mask.astype(bool)] = cast(TaughtSplit, split).teacher[tokens_of(split, rows)]
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "rows": torch.from_numpy(index),
            "target": torch.from_numpy(np.asarray(split.labels[index])),
            "teacher": torch.from_numpy(teacher),
        }

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """The mean over the windows of a batch."""
        return self._losses(logits, batch).mean()

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        """The loss of each window, and what `span_of` says of it."""
        return torch.cat([self._losses(logits, batch)[:, None], found_spans(logits, batch)], dim=1)

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss, and as accuracy the share of questions that are answered rightly, token by token."""
        found = token_scores(outcomes[:, 1:].double().numpy(), np.asarray(split.labels), split.row)
        at = found.at(found.calibrated().threshold)
        return {"loss": float(outcomes[:, 0].mean()), "accuracy": at["exact_match"], "f1": at["f1"]}

    def _losses(self, logits: Tensor, batch: Batch) -> Tensor:
        outside = ~allowed(batch["mask"], batch["target"])[:, :, None]
        own, its = (
            log_softmax(given.float().masked_fill(outside, _OUTSIDE) / self.temperature, dim=1)
            for given in (logits, batch["teacher"])
        )
        imitation = kl_div(own, its, reduction="none", log_target=True).sum(1).mean(1) * self.temperature**2
        hard = span_losses(logits, batch["mask"], batch["target"])
        return self.soft * imitation + (1 - self.soft) * hard
