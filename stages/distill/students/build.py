"""Builds the student that params name."""

from collections.abc import Callable

from stages.distill.students import lstm, static, transformer
from stages.distill.students.base import Student
from stages.params.distill import Distill
from stages.tokenize.arrays import Meta
from stages.train.teacher import Teacher

_KINDS: dict[str, Callable[[Distill, Meta, Teacher], Student]] = {
    "lstm": lstm.build,
    "static": static.build,
    "transformer": transformer.build,
}


def build(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A student ready to be trained; its random weights come from torch's global seed."""
    return _KINDS[settings.student](settings, meta, teacher)
