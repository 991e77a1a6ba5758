"""The recurrent student: a recurrent teacher itself, to be quantised, or a smaller LSTM from scratch."""

import copy

from stages import tasks
from stages.distill.students.base import Student
from stages.params.distill import Distill
from stages.params.train import Train
from stages.tokenize.arrays import Meta
from stages.train.networks.ensemble import members_of
from stages.train.networks.lstm import Lstm
from stages.train.teacher import Teacher

_DROPOUT = 0.1


def build(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A copy of a recurrent teacher (of an ensemble: its first member) that has no more layers than asked.

    A recurrent layer cannot be left out as an attention layer can: what follows has learned to read it. Any
    other teacher is imitated from scratch.
    """
    network = copy.deepcopy(members_of(teacher.network)[0])
    if isinstance(network, Lstm) and network.recurrent.num_layers <= settings.layers:
        return Student(network, "teacher", Train(epochs=1, learning_rate=3e-4, precision="32"))
    network = Lstm(
        vocabulary=meta.vocabulary,
        outputs=len(meta.labels),
        hidden=settings.hidden,
        layers=settings.layers,
        bidirectional=True,
        dropout=_DROPOUT,
        per_token=tasks.get(meta.task).per_token,
    )
    return Student(network, "scratch", Train(epochs=6, learning_rate=3e-3, precision="32"))
