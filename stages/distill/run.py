"""What distill does, as a function: one way for each family of tasks."""

from collections.abc import Callable

from stages.artifacts import StageError
from stages.distill import classes, images, language, spans
from stages.distill.distilled import Distilled
from stages.params.distill import Distill
from stages.params.model import PRIVATE_TASKS
from stages.tasks import Task
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.teacher import Teacher

Course = Callable[[dict[str, TokenSplit], Meta, Teacher, Task, Distill, int], Distilled]

_COURSES: dict[str, Course] = {
    **dict.fromkeys(("rows", "labels", "numbers", "tokens"), classes.run),
    "spans": spans.run,
    "language": language.run,
    "images": images.run,
}


def run(
    splits: dict[str, TokenSplit], meta: Meta, teacher: Teacher, task: Task, settings: Distill, seed: int
) -> Distilled:
    """Trains on `train`, chooses on `valid`, and measures the one file that was chosen on `test`.

    Raises:
        StageError: the task has no such student, training diverges, the student cannot be written as ONNX, or
            its course would break the promise of a private teacher.
    """
    if teacher.config.get("privacy") is not None and task.name not in PRIVATE_TASKS:
        raise StageError(
            f"train.privacy: its promise cannot be kept for {task.name}, whose student learns from "
            "training rows; set it to null"
        )
    return _COURSES[task.family](splits, meta, teacher, task, settings, seed)
