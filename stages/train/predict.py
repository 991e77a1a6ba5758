"""Logits of a whole split."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from stages.tokenize.arrays import TokenSplit, pad


def predict_logits(
    network: nn.Module, split: TokenSplit, pad_id: int, batch_tokens: int = 2048
) -> np.ndarray:
    """Logits in float32, shape (rows, classes), in row order. Rows of like length are computed together.

    The network is put into evaluation mode and stays on its device.

    Args:
        batch_tokens: most tokens in a batch, padding included; a longer row is a batch of its own.
    """
    device = next(network.parameters()).device
    network.eval()
    logits: np.ndarray | None = None
    with torch.inference_mode():
        for rows in length_batches(split.lengths, batch_tokens):
            ids, mask = pad(split, rows, pad_id)
            found = network(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
            if logits is None:
                logits = np.zeros((len(split), found.shape[1]), dtype=np.float32)
            logits[rows] = found.float().cpu().numpy()
    return np.zeros((0, 0), dtype=np.float32) if logits is None else logits


def length_batches(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Yields row numbers, longest rows first, with `rows * longest` within `batch_tokens`."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size
