"""A convolutional network for texts."""

from torch import Tensor, nn

from stages.train.networks.layers import activation, masked_max


class Cnn(nn.Module):
    """Embeddings, `layers` residual convolutions and max-pooling over time (after Kim 2014).

    Each layer keeps the length, so a kernel of 3 and two layers see five tokens at once.
    """

    def __init__(
        self,
        vocabulary: int,
        outputs: int,
        hidden: int,
        layers: int,
        kernel: int,
        nonlinearity: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(hidden, hidden, kernel, padding="same") for _ in range(layers)
        )
        self.activation = activation(nonlinearity)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, outputs)
        nn.init.normal_(self.embedding.weight, std=0.1)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        inside = mask.unsqueeze(-1)
        states = self.dropout(self.embedding(ids)) * inside
        for convolution in self.convolutions:
            found = self.activation(convolution(states.transpose(1, 2)).transpose(1, 2))
            # padding must stay zero, or a row's logits would depend on its neighbours' lengths
            states = (states + self.dropout(found)) * inside
        return self.head(self.dropout(masked_max(states, mask)))
