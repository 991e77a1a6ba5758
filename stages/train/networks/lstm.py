"""A recurrent network for texts, its cells being LSTM, GRU or plain."""

from torch import Tensor, nn
from torch.nn.functional import dropout as drop
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from stages.train.networks.layers import masked_max, ngram_keys

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU] | type[nn.RNN]] = {
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "rnn": nn.RNN,
}


class Lstm(nn.Module):
    """Embeddings, a stack of recurrent layers and max-pooling over time (Conneau et al. 2017).

    The cells are LSTM (Hochreiter and Schmidhuber 1997), GRU (Cho et al. 2014) or plain ones with tanh (Elman
    1990), which forget soonest.

    With `per_token`, nothing is pooled: logits of shape (batch, length, outputs). With `ngrams` above 1, a
    token brings along the hashed n-grams that begin at it: of characters, they are the words that the network
    knows. There are many of them, so their vectors are a quarter as wide as the others.
    """

    def __init__(
        self,
        vocabulary: int,
        outputs: int,
        hidden: int,
        layers: int,
        bidirectional: bool,
        dropout: float,
        per_token: bool = False,
        ngrams: int = 1,
        buckets: int = 1,
        cell: str = "lstm",
    ) -> None:
        super().__init__()
        self.per_token, self.ngrams, self.buckets = per_token, ngrams, buckets
        self.embedding = nn.Embedding(vocabulary, hidden)
        between = dropout if layers > 1 else 0.0
        self.recurrent = CELLS[cell](
            hidden, hidden, layers, batch_first=True, dropout=between, bidirectional=bidirectional
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden * (2 if bidirectional else 1), outputs)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.grams = nn.Embedding(buckets, max(1, hidden // 4)) if ngrams > 1 else None
        if self.grams is not None:
            # what training hardly sees then says hardly anything
            nn.init.zeros_(self.grams.weight)
            self.widened = nn.Linear(self.grams.embedding_dim, hidden, bias=False)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self.embedding(ids)
        if self.grams is not None:
            for key, inside in ngram_keys(ids, mask, self.ngrams):
                # whole n-grams are left out in training, or the network learns its training texts by heart
                there = drop(inside.unsqueeze(-1).to(states.dtype), self.dropout.p, self.training)
                states = states + self.widened(self.grams(key % self.buckets) * there)
        states = self.dropout(states)
        # packed, the backward direction starts at a row's own last token and not in its padding
        packed = pack_padded_sequence(states, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(
            self.recurrent(packed)[0], batch_first=True, total_length=ids.shape[1]
        )
        return self.head(self.dropout(states if self.per_token else masked_max(states, mask)))
