"""The sentence encoder in torch: what evaluate finds passages with, and distill writes as ONNX."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from stages.evaluate.retrieval.dense import MAX_LENGTH, Embedder
from stages.tokenize import vocabulary
from stages.train.networks.layers import masked_mean
from stages.train.networks.pretrained import load_encoder


class SentenceEncoder(nn.Module):
    """The mean over an encoder's last states, as a unit vector (Reimers and Gurevych 2019)."""

    def __init__(self, weights: str) -> None:
        super().__init__()
        encoder: Any = load_encoder(weights)
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None
        self.encoder = encoder
        self.eval()

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return normalize(masked_mean(states, mask), dim=-1)


def embedder(weights: str) -> Embedder:
    """The encoder of `weights` with its tokenizer.

    Raises:
        StageError: there is no such folder or hub id.
    """
    network = SentenceEncoder(weights)

    def encode(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(ids), torch.from_numpy(mask)).numpy())

    return Embedder(encode, vocabulary.pretrained(weights, MAX_LENGTH))
