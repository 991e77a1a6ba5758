"""Optimisers and learning-rate schedules by name."""

import math
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LinearLR, LRScheduler

from stages.params.train import Train
from stages.train.depth import levels


def decayed(network: nn.Module) -> list[nn.Parameter]:
    """The weights that decay and L1 act on: matrices, not biases and norms, which are vectors."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad and parameter.ndim > 1]


def make_optimizer(network: nn.Module, params: Train, fused: bool) -> Optimizer:
    """The optimiser, with two groups: decayed weights, and the rest; so for each level with `layer_decay`.

    Each level's rate is `layer_decay` times that of the level above it (Howard and Ruder 2018).

    Args:
        fused: one kernel for the whole step where the optimiser has one; not to be had with float16's scaler.
    """
    rate = params.learning_rate
    if params.layer_decay == 1.0:
        groups = _halves([one for one in network.parameters() if one.requires_grad], params, rate)
    else:
        groups = [
            group
            for depth, own in enumerate(levels(network))
            for group in _halves(own, params, rate * params.layer_decay**depth)
            if group["params"]
        ]
    if params.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=params.momentum, fused=fused)
    if params.optimizer == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate, momentum=params.momentum)
    if params.optimizer == "adam":
        return torch.optim.Adam(groups, lr=rate, fused=fused)
    return torch.optim.AdamW(groups, lr=rate, fused=fused)


def _halves(parameters: list[nn.Parameter], params: Train, rate: float) -> list[dict[str, Any]]:
    """The weights that decay, and those that do not, as groups of an optimiser."""
    return [
        {
            "params": [one for one in parameters if one.ndim > 1],
            "weight_decay": params.weight_decay,
            "lr": rate,
        },
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0, "lr": rate},
    ]


def make_schedule(optimizer: Optimizer, params: Train, steps: int) -> LRScheduler:
    """The learning rate by step: a linear rise to the peak, then flat (constant, plateau) or a fall to 0.

    Args:
        steps: optimiser steps of the whole training.
    """
    rising = round(steps * params.warmup)
    if params.schedule == "plateau":
        # this one multiplies the present rate, so it lets ReduceLROnPlateau lower it too
        return LinearLR(optimizer, 1 / (rising + 1), total_iters=rising)
    return LambdaLR(optimizer, lambda step: share_of_peak(params.schedule, step, steps, rising))


def share_of_peak(schedule: str, step: int, steps: int, rising: int) -> float:
    """Share of the peak learning rate at `step` (from 0) of `steps`, the first `rising` being warm-up."""
    if step < rising:
        return (step + 1) / (rising + 1)
    if schedule == "constant":
        return 1.0
    progress = min(1.0, (step - rising) / max(1, steps - rising))
    return 1.0 - progress if schedule == "linear" else 0.5 * (1.0 + math.cos(math.pi * progress))
