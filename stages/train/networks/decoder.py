"""A causal transformer that writes text, trained from scratch."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as drop
from torch.nn.functional import scaled_dot_product_attention

from stages.train.networks.causal import Carried, earlier, ngrams_ending
from stages.train.networks.layers import activation

_BASE = 10_000.0


class Block(nn.Module):
    """Causal attention and a feed-forward layer, each normalised before and added to what came in."""

    def __init__(self, hidden: int, heads: int, nonlinearity: str, dropout: float) -> None:
        super().__init__()
        self.heads, self.rate = heads, dropout
        self.before_attention, self.before_feed = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.queries_keys_values = nn.Linear(hidden, 3 * hidden, bias=False)
        self.joined = nn.Linear(hidden, hidden, bias=False)
        self.widened = nn.Linear(hidden, 4 * hidden, bias=False)
        self.activation = activation(nonlinearity)
        self.shrunk = nn.Linear(4 * hidden, hidden, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, states: Tensor, turns: tuple[Tensor, Tensor] | None, past: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """States (batch, length, hidden) to the same, and keys and values (2, batch, heads, seen, width).

        Args:
            turns: cosines and sines by which queries and keys are turned, each (length, width).
            past: keys and values of the tokens before; None where there are none.
        """
        batch, length, hidden = states.shape
        mixed = self.queries_keys_values(self.before_attention(states))
        query, key, value = mixed.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        if turns is not None:
            query, key = _turned(query, *turns), _turned(key, *turns)
        rate = self.rate if self.training else 0.0
        if past is None:
            attended = scaled_dot_product_attention(query, key, value, dropout_p=rate, is_causal=True)
        else:
            key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
            allowed = _causal(length, key.shape[2], query.device)
            attended = scaled_dot_product_attention(query, key, value, attn_mask=allowed, dropout_p=rate)
        states = states + self.dropout(self.joined(attended.transpose(1, 2).reshape(batch, length, hidden)))
        found = self.shrunk(self.activation(self.widened(self.before_feed(states))))
        return states + self.dropout(found), torch.stack([key, value])


class Decoder(nn.Module):
    """Token embeddings, `layers` pre-norm blocks with causal attention, and the scores of the next token.

    Positions are rotary (Su et al. 2021, "RoFormer") or learned. Tied, the head's weights are those of the
    embeddings (Press and Wolf 2017). With `ngrams` above 1 a token brings along the hashed n-grams that end
    at it: what an n-gram model counts, the network then has at hand. They are a quarter as wide.
    """

    def __init__(
        self,
        vocabulary: int,
        max_length: int,
        hidden: int,
        layers: int,
        heads: int,
        nonlinearity: str,
        dropout: float,
        positions: Literal["rotary", "learned"] = "rotary",
        tied: bool = True,
        ngrams: int = 1,
        buckets: int = 1,
    ) -> None:
        super().__init__()
        self.vocabulary, self.max_length, self.heads = vocabulary, max_length, heads
        self.width, self.ngrams, self.buckets = hidden // heads, ngrams, buckets
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.positions = nn.Embedding(max_length, hidden) if positions == "learned" else None
        blocks = [Block(hidden, heads, nonlinearity, dropout) for _ in range(layers)]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        self.head = None if tied else nn.Linear(hidden, vocabulary, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Embedding | nn.Linear):
                nn.init.normal_(module.weight, std=0.02 if isinstance(module, nn.Embedding) else hidden**-0.5)
        for block in blocks:
            # what a block adds begins at nothing, so that depth does no harm at the start
            nn.init.zeros_(block.joined.weight)
            nn.init.zeros_(block.shrunk.weight)
        self.grams = nn.Embedding(buckets, max(1, hidden // 4)) if ngrams > 1 else None
        if self.grams is not None:
            nn.init.zeros_(self.grams.weight)
            self.widened = nn.Linear(self.grams.embedding_dim, hidden, bias=False)
            nn.init.normal_(self.widened.weight, std=hidden**-0.5)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids and mask int64 (batch, length) -> logits of the next token, (batch, length, vocabulary).

        Padding stands at the end, where no token before it can see it.
        """
        return self._read(ids, None, None)[0]

    def step(self, ids: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Reads `ids`, int64 (batch, length), after what `state` holds: their logits, and the new state."""
        past = state[0]
        before = state[1] if self.ngrams > 1 else None
        logits, present = self._read(ids, past, before)
        return (logits, present, earlier(before, ids)) if before is not None else (logits, present)

    def carried(self) -> Sequence[Carried]:
        """What `step` hands on: keys and values, and the last tokens where n-grams need them."""
        shape = (len(self.blocks), 2, "batch", self.heads, "seen", self.width)
        found = [Carried("past", "float32", shape)]
        if self.ngrams > 1:
            found.append(Carried("before", "int64", ("batch", self.ngrams - 1)))
        return found

    def _read(self, ids: Tensor, past: Tensor | None, before: Tensor | None) -> tuple[Tensor, Tensor]:
        seen = 0 if past is None else past.shape[4]
        places = torch.arange(ids.shape[1], device=ids.device) + seen
        states = self.embedding(ids)
        if self.grams is not None:
            for key in ngrams_ending(ids, before, self.ngrams):
                # whole n-grams are left out in training, or the network learns its training texts by heart
                there = drop(torch.ones_like(key, dtype=states.dtype), self.dropout.p, self.training)
                states = states + self.widened(self.grams(key % self.buckets) * there.unsqueeze(-1))
        turns = None
        if self.positions is None:
            turns = _turns(places, self.width)
        else:
            states = states + self.positions(places)
        states = self.dropout(states)
        kept = []
        for place, block in enumerate(self.blocks):
            states, present = block(states, turns, None if past is None else past[place])
            kept.append(present)
        states = self.dropout(self.norm(states))
        logits = states @ self.embedding.weight.T if self.head is None else self.head(states)
        return logits, torch.stack(kept)


def _turns(places: Tensor, width: int) -> tuple[Tensor, Tensor]:
    rates = _BASE ** (-torch.arange(0, width, 2, device=places.device).float() / width)
    angles = places.float()[:, None] * rates
    angles = torch.cat([angles, angles], dim=1)
    return angles.cos(), angles.sin()


def _turned(states: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    half = states.shape[-1] // 2
    crossed = torch.cat([-states[..., half:], states[..., :half]], dim=-1)
    return states * cosines.to(states.dtype) + crossed * sines.to(states.dtype)


def _causal(length: int, seen: int, device: torch.device) -> Tensor:
    """Whether a token may look at another, bool (length, seen): at itself and at those before."""
    queries = torch.arange(length, device=device) + (seen - length)
    return torch.arange(seen, device=device)[None, :] <= queries[:, None]
