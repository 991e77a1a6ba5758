"""A recurrent network that writes text, trained from scratch."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from stages.train.networks.causal import Carried


class LstmWriter(nn.Module):
    """Token embeddings, a stack of LSTM layers, and the scores of the next token (Mikolov et al. 2010).

    Tied, the head's weights are those of the embeddings (Press and Wolf 2017). The state does not grow with
    the text, but training reads `max_length` tokens at a time, and so does serving.
    """

    def __init__(
        self,
        vocabulary: int,
        max_length: int,
        hidden: int,
        layers: int,
        dropout: float,
        tied: bool = True,
    ) -> None:
        super().__init__()
        self.vocabulary, self.max_length = vocabulary, max_length
        self.embedding = nn.Embedding(vocabulary, hidden)
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(hidden, hidden, layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.head = None if tied else nn.Linear(hidden, vocabulary, bias=False)
        nn.init.normal_(self.embedding.weight, std=0.1)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids and mask int64 (batch, length) -> logits of the next token, (batch, length, vocabulary).

        Padding stands at the end, where no token before it can see it.
        """
        states, _ = self.lstm(self.dropout(self.embedding(ids)))
        return self._logits(states)

    def step(self, ids: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Reads `ids`, int64 (batch, length), after what `state` holds: their logits, and the new state."""
        states, (hidden, cell) = self.lstm(self.embedding(ids), state)
        return self._logits(states), hidden, cell

    def carried(self) -> Sequence[Carried]:
        """What `step` hands on: the hidden states and the cells of all layers."""
        shape = (self.lstm.num_layers, "batch", self.lstm.hidden_size)
        return [Carried("hidden", "float32", shape), Carried("cell", "float32", shape)]

    def _logits(self, states: Tensor) -> Tensor:
        states = self.dropout(states)
        return torch.matmul(states, self.embedding.weight.T) if self.head is None else self.head(states)
