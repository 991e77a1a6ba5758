"""Learning to tell the next token of a text."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stages.params.train import Train
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.objectives.base import Batch
from stages.train.objectives.token_classification import IGNORED, token_batch


class TextGeneration:
    """Cross-entropy of every next token, with label smoothing."""

    width = 3

    def __init__(self, meta: Meta, train: TokenSplit, params: Train) -> None:
        self.meta = meta
        self.outputs = meta.vocabulary
        self.smoothing = params.label_smoothing

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        return token_batch(split, rows, self.meta.pad_id)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return cross_entropy(
            logits.float().flatten(0, 1),
            batch["target"].flatten(),
            ignore_index=IGNORED,
            label_smoothing=self.smoothing,
        )

    def outcome(self, logits: Tensor, batch: Batch) -> Tensor:
        """Sums over the tokens of each row: loss, tokens, and how often the likeliest token was the next."""
        target = batch["target"]
        losses = cross_entropy(
            logits.float().transpose(1, 2), target, ignore_index=IGNORED, reduction="none"
        ).sum(1)
        inside = target != IGNORED
        hits = ((logits.argmax(dim=2) == target) & inside).sum(1)
        return torch.stack([losses, inside.sum(1), hits], dim=1).float()

    def scores(self, outcomes: Tensor, split: TokenSplit) -> dict[str, float]:
        """The loss of a token, not smoothed, its exponential, and the share of next tokens found."""
        loss, tokens, hits = outcomes.double().sum(0).tolist()
        mean = loss / tokens
        perplexity = float(torch.tensor(min(mean, 700.0), dtype=torch.float64).exp())
        return {"loss": mean, "perplexity": perplexity, "accuracy": hits / tokens}
