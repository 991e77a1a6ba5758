"""What the student learns: the teacher's softened probabilities, and the labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from stages.tokenize.arrays import TokenSplit, pad, tokens_of
from stages.train.objectives import Batch


@dataclass(frozen=True)
class TaughtSplit(TokenSplit):
    """An encoded split with the teacher's answers."""

    teacher: np.ndarray
    """the teacher's logits, float32, shape (rows, classes), or (tokens, classes)"""


def taught(split: TokenSplit, logits: np.ndarray) -> TaughtSplit:
    """The split with the teacher's logits, shape (rows, classes), or (tokens, classes)."""
    return TaughtSplit(split.ids, split.offsets, split.labels, logits)


class Imitation:
    """Knowledge distillation on logits (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network").

    The soft part is scaled by the square of the temperature, so that its balance with the labels does not
    depend on it. An objective like those of `stages.train`, over splits that `taught` made.
    """

    def __init__(self, classes: int, temperature: float, soft: float, pad_id: int) -> None:
        self.outputs = self.width = classes
        self.temperature, self.soft, self.pad_id = temperature, soft, pad_id

    def prepare(self, network: nn.Module, train: TaughtSplit, from_teacher: bool) -> None:
        """Called before a student learns by it; `from_teacher` is whether it has its teacher's head."""

    def finish(self, network: nn.Module) -> None:
        """Called when the student has learned."""

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        """Padded rows with their labels and the teacher's logits."""
        ids, mask = pad(split, rows, self.pad_id)
        index = np.asarray(rows)
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "rows": torch.from_numpy(index),
            "target": torch.from_numpy(np.asarray(split.labels[index])),
            "teacher": torch.from_numpy(cast(TaughtSplit, split).teacher[index]),
        }

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """The mean over the rows of a batch."""
        return self._compare(logits, batch["teacher"], batch["target"])

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        """The logits themselves."""
        return logits.float()

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss and the accuracy over a whole split, from logits in row order."""
        target = torch.from_numpy(np.asarray(split.labels))
        loss = self._compare(outcomes, torch.from_numpy(cast(TaughtSplit, split).teacher), target)
        return {"loss": float(loss), "accuracy": float((outcomes.argmax(dim=1) == target).float().mean())}

    def _compare(self, logits: Tensor, teacher: Tensor, target: Tensor) -> Tensor:
        heat = self.temperature
        own, its = log_softmax(logits.float() / heat, dim=1), log_softmax(teacher / heat, dim=1)
        imitation = kl_div(own, its, reduction="batchmean", log_target=True) * heat**2
        return self.soft * imitation + (1 - self.soft) * cross_entropy(logits.float(), target)


class TokenImitation(Imitation):
    """The same where every token has a class: what stands for rows above is the tokens of all rows."""

    def __init__(self, classes: int, temperature: float, soft: float, pad_id: int) -> None:
        super().__init__(classes, temperature, soft, pad_id)
        self.width = 3

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        """Padded rows, and the labels and the teacher's logits of their tokens, one after another."""
        ids, mask = pad(split, rows, self.pad_id)
        places = tokens_of(split, rows)
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "rows": torch.from_numpy(np.asarray(rows)),
            "target": torch.from_numpy(np.asarray(split.labels[places])),
            "teacher": torch.from_numpy(cast(TaughtSplit, split).teacher[places]),
        }

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """The mean over the tokens of a batch."""
        return super().loss(logits[batch["mask"].bool()], batch)

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        """Of each row the sum of its tokens' losses, their number, and how many got their label."""
        found = []
        counts = batch["mask"].sum(1).tolist()
        own = logits[batch["mask"].bool()].split(counts)
        taught, target = batch["teacher"].split(counts), batch["target"].split(counts)
        for row, its, labels in zip(own, taught, target, strict=True):
            hits = (row.argmax(dim=1) == labels).sum()
            found.append([float(self._compare(row, its, labels)) * len(labels), len(labels), float(hits)])
        return torch.tensor(found, device=logits.device)

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss and the accuracy over the tokens of a whole split."""
        loss, tokens, hits = outcomes.double().sum(0).tolist()
        return {"loss": loss / tokens, "accuracy": hits / tokens}


class TextImitation(TokenImitation):
    """The same for the next token of a text, which the teacher is asked for batch by batch.

    Its logits are as many as the vocabulary has tokens, for every token: too much to be kept.
    """

    def __init__(
        self, teacher: nn.Module, vocabulary: int, temperature: float, soft: float, pad_id: int
    ) -> None:
        super().__init__(vocabulary, temperature, soft, pad_id)
        self._teacher = teacher.eval()

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        """Padded rows, and the tokens that follow each of their tokens, one after another."""
        ids, mask = pad(split, rows, self.pad_id)
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "rows": torch.from_numpy(np.asarray(rows)),
            "target": torch.from_numpy(np.asarray(split.labels[tokens_of(split, rows)])),
        }

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """The mean over the tokens of a batch."""
        return super().loss(logits, self._answered(batch))

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        """Of each row the sum of its tokens' losses, their number, and how many got their label."""
        return super().outcome(logits, self._answered(batch))

    def _answered(self, batch: Batch) -> Batch:
        with torch.no_grad():
            logits = self._teacher(batch["ids"], batch["mask"])
        return {**batch, "teacher": logits[batch["mask"].bool()].float()}
