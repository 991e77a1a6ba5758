"""The learning side of a task, one file each: batches, loss and validation scores."""

from collections.abc import Callable

from stages.params.train import Train
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.objectives.base import Batch, Objective
from stages.train.objectives.question_answering import QuestionAnswering
from stages.train.objectives.text_classification import TextClassification
from stages.train.objectives.token_classification import TokenClassification

_OBJECTIVES: dict[str, Callable[[Meta, TokenSplit, Train], Objective]] = {
    "text-classification": TextClassification,
    "token-classification": TokenClassification,
    "question-answering": QuestionAnswering,
}


def get(meta: Meta, train: TokenSplit, params: Train) -> Objective:
    """The objective of the task that the arrays were made for."""
    return _OBJECTIVES[meta.task](meta, train, params)


__all__ = ["Batch", "Objective", "get"]
