"""A pretrained encoder of the transformers library with a new head."""

import json
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils import logging

from stages.artifacts import StageError
from stages.tokenize.weights import locate, unreachable
from stages.train.networks.layers import attention_stack, freeze_lowest, masked_mean

# the fused attention of processors knows no dropout; the layers' own dropout stays
_ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attention_dropout")


class Pretrained(nn.Module):
    """Encoder, masked mean over its last states (sentence encoders are trained so), dropout, linear head.

    With `per_token`, nothing is averaged: logits of shape (batch, length, outputs).
    """

    def __init__(self, encoder: Any, outputs: int, dropout: float, per_token: bool = False) -> None:
        super().__init__()
        self.per_token = per_token
        self.encoder: Any = encoder
        # an unused layer would have no gradient, which distributed training refuses
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, outputs)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return self.head(self.dropout(states if self.per_token else masked_mean(states, mask)))


def load_encoder(weights: str) -> PreTrainedModel:
    """The encoder with its trained weights. A folder is read without touching the network.

    Raises:
        StageError: there is no such folder or hub id.
    """
    return load_model(weights, AutoModel)


def load_model(weights: str, kind: Any) -> PreTrainedModel:
    """The model that `kind`, one of the automatic classes of transformers, makes of trained weights.

    Raises:
        StageError: there is no such folder or hub id, or it holds no model of that kind.
    """
    where = locate(weights)
    local = not isinstance(where, str)
    bars = logging.is_progress_bar_enabled()
    level = logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        config = AutoConfig.from_pretrained(str(where), local_files_only=local)
        for name in _ATTENTION_DROPOUT:
            if hasattr(config, name):
                setattr(config, name, 0.0)
        return kind.from_pretrained(str(where), config=config, local_files_only=local, dtype=torch.float32)
    except (OSError, ValueError):
        raise unreachable(weights) from None
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def freeze(encoder: nn.Module, layers: int) -> None:
    """Keeps the embeddings and the `layers` lowest attention layers as they are; with 0, nothing.

    The lowest layers hold what little data cannot improve (Lee et al. 2019, "What Would Elsa Do?"), and no
    gradient has to be computed for them.

    Raises:
        StageError: the encoder has no more layers than that.
    """
    if not layers:
        return
    count = len(attention_stack(encoder)[2])
    if count <= layers:
        raise StageError(
            f"train.frozen: {layers}, but the encoder of train.weights has {count} layers; freeze fewer"
        )
    freeze_lowest(encoder, layers)


def blank_encoder(description: dict[str, Any], attention: str) -> nn.Module:
    """The encoder that `describe` described, without its weights; `attention` is `sdpa` or `eager`."""
    config = AutoConfig.for_model(**description)
    return AutoModel.from_config(config, attn_implementation=attention, dtype=torch.float32)


def describe(config: PretrainedConfig) -> dict[str, Any]:
    """The encoder's configuration as plain JSON, without the place it was loaded from."""
    found = json.loads(config.to_json_string(use_diff=False))
    for name in ("_name_or_path", "transformers_version", "architectures"):
        found.pop(name, None)
    return dict(found)
