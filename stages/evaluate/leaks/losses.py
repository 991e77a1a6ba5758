"""How surprised a network is by each text: what every audit of leaks works on."""

from collections.abc import Callable

import numpy as np
from torch import nn

from stages.tasks.question_answering.task import END, FIRST, START
from stages.tokenize.arrays import TokenSplit, make_split, tokens_of
from stages.train.predict import next_tokens, predict_logits

Losses = Callable[[TokenSplit], np.ndarray]
"""The loss of each row, float64, shape (rows,). What the audits need to know of a network and its task."""

Answer = Callable[[TokenSplit], np.ndarray]
"""Gives the logits of a split, in the order of its rows."""


def class_losses(network: nn.Module, pad_id: int) -> Losses:
    """The losses of a network that gives rows or tokens a class."""
    return classes_by(lambda split: predict_logits(network, split, pad_id))


def classes_by(answer: Answer) -> Losses:
    """The plain cross-entropy of each row's label: smoothing and class weights would only blur it.

    Where every token has a label, a row's loss is the mean of its tokens'.

    Args:
        answer: gives the logits of a split, shape (rows, classes), or (tokens, classes).
    """

    def losses(split: TokenSplit) -> np.ndarray:
        logits = answer(split).astype(np.float64)
        each = cross_entropies(logits, np.asarray(split.labels))
        if len(each) == len(split):
            return each
        return np.add.reduceat(each, split.offsets[:-1]) / split.lengths

    return losses


def window_losses(network: nn.Module, pad_id: int) -> Losses:
    """The loss of each window of a context: how far the reader is from its answer, or from saying none."""

    def losses(split: TokenSplit) -> np.ndarray:
        logits = predict_logits(network, split, pad_id).astype(np.float64)
        found = []
        for row, label in enumerate(np.asarray(split.labels)):
            own = logits[split.offsets[row] : split.offsets[row + 1]]
            places = [0, *range(int(label[FIRST]), len(own) - 1)]
            start, end = (places.index(int(label[which])) for which in (START, END))
            found.append(cross_entropies(own[places].T, np.array([start, end])).mean())
        return np.array(found)

    return losses


def label_losses(network: nn.Module, pad_id: int) -> Losses:
    """The losses of a network that gives rows labels."""
    return labels_by(lambda split: predict_logits(network, split, pad_id))


def labels_by(answer: Answer) -> Losses:
    """The binary cross-entropy of each row's labels, summed."""

    def losses(split: TokenSplit) -> np.ndarray:
        logits = answer(split).astype(np.float64)
        return (np.logaddexp(0, logits) - logits * np.asarray(split.labels)).sum(axis=1)

    return losses


def number_losses(network: nn.Module, pad_id: int) -> Losses:
    """The losses of a network that gives rows a number."""
    return numbers_by(lambda split: predict_logits(network, split, pad_id))


def numbers_by(answer: Answer) -> Losses:
    """The squared error of each row's number."""

    def losses(split: TokenSplit) -> np.ndarray:
        found = answer(split).astype(np.float64)
        return (found[:, 0] - np.asarray(split.labels)) ** 2

    return losses


def text_losses(network: nn.Module, pad_id: int) -> Losses:
    """The mean loss of a row's tokens, each given those before it."""

    def losses(split: TokenSplit) -> np.ndarray:
        each = next_tokens(network, split, pad_id).losses
        return np.add.reduceat(each, split.offsets[:-1]) / split.lengths

    return losses


LOSSES: dict[str, Callable[[nn.Module, int], Losses]] = {
    "rows": class_losses,
    "labels": label_losses,
    "numbers": number_losses,
    "tokens": class_losses,
    "spans": window_losses,
    "language": text_losses,
    "images": class_losses,
}
"""How surprised a network is, by the family of its task, from the network and the id that fills up."""
ANSWERED: dict[str, Callable[[Answer], Losses]] = {
    "rows": classes_by,
    "labels": labels_by,
    "numbers": numbers_by,
    "tokens": classes_by,
    "images": classes_by,
}
"""The same from logits alone, whatever gives them: a file of ONNX has no network."""


def cross_entropies(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """-log of the softmax at `labels`, shape (n,), from logits of shape (n, classes)."""
    highest = logits.max(axis=1)
    total = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return total - logits[np.arange(len(labels)), labels]


def take(split: TokenSplit, rows: np.ndarray) -> TokenSplit:
    """The given rows of a split, in that order, in memory."""
    labelled = rows if len(split.labels) == len(split) else tokens_of(split, rows)
    return make_split([split.row(int(row)) for row in rows], np.asarray(split.labels)[labelled])
