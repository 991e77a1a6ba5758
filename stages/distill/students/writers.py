"""Students that write text: a smaller LSTM or decoder, begun from the teacher's layers where it has such."""

import copy

from torch import nn

from stages.distill.students.base import Student
from stages.distill.students.transformer import thinned
from stages.params.distill import Distill
from stages.params.train import Train
from stages.tokenize.arrays import Meta
from stages.train.networks.decoder import Decoder
from stages.train.networks.ensemble import members_of
from stages.train.networks.lstm_writer import LstmWriter
from stages.train.teacher import Teacher

_DROPOUT = 0.1


def lstm(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A copy of an LSTM teacher (of an ensemble: its first member) with no more layers than asked for.

    Any other teacher is imitated from scratch.
    """
    network = copy.deepcopy(members_of(teacher.network)[0])
    if isinstance(network, LstmWriter) and network.lstm.num_layers <= settings.layers:
        return Student(network, "teacher", Train(epochs=1, learning_rate=3e-4, precision="32"))
    network = LstmWriter(meta.vocabulary, meta.max_length, settings.hidden, settings.layers, _DROPOUT)
    return Student(network, "scratch", Train(epochs=6, learning_rate=3e-3, precision="32"))


def transformer(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A decoder with evenly spaced layers of the teacher where it has such layers (Sanh et al. 2019)."""
    network = thinned(teacher.network, settings.layers)
    if network is not None:
        return Student(_numbered(network), "teacher", Train(epochs=2, learning_rate=3e-4))
    network = Decoder(
        vocabulary=meta.vocabulary,
        max_length=meta.max_length,
        hidden=settings.hidden,
        layers=settings.layers,
        heads=settings.heads,
        nonlinearity="gelu",
        dropout=_DROPOUT,
    )
    return Student(network, "scratch", Train(epochs=6, learning_rate=2e-3))


def _numbered(network: nn.Module) -> nn.Module:
    """Layers of transformers know their place among the keys and values that are kept: counts them anew."""
    places = [module for module in network.modules() if hasattr(module, "layer_idx")]
    known = sorted({int(module.layer_idx) for module in places})  # type: ignore[arg-type]
    for module in places:
        module.layer_idx = known.index(int(module.layer_idx))  # type: ignore[assignment, arg-type]
    return network
