"""The transformer student: some of the teacher's own layers, or a small encoder from scratch."""

import copy
from typing import Any

import numpy as np
from torch import nn

from stages import tasks
from stages.distill.students.base import Student
from stages.params.distill import Distill
from stages.params.train import Train
from stages.tokenize.arrays import Meta
from stages.train.networks.ensemble import members_of
from stages.train.networks.layers import attention_stack, freeze_lowest
from stages.train.networks.transformer import Transformer
from stages.train.teacher import Teacher

_DROPOUT = 0.1


def build(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A student with evenly spaced layers of the teacher where it has such layers (Sanh et al. 2019)."""
    network = thinned(teacher.network, settings.layers)
    if network is not None:
        _lighten(network, layers=1 if settings.layers > 1 else 0)
        return Student(network, "teacher", Train(epochs=2, learning_rate=3e-4))
    network = Transformer(
        vocabulary=meta.vocabulary,
        outputs=len(meta.labels),
        max_length=meta.max_length,
        hidden=settings.hidden,
        layers=settings.layers,
        heads=settings.heads,
        nonlinearity="gelu",
        dropout=_DROPOUT,
        per_token=tasks.get(meta.task).per_token,
    )
    return Student(network, "scratch", Train(epochs=10, learning_rate=5e-4))


def thinned(teacher: nn.Module, layers: int) -> nn.Module | None:
    """A copy of the teacher with at most `layers` of its attention layers; None where it has no two.

    Of an ensemble it is its first member that is copied.
    """
    network = copy.deepcopy(members_of(teacher)[0])
    owner, name, stack = attention_stack(network)
    if len(stack) < 2:
        return None
    keep = evenly(len(stack), min(layers, len(stack)))
    setattr(owner, name, nn.ModuleList(stack[place] for place in keep))
    for part in network.modules():
        config: Any = getattr(part, "config", None)
        if hasattr(config, "num_hidden_layers"):
            config.num_hidden_layers = len(keep)
    return network


def _lighten(network: nn.Module, layers: int) -> None:
    # already fitted to the task by the teacher, and no gradient has to reach them
    freeze_lowest(network, layers)
    for module in network.modules():
        if hasattr(module, "set_attn_implementation"):
            # on some processors the fused kernel's backward pass takes longer than all other layers together
            module.set_attn_implementation("eager")  # type: ignore[operator]


def evenly(count: int, keep: int) -> list[int]:
    """`keep` of `count` places, evenly spread; the first and the last are among them where two are kept."""
    return np.linspace(0, count - 1, keep).round().astype(int).tolist()
