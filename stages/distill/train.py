"""Trains a student against the teacher's logits."""

import copy
import logging
import sys
import warnings
from collections.abc import Mapping
from typing import Any, cast

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import TQDMProgressBar
from pytorch_lightning.utilities.warnings import PossibleUserWarning
from torch import Tensor

from stages.artifacts import StageError
from stages.distill.imitation import LabelImitation, NumberImitation
from stages.distill.objective import Imitation, TokenImitation
from stages.distill.span_objective import SpanImitation
from stages.distill.students.base import Student
from stages.door import say
from stages.params.distill import Distill
from stages.params.train import Train
from stages.train.hardware import precision
from stages.train.module import Learner
from stages.train.optimizers import make_schedule

_IMITATIONS: dict[str, type[Imitation]] = {
    "rows": Imitation,
    "labels": LabelImitation,
    "numbers": NumberImitation,
    "tokens": TokenImitation,
    "spans": SpanImitation,
}


def train(
    student: Student,
    splits: Mapping[str, Any],
    settings: Distill,
    pad_id: int,
    seed: int,
    family: str = "rows",
    imitation: Imitation | None = None,
) -> dict[str, Any]:
    """Trains the student's network in place, on `splits["train"]`.

    The epoch with the least loss on `splits["valid"]` gives the weights; the network ends in float32, in
    evaluation mode, on the CPU.

    Args:
        family: that of the task: it says what is imitated.
        imitation: how, where the splits do not hold the teacher's answers.

    Returns:
        Epochs, the best one, and its scores.

    Raises:
        StageError: the loss is no longer finite.
    """
    habits = with_settings(student.habits, settings)
    number = precision(habits.precision, habits.accelerator)
    if imitation is None:
        classes = splits["train"].teacher.shape[1]
        imitation = _IMITATIONS[family](classes, settings.temperature, settings.soft, pad_id)
    imitation.prepare(student.network, splits["train"], student.origin == "teacher")
    learner = _Pupil(student, imitation, splits, habits, seed)
    best = _Best(habits.epochs)
    bar = sys.stderr.isatty()
    with warnings.catch_warnings():
        _quiet()
        trainer = Trainer(
            accelerator=habits.accelerator,
            devices=1,
            precision=number,
            max_epochs=habits.epochs,
            gradient_clip_val=habits.clip,
            callbacks=[best, TQDMProgressBar(leave=False)] if bar else [best],
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=bar,
            num_sanity_val_steps=0,
            reload_dataloaders_every_n_epochs=1,
        )
        try:
            trainer.fit(learner)
        except StageError:
            raise StageError("the student's loss is no longer finite; lower distill.learning_rate") from None
    network = student.network.cpu().float().eval()
    network.load_state_dict(best.weights)
    imitation.finish(network)
    return {"epochs": habits.epochs, "best_epoch": best.epoch, **best.scores}


def with_settings(habits: Train, settings: Distill) -> Train:
    """The student's habits, changed where params say something else."""
    asked = {
        "batch_size": settings.batch_size,
        "epochs": settings.epochs,
        "learning_rate": settings.learning_rate,
    }
    return habits.model_copy(update={name: value for name, value in asked.items() if value is not None})


class _Pupil(Learner):
    """The teacher's own training loop, with another objective and, for some students, another optimiser."""

    def __init__(
        self, student: Student, imitation: Imitation, splits: Mapping[str, Any], habits: Train, seed: int
    ) -> None:
        super().__init__(student.network, imitation, dict(splits), habits, seed, fused=True)
        self.own_optimizer = student.optimizer

    def configure_optimizers(self) -> Any:
        if self.own_optimizer is None:
            return super().configure_optimizers()
        optimizer = self.own_optimizer(self.network, self.params.learning_rate)
        steps = len(self.train_dataloader()) * self.params.epochs
        schedule = make_schedule(optimizer, self.params, steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class _Best(Callback):
    """Keeps the weights of the epoch with the least validation loss in memory: distilling takes minutes."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.weights: dict[str, Tensor] = {}
        self.scores: dict[str, float] = {}
        self.epoch = 0

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        scores = cast(Learner, module).scores
        say(
            "distill",
            f"epoch {trainer.current_epoch + 1}/{self.epochs}: "
            "valid " + ", ".join(f"{name} {value:.4f}" for name, value in scores.items()),
        )
        if not self.weights or scores["loss"] < self.scores["loss"]:
            self.scores, self.epoch = dict(scores), trainer.current_epoch + 1
            self.weights = copy.deepcopy(cast(Learner, module).network.state_dict())


def _quiet() -> None:
    """Silences what a user of the stage cannot act on: tips, hints about workers, the hardware found."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for category in (PossibleUserWarning, FutureWarning, UserWarning):
        warnings.simplefilter("ignore", category)
