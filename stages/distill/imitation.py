"""What a student learns where a row has any number of labels, or a number."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from stages.distill.objective import Imitation, TaughtSplit
from stages.tokenize.arrays import TokenSplit
from stages.train.objectives import Batch
from stages.train.objectives.text_regression import Scale


class LabelImitation(Imitation):
    """The teacher's softened probability of each label by itself, and the labels."""

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        batch = super().collate(split, rows)
        return {**batch, "target": batch["target"].float()}

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss, and the share of decisions that are right."""
        target = torch.from_numpy(np.asarray(split.labels)).float()
        loss = self._compare(outcomes, torch.from_numpy(cast(TaughtSplit, split).teacher), target)
        return {"loss": float(loss), "accuracy": float(((outcomes > 0) == (target > 0)).float().mean())}

    def _compare(self, logits: Tensor, teacher: Tensor, target: Tensor) -> Tensor:
        heat = self.temperature
        imitation = binary_cross_entropy_with_logits(logits.float() / heat, torch.sigmoid(teacher / heat))
        plain = binary_cross_entropy_with_logits(logits.float(), target)
        return self.soft * imitation * heat**2 + (1 - self.soft) * plain


class NumberImitation(Imitation):
    """The teacher's number and the true one, both in standard deviations from the mean, as in training."""

    def prepare(self, network: nn.Module, train: TaughtSplit, from_teacher: bool) -> None:
        """Takes the units of the column out of a head that the student has from its teacher."""
        self.scale = Scale.of(train)
        if from_teacher:
            network.load_state_dict(self.scale.out_of(network.state_dict()))

    def finish(self, network: nn.Module) -> None:
        """Puts them into the student's head."""
        network.load_state_dict(self.scale.into(network.state_dict()))

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        batch = super().collate(split, rows)
        index = np.asarray(rows)
        return {
            **batch,
            "target": self.scale.standard(split.labels[index]),
            "teacher": self.scale.standard(cast(TaughtSplit, split).teacher[index, 0]),
        }

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss, and the share of variance that is told."""
        target = self.scale.standard(split.labels)
        teacher = self.scale.standard(cast(TaughtSplit, split).teacher[:, 0])
        rest = float(mse_loss(outcomes.squeeze(1), target) / target.var(correction=0).clamp(min=1e-12))
        return {"loss": float(self._compare(outcomes, teacher, target)), "r2": 1 - rest}

    def _compare(self, logits: Tensor, teacher: Tensor, target: Tensor) -> Tensor:
        own = logits.float().squeeze(1)
        return self.soft * mse_loss(own, teacher) + (1 - self.soft) * mse_loss(own, target)
