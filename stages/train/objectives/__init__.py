"""The learning side of a task, one file each: batches, loss and validation scores."""

from collections.abc import Callable

from torch import Tensor

from stages.params.train import Train
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.objectives import text_regression
from stages.train.objectives.base import Batch, Objective
from stages.train.objectives.image_classification import ImageClassification
from stages.train.objectives.multi_label_classification import MultiLabelClassification
from stages.train.objectives.question_answering import QuestionAnswering
from stages.train.objectives.text_classification import TextClassification
from stages.train.objectives.text_generation import TextGeneration
from stages.train.objectives.token_classification import TokenClassification

_OBJECTIVES: dict[str, Callable[[Meta, TokenSplit, Train], Objective]] = {
    "image-classification": ImageClassification,
    "multi-label-classification": MultiLabelClassification,
    "text-classification": TextClassification,
    "text-regression": text_regression.TextRegression,
    "text-generation": TextGeneration,
    "token-classification": TokenClassification,
    "question-answering": QuestionAnswering,
}

_FINISHED: dict[str, Callable[[TokenSplit, dict[str, Tensor]], dict[str, Tensor]]] = {
    "text-regression": text_regression.finished
}


def get(meta: Meta, train: TokenSplit, params: Train) -> Objective:
    """The objective of the task that the arrays were made for."""
    return _OBJECTIVES[meta.task](meta, train, params)


def finished(meta: Meta, train: TokenSplit, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The trained weights as they are saved: as they are, but for tasks that name another form."""
    return _FINISHED.get(meta.task, _as_they_are)(train, weights)


def _as_they_are(_: TokenSplit, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return weights


__all__ = ["Batch", "Objective", "finished", "get"]
