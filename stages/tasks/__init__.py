"""One file per task: what differs between tasks on the data side. Free of torch."""

from stages.tasks.base import Places, Sequences, Task
from stages.tasks.image_classification import ImageClassification
from stages.tasks.multi_label_classification import MultiLabelClassification
from stages.tasks.question_answering import QuestionAnswering
from stages.tasks.text_classification import TextClassification
from stages.tasks.text_generation import TextGeneration
from stages.tasks.text_regression import TextRegression
from stages.tasks.token_classification import TokenClassification

_TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        TextClassification(),
        MultiLabelClassification(),
        TextRegression(),
        TokenClassification(),
        QuestionAnswering(),
        TextGeneration(),
        ImageClassification(),
    )
}


def get(name: str) -> Task:
    """The task of that name; params allow only names that are here."""
    return _TASKS[name]


def names() -> tuple[str, ...]:
    """The tasks that there are."""
    return tuple(_TASKS)


__all__ = ["Places", "Sequences", "Task", "get", "names"]
