"""The baseline for tasks with a class per token: the class that each token had most often in training."""

import numpy as np

from stages.tokenize.arrays import TokenSplit


def lookup_probabilities(train: TokenSplit, test: TokenSplit, classes: int) -> np.ndarray:
    """The share of each class among a token's appearances in `train`, for every token of `test`.

    Returns:
        Probabilities, shape (test tokens, classes); a token never seen has those of all tokens together.
    """
    size = int(max(train.ids.max(), test.ids.max())) + 1
    places = train.ids.astype(np.int64) * classes + train.labels
    counts = np.bincount(places, minlength=size * classes).reshape(size, classes).astype(float)
    seen = counts.sum(axis=1) > 0
    counts[~seen] = counts.sum(axis=0)
    return (counts / counts.sum(axis=1, keepdims=True))[test.ids]
