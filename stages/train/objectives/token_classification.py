"""Learning to give every token of a text one of several classes."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stages.params.train import Train
from stages.tasks.token_classification import span_counts
from stages.tokenize.arrays import Meta, TokenSplit, pad, tokens_of
from stages.train.objectives.base import Batch
from stages.train.objectives.text_classification import balanced_weights

IGNORED = -100
"""the class of padding, which cross-entropy leaves out"""


class TokenClassification:
    """Cross-entropy over the classes of all tokens, with label smoothing and class weights."""

    def __init__(self, meta: Meta, train: TokenSplit, params: Train) -> None:
        self.meta = meta
        self.outputs = len(meta.labels)
        # loss, tokens, hits, and three counts of spans for each type: sums over rows are those of the split
        self.width = 3 + 3 * (len(meta.labels) // 2)
        self.smoothing = params.label_smoothing
        self.weights = (
            None if params.class_weights == "none" else balanced_weights(train.labels, self.outputs)
        )

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        return token_batch(split, rows, self.meta.pad_id)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        weights = None if self.weights is None else self.weights.to(logits.device)
        return cross_entropy(
            logits.float().flatten(0, 1),
            batch["target"].flatten(),
            weight=weights,
            ignore_index=IGNORED,
            label_smoothing=self.smoothing,
        )

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        """Sums over the tokens of each row: smoothed loss, tokens, hits; then by type the counts of spans."""
        target = batch["target"]
        losses = cross_entropy(
            logits.float().transpose(1, 2),
            target,
            ignore_index=IGNORED,
            label_smoothing=self.smoothing,
            reduction="none",
        ).sum(1)
        guess = logits.argmax(dim=2)
        inside = target != IGNORED
        hits = ((guess == target) & inside).sum(1)
        spans = [
            np.ravel(list(span_counts(wanted[own], found[own], self.meta.labels).values()))
            for wanted, found, own in zip(
                target.cpu().numpy(), guess.cpu().numpy(), inside.cpu().numpy(), strict=True
            )
        ]
        counts = torch.from_numpy(np.stack(spans)).to(logits.device, torch.float32)
        return torch.cat([torch.stack([losses, inside.sum(1), hits], dim=1).float(), counts], dim=1)

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss and accuracy of tokens; F1 of whole spans, over all and as the mean of the types'."""
        total = outcomes.double().sum(0)
        loss, tokens, hits = total[:3].tolist()
        right, found, there = total[3:].view(-1, 3).unbind(1)
        by_type = 2 * right / (found + there).clamp(min=1)
        whole = 2 * right.sum() / (found + there).sum().clamp(min=1)
        return {
            "loss": loss / tokens,
            "accuracy": hits / tokens,
            "f1": float(whole),
            "macro_f1": float(by_type.mean()),
        }


def token_batch(split: TokenSplit, rows: Sequence[int], pad_id: int) -> Batch:
    """Padded rows with the class of each token, `IGNORED` at padding: `target`, int64 (batch, length)."""
    ids, mask = pad(split, rows, pad_id)
    target = np.full(ids.shape, IGNORED, dtype=np.int64)
    target[mask.astype(bool)] = split.labels[tokens_of(split, rows)]
    return {
        "ids": torch.from_numpy(ids),
        "mask": torch.from_numpy(mask),
        "rows": torch.from_numpy(np.asarray(rows)),
        "target": torch.from_numpy(target),
    }
