"""A transformer encoder, trained from scratch."""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from stages.train.networks.layers import activation, masked_mean


class Block(nn.Module):
    """Attention and a feed-forward layer, each normalised before and added to what came in (pre-norm)."""

    def __init__(self, hidden: int, heads: int, nonlinearity: str, dropout: float) -> None:
        super().__init__()
        self.heads, self.rate = heads, dropout
        self.before_attention, self.before_feed = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.queries_keys_values = nn.Linear(hidden, 3 * hidden)
        self.joined = nn.Linear(hidden, hidden)
        self.feed = nn.Sequential(
            nn.Linear(hidden, 4 * hidden), activation(nonlinearity), nn.Linear(4 * hidden, hidden)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, allowed: Tensor | None) -> Tensor:
        """States (batch, length, hidden); allowed (batch, 1, 1, length), true at tokens; None allows all."""
        batch, length, hidden = states.shape
        mixed = self.queries_keys_values(self.before_attention(states))
        query, key, value = mixed.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        rate = self.rate if self.training else 0.0
        attended = scaled_dot_product_attention(query, key, value, attn_mask=allowed, dropout_p=rate)
        states = states + self.dropout(self.joined(attended.transpose(1, 2).reshape(batch, length, hidden)))
        return states + self.dropout(self.feed(self.before_feed(states)))


class Transformer(nn.Module):
    """Learned token and position embeddings, `layers` pre-norm blocks, masked mean, linear head.

    Pre-norm (Xiong et al. 2020) trains without a long warm-up. With `per_token`, nothing is averaged: logits
    of shape (batch, length, outputs).
    """

    def __init__(
        self,
        vocabulary: int,
        outputs: int,
        max_length: int,
        hidden: int,
        layers: int,
        heads: int,
        nonlinearity: str,
        dropout: float,
        per_token: bool = False,
    ) -> None:
        super().__init__()
        self.per_token = per_token
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.positions = nn.Embedding(max_length, hidden)
        self.blocks = nn.ModuleList(Block(hidden, heads, nonlinearity, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, outputs)
        for table in (self.embedding, self.positions):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        states = self.dropout(self.embedding(ids) + self.positions(places))
        allowed = mask.bool()[:, None, None, :]
        for block in self.blocks:
            states = block(states, allowed)
        states = self.norm(states)
        return self.head(self.dropout(states if self.per_token else masked_mean(states, mask)))
