"""The static student: a weighted bag of token and hashed n-gram vectors, and a linear layer.

Without attention or recurrence an answer costs a few look-ups. N-grams give back some word order (Joulin
et al. 2017, "Bag of Tricks for Efficient Text Classification"); learned token weights do what stop words
and inverse frequencies do by hand.
"""

import torch
from torch import Tensor, nn
from torch.optim import Adagrad, Optimizer

from stages.distill.students.bag import Bag
from stages.distill.students.base import Student
from stages.params.distill import Distill
from stages.params.train import Train
from stages.tokenize.arrays import Meta
from stages.train.teacher import Teacher

_DROPOUT = 0.2
_SCALE = 0.1  # small beside what training adds
_MODULUS = 2**31 - 1
_MULTIPLIER = 1_000_003


class StaticStudent(nn.Module):
    """Logits from weighted means of token vectors and of n-gram vectors.

    The n-grams are hashed inside the network with integer operations, so that a caller gives ids and mask
    only. Their vectors start at zero: an n-gram that was never seen in training says nothing.
    """

    def __init__(self, vocabulary: int, hidden: int, classes: int, buckets: int, ngrams: int) -> None:
        super().__init__()
        self.ngrams = ngrams
        self.buckets = buckets
        self.tokens = Bag(vocabulary, hidden)
        nn.init.normal_(self.tokens.vectors.weight, std=0.1)
        if ngrams > 1:
            self.grams = Bag(buckets, hidden)
            nn.init.zeros_(self.grams.vectors.weight)
        self.dropout = nn.Dropout(_DROPOUT)
        self.head = nn.Linear(hidden, classes)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids and mask int64 (batch, length) -> logits float32 (batch, classes)."""
        bag = self.tokens(ids, mask)
        if self.ngrams > 1:
            bag = bag + self.grams(*self.hashes(ids, mask))
        return self.head(self.dropout(bag))

    def hashes(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Buckets of the n-grams that end at each token, and which exist: int64 (batch, length * (n - 1))."""
        grams, presence = [], []
        code, present = ids, mask
        for _ in range(self.ngrams - 1):
            code = (_shift(code) * _MULTIPLIER + ids + 1) % _MODULUS
            present = _shift(present) * mask
            grams.append(code % self.buckets)
            presence.append(present)
        return torch.cat(grams, dim=1), torch.cat(presence, dim=1)


def _shift(values: Tensor) -> Tensor:
    """Every value one place to the right; zero comes in. Slices of a length-one text stay legal this way."""
    return torch.cat([torch.zeros_like(values[:, :1]), values[:, :-1]], dim=1)


def build(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A student whose token vectors are the teacher's, reduced to its width where the teacher has them."""
    network = StaticStudent(
        meta.vocabulary, settings.hidden, len(meta.labels), settings.buckets, settings.ngrams
    )
    table = token_table(teacher.network, meta.vocabulary)
    if table is not None:
        network.tokens.vectors.weight.data.copy_(reduced(table, settings.hidden) * _SCALE)
    origin = "scratch" if table is None else "teacher's embeddings"
    # look-ups gain nothing from bfloat16, and sparse gradients cannot be clipped
    habits = Train(epochs=6, learning_rate=0.1, warmup=0.0, clip=None, precision="32")
    return Student(network, origin, habits, _adagrad, matrices=False)


def token_table(teacher: nn.Module, vocabulary: int) -> Tensor | None:
    """The teacher's token vectors, (vocabulary, width); None where it has none for this vocabulary."""
    for module in teacher.modules():
        if isinstance(module, nn.Embedding) and module.num_embeddings == vocabulary:
            return module.weight.detach().float().cpu()
    return None


def reduced(table: Tensor, width: int) -> Tensor:
    """Principal components of `table`, (rows, width), scaled to unit variance; zeros where it is narrower."""
    centred = (table - table.mean(dim=0)).double()
    _, directions = torch.linalg.eigh(centred.T @ centred)
    found = centred @ directions.flip(1)[:, :width]
    result = torch.zeros(len(table), width)
    result[:, : found.shape[1]] = (found / found.std().clamp(min=1e-12)).float()
    return result


def _adagrad(network: nn.Module, learning_rate: float) -> Optimizer:
    # of the adaptive methods the one that takes sparse and dense gradients alike
    return Adagrad(network.parameters(), lr=learning_rate)
