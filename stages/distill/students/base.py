"""What the training loop needs to know of a student without knowing its kind."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn
from torch.optim import Optimizer

from stages.params.train import Train


@dataclass(frozen=True)
class Student:
    """A network to be trained, and how its kind is best trained where params leave that open."""

    network: nn.Module
    """forward(ids, mask), both int64 (batch, length) -> logits float32 (batch, classes)"""
    origin: str
    """what its weights start from: `teacher`, `teacher's embeddings` or `scratch`"""
    habits: Train
    """how it is trained; params may override epochs, batch size and learning rate"""
    optimizer: Callable[[nn.Module, float], Optimizer] | None = None
    """network and learning rate to the optimiser; None takes that of `habits`"""
    calibrated: bool = False
    """whether int8 enters its convolutions and matrices by fixed scales, measured on training rows"""
    matrices: bool = True
    """whether matrix products are most of its work: then int8 enters them too, not only the embeddings"""
