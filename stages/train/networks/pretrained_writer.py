"""A pretrained decoder of the transformers library, which writes text."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache, PreTrainedModel

from stages.train.networks.causal import Carried
from stages.train.networks.pretrained import load_model


class PretrainedWriter(nn.Module):
    """The decoder with its own head. What it has read is kept as keys and values of every layer."""

    def __init__(self, decoder: Any, max_length: int) -> None:
        super().__init__()
        self.decoder: Any = decoder
        self.vocabulary, self.max_length = decoder.config.vocab_size, max_length

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids and mask int64 (batch, length) -> logits of the next token, (batch, length, vocabulary).

        Padding stands at the end, where no token before it can see it.
        """
        return self.decoder(input_ids=ids, use_cache=False).logits

    def step(self, ids: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Reads `ids`, int64 (batch, length), after what `state` holds: their logits, and the new state."""
        (past,) = state
        length, seen = ids.shape[1], past.shape[4]
        cache = DynamicCache([(layer[0], layer[1]) for layer in past.unbind(0)])
        places = torch.arange(length, device=ids.device) + seen
        # given outright, since what the library works out of the cache's length is fixed when it is exported
        allowed = torch.arange(length + seen, device=ids.device)[None, :] <= places[:, None]
        added = torch.zeros_like(allowed, dtype=past.dtype).masked_fill(~allowed, torch.finfo(past.dtype).min)
        found = self.decoder(
            input_ids=ids,
            attention_mask=added[None, None].expand(ids.shape[0], 1, -1, -1),
            position_ids=places[None].expand(ids.shape[0], -1),
            past_key_values=cache,
            use_cache=True,
        )
        kept = [torch.stack([layer.keys, layer.values]) for layer in found.past_key_values.layers]
        return found.logits, torch.stack(kept)

    def carried(self) -> Sequence[Carried]:
        """What `step` hands on: keys and values."""
        config = self.decoder.config
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        return [Carried("past", "float32", (config.num_hidden_layers, 2, "batch", heads, "seen", width))]


def load_decoder(weights: str) -> PreTrainedModel:
    """The decoder with its trained weights. A folder is read without touching the network.

    Raises:
        StageError: there is no such folder or hub id, or it holds no model that writes text.
    """
    return load_model(weights, AutoModelForCausalLM)


def blank_decoder(description: dict[str, Any], attention: str) -> nn.Module:
    """The decoder that was described, without its weights; `attention` is `sdpa` or `eager`."""
    config = AutoConfig.for_model(**description)
    return AutoModelForCausalLM.from_config(config, attn_implementation=attention, dtype=torch.float32)
