"""Logits of a whole split."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from stages.tokenize.arrays import TokenSplit, pad, tokens_of

_PIXELS = 64
"""pixels that cost as much as a token"""


def predict_logits(
    network: nn.Module, split: TokenSplit, pad_id: int, batch_tokens: int = 2048
) -> np.ndarray:
    """Logits in float32, shape (rows, classes), in row order. Rows of like length are computed together.

    A network that answers for each token gives (tokens, classes), in the order of the split's ids.

    The network is put into evaluation mode and stays on its device.

    Args:
        batch_tokens: most tokens in a batch, padding included; a longer row is a batch of its own.
    """
    device = next(network.parameters()).device
    if split.ids.dtype == np.uint8:
        batch_tokens *= _PIXELS
    network.eval()
    logits: np.ndarray | None = None
    with torch.inference_mode():
        for rows in length_batches(split.lengths, batch_tokens):
            ids, mask = pad(split, rows, pad_id)
            found = network(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
            per_token = found.dim() == 3
            if logits is None:
                count = len(split.ids) if per_token else len(split)
                logits = np.zeros((count, found.shape[-1]), dtype=np.float32)
            numbers = found.float().cpu().numpy()
            if per_token:
                logits[tokens_of(split, rows)] = numbers[mask.astype(bool)]
            else:
                logits[rows] = numbers
    return np.zeros((0, 0), dtype=np.float32) if logits is None else logits


@dataclass(frozen=True)
class NextTokens:
    """How well each token of a split, given those before it, tells the next: arrays of shape (tokens,)."""

    losses: np.ndarray
    """in nats, float64"""
    confidence: np.ndarray
    """the probability of the likeliest token, float64"""
    hits: np.ndarray
    """whether it was that one, bool"""


def next_tokens(network: nn.Module, split: TokenSplit, pad_id: int, batch_tokens: int = 2048) -> NextTokens:
    """Reads a split whose labels are the next tokens. The network is put into evaluation mode.

    Logits of a whole split are never held: with a vocabulary they would be thousands of times its size.
    """
    device = next(network.parameters()).device
    network.eval()
    count = len(split.ids)
    found = NextTokens(np.zeros(count), np.zeros(count), np.zeros(count, dtype=bool))
    with torch.inference_mode():
        for rows in length_batches(split.lengths, batch_tokens):
            ids, mask = pad(split, rows, pad_id)
            logits = network(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
            own = logits[torch.from_numpy(mask.astype(bool)).to(device)].float().log_softmax(1)
            places = tokens_of(split, rows)
            labels = torch.from_numpy(np.asarray(split.labels[places])).to(device)
            highest, likeliest = own.max(1)
            found.losses[places] = -own.gather(1, labels[:, None])[:, 0].cpu().numpy()
            found.confidence[places] = highest.exp().cpu().numpy()
            found.hits[places] = (likeliest == labels).cpu().numpy()
    return found


def length_batches(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Yields row numbers, longest rows first, with `rows * longest` within `batch_tokens`."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size
