"""Builds the student that params name."""

from collections.abc import Callable

from stages import tasks
from stages.distill.students import images, lstm, static, transformer, writers
from stages.distill.students.base import Student
from stages.params.distill import Distill
from stages.tokenize.arrays import Meta
from stages.train.teacher import Teacher

_KINDS: dict[str, Callable[[Distill, Meta, Teacher], Student]] = {
    "cnn": images.build_cnn,
    "lstm": lstm.build,
    "mlp": images.build_mlp,
    "static": static.build,
    "transformer": transformer.build,
}
_WRITERS: dict[str, Callable[[Distill, Meta, Teacher], Student]] = {
    "lstm": writers.lstm,
    "transformer": writers.transformer,
}


def build(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A student ready to be trained; its random weights come from torch's global seed."""
    kinds = _WRITERS if tasks.get(meta.task).writes else _KINDS
    return kinds[settings.student](settings, meta, teacher)
