"""One file per task: what differs between tasks on the data side. Free of torch."""

from stages.tasks.base import Task
from stages.tasks.text_classification import TextClassification

_TASKS: dict[str, Task] = {task.name: task for task in (TextClassification(),)}


def get(name: str) -> Task:
    """The task of that name; params allow only names that are here."""
    return _TASKS[name]


__all__ = ["Task", "get"]
