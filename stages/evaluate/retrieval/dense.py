"""Texts as vectors: near each other where they mean the like."""

from collections.abc import Callable, Sequence

import numpy as np
from tokenizers import Tokenizer

MAX_LENGTH = 256
"""most tokens of a text; the rest of a longer one is left out, as the shipped encoder was trained"""
_BATCH = 8

Encode = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Takes ids and mask, int64 (batch, length), and gives unit vectors, float32 (batch, width)."""


class Embedder:
    """A sentence encoder with its tokenizer."""

    def __init__(self, encode: Encode, tokenizer: Tokenizer, max_length: int = MAX_LENGTH) -> None:
        self._encode, self._tokenizer = encode, tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of texts, float32, shape (texts, width)."""
        rows = [
            np.array(found.ids or [0], dtype=np.int64) for found in self._tokenizer.encode_batch(list(texts))
        ]
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        found: dict[int, np.ndarray] = {}
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            longest = max(len(rows[place]) for place in places)
            ids = np.zeros((len(places), longest), dtype=np.int64)
            mask = np.zeros_like(ids)
            for line, place in enumerate(places):
                ids[line, : len(rows[place])] = rows[place]
                mask[line, : len(rows[place])] = 1
            found.update(zip(places, self._encode(ids, mask), strict=True))
        return np.stack([found[place] for place in range(len(rows))]).astype(np.float32)
