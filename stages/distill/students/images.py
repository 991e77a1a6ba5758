"""The students for images: a narrow convolutional network, or a perceptron."""

from stages.distill.students.base import Student
from stages.params.distill import Distill
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta
from stages.train.networks import registry
from stages.train.teacher import Teacher


def build_cnn(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A convolutional network from scratch."""
    return _built("cnn", settings, meta, Train(epochs=30, learning_rate=3e-3, precision="32"))


def build_mlp(settings: Distill, meta: Meta, teacher: Teacher) -> Student:
    """A multilayer perceptron from scratch."""
    return _built("mlp", settings, meta, Train(epochs=40, learning_rate=2e-3, precision="32"))


def _built(architecture: str, settings: Distill, meta: Meta, habits: Train) -> Student:
    asked = Network(hidden=settings.hidden, layers=settings.layers, dropout=0.0)
    params = Train.model_validate({**habits.model_dump(), "architecture": architecture, "network": asked})
    network, _ = registry.build(params, meta, len(meta.labels))
    return Student(network, "scratch", params, calibrated=True)
