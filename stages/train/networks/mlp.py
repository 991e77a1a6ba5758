"""A multilayer perceptron over a bag of embeddings of tokens and of token n-grams."""

from torch import Tensor, nn
from torch.nn.functional import dropout as drop

from stages.train.networks.layers import activation, ngram_keys


class Mlp(nn.Module):
    """Sum of embeddings over the root of their number, then `layers` hidden layers.

    Dropout leaves out whole tokens too, or a bag this large learns its training texts by heart.

    With `ngrams` above 1, hashed n-grams of tokens have embeddings of their own, so that word order counts
    (Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification").
    """

    def __init__(
        self,
        vocabulary: int,
        outputs: int,
        hidden: int,
        layers: int,
        nonlinearity: str,
        dropout: float,
        ngrams: int,
        buckets: int,
    ) -> None:
        super().__init__()
        self.ngrams, self.buckets, self.thin = ngrams, buckets, dropout
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.grams = nn.Embedding(buckets, hidden) if ngrams > 1 else None
        # what training hardly sees then says hardly anything, where a random vector would add noise
        nn.init.zeros_(self.embedding.weight)
        if self.grams is not None:
            nn.init.zeros_(self.grams.weight)
        body: list[nn.Module] = [nn.Dropout(dropout)]
        for _ in range(layers):
            body += [nn.Linear(hidden, hidden), activation(nonlinearity), nn.Dropout(dropout)]
        self.body = nn.Sequential(*body)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        total = (self.embedding(ids) * self._thinned(mask)).sum(1)
        count = mask.sum(1, keepdim=True)
        if self.grams is not None:
            for key, inside in ngram_keys(ids, mask, self.ngrams):
                total = total + (self.grams(key % self.buckets) * self._thinned(inside)).sum(1)
                count = count + inside.sum(1, keepdim=True)
        return self.head(self.body(total / count.clamp(min=1).sqrt()))

    def _thinned(self, mask: Tensor) -> Tensor:
        """Leaves out tokens at random in training, so that no single one decides."""
        return drop(mask.unsqueeze(-1).to(self.head.weight.dtype), self.thin, self.training)
