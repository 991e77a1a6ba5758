"""Training with differential privacy: DP-SGD (Abadi et al. 2016) by Opacus.

Each step clips the gradient of every single row to `train.clip` and adds Gaussian noise; each row is in a
batch with the same probability, whatever else is. The noise is as strong as the asked budget needs.
Batches and noise come from the operating system's entropy: noise that a seed repeats would protect nobody. So
two trainings differ.
"""

import math
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from opacus import GradSampleModule
from opacus.accountants import RDPAccountant
from opacus.accountants.utils import get_noise_multiplier
from opacus.optimizers import DPOptimizer
from opacus.validators import ModuleValidator
from torch import nn
from torch.optim import Optimizer
from torch.utils.data import Sampler

from stages.artifacts import StageError
from stages.params.train import Privacy, Train


class PoissonBatches(Sampler[list[int]]):
    """Lists of row numbers: each row is in a list with probability `rate`.

    An empty list, which no network can read, is drawn again: with 32 rows expected, once in 10^13 steps.
    """

    def __init__(self, rows: int, rate: float, steps: int) -> None:
        self.rows, self.rate, self.steps = rows, rate, steps

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        draw = np.random.default_rng(secrets.randbits(128))
        for _ in range(self.steps):
            chosen = np.zeros(0, dtype=np.int64)
            while not len(chosen):
                chosen = np.flatnonzero(draw.random(self.rows) < self.rate)
            yield chosen.tolist()


@dataclass(frozen=True)
class Budget:
    """What is asked, and the noise that keeps to it."""

    asked: Privacy
    rows: int
    rate: float
    """probability with which a row is in a batch"""
    steps: int
    """steps of an epoch"""
    noise: float
    """standard deviation of the noise, in units of the clipping norm"""

    @classmethod
    def of(cls, asked: Privacy, rows: int, params: Train) -> "Budget":
        """The budget of a training on `rows` rows.

        Raises:
            StageError: the split is smaller than a batch, or no noise is enough.
        """
        if rows <= params.batch_size:
            raise StageError(
                f"train.privacy: {rows} training rows are no more than train.batch_size; give more data"
            )
        rate, steps = params.batch_size / rows, math.ceil(rows / params.batch_size)
        try:
            noise = get_noise_multiplier(
                target_epsilon=asked.epsilon,
                target_delta=asked.delta,
                sample_rate=rate,
                steps=steps * params.epochs,
                accountant="rdp",
            )
        except ValueError:
            raise StageError(
                f"train.privacy.epsilon: {asked.epsilon} cannot be kept to in {params.epochs} epochs; "
                "raise it, or train for fewer"
            ) from None
        return cls(asked, rows, rate, steps, float(noise))

    def batches(self) -> PoissonBatches:
        """The batches of an epoch."""
        return PoissonBatches(self.rows, self.rate, self.steps)

    def spent(self, steps: int) -> dict[str, float]:
        """The budget spent after `steps` steps, by Rényi accounting (Mironov 2017), and the noise."""
        accountant = RDPAccountant()
        accountant.history = [(self.noise, self.rate, steps)]
        epsilon = float(accountant.get_epsilon(self.asked.delta)) if steps else 0.0
        return {"epsilon": round(epsilon, 6), "delta": self.asked.delta, "noise": round(self.noise, 6)}

    def optimizer(self, network: nn.Module, plain: Optimizer, params: Train) -> DPOptimizer:
        """Lets the network keep a gradient for each row, and `plain` step by them, clipped and noisy."""
        # only its hooks are wanted: the network goes on under its own name
        GradSampleModule(network, strict=False)
        noise = torch.Generator(next(network.parameters()).device).manual_seed(secrets.randbits(63))
        return DPOptimizer(
            plain,
            noise_multiplier=self.noise,
            max_grad_norm=params.clip,
            expected_batch_size=params.batch_size,
            generator=noise,
        )


def countable(network: nn.Module) -> nn.Module:
    """The network with LSTM layers that give a gradient for each row; the others do already."""
    return ModuleValidator.fix(network)
