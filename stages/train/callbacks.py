"""What happens around an epoch: checkpoints, learning curves, lines in the log."""

import time
from pathlib import Path
from typing import Any

from dvclive import Live
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import EarlyStopping
from safetensors.torch import save_file

from stages.artifacts import write_file
from stages.door import say
from stages.train.module import Learner

BEST, LAST = "best.safetensors", "last.ckpt"
_POINTS = 200


class Checkpoints(Callback):
    """Keeps the best weights (least validation loss) and the state at the end of the last epoch."""

    def __init__(self, learner: Learner, folder: Path) -> None:
        self.learner, self.folder = learner, folder
        self.best: dict[str, float] = {}
        self.best_epoch = 0

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        # a run that had stopped early before it was killed has nothing left to do
        for stopper in trainer.early_stopping_callbacks:
            if isinstance(stopper, EarlyStopping) and stopper.wait_count >= stopper.patience:
                trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        scores = self.learner.scores
        if not self.best or scores["loss"] < self.best["loss"]:
            self.best, self.best_epoch = dict(scores), trainer.current_epoch + 1
            if trainer.is_global_zero:
                state = self.learner.network.state_dict()
                # a private LSTM has its weights under second names too
                weights = {name: state[name].detach().cpu().clone() for name in self.learner.names}
                write_file(self.folder / BEST, lambda partial: save_file(weights, partial))
        # best first: a kill between the two repeats the epoch and finds the same best again
        trainer.save_checkpoint(self.folder / LAST)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]


class Curves(Callback):
    """Learning curves as DVCLive plots, and one plain line for every epoch.

    The points are part of the checkpoint: DVC empties the plots' folder before it runs the stage again.
    """

    def __init__(self, learner: Learner, folder: Path) -> None:
        self.learner, self.folder = learner, folder
        self.points: list[tuple[int, str, float]] = []
        self.epochs = 0
        self.rows, self.seconds = 0, 0.0
        self._started = 0.0
        self._sum, self._count = 0.0, 0
        self._live: Live | None = None

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        if trainer.is_global_zero:
            # learning curves only: no experiment, no dvc.yaml of its own, nothing sent anywhere
            self._live = Live(str(self.folder), save_dvc_exp=False, dvcyaml=None)
            for step, name, value in self.points:
                self._draw(step, name, value)

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._sum += self.learner.last_loss
        self._count += 1
        self.rows += len(batch["rows"]) * trainer.world_size
        batches = int(trainer.num_training_batches)
        every = max(1, batches * self.learner.params.epochs // _POINTS)
        if (trainer.current_epoch * batches + batch_idx + 1) % every == 0 or batch_idx + 1 == batches:
            rate = trainer.optimizers[0].param_groups[0]["lr"]
            self._point(trainer.global_step, "train/loss", self._sum / self._count)
            self._point(trainer.global_step, "train/learning_rate", rate)
            self._sum, self._count = 0.0, 0

    def on_validation_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.seconds += time.perf_counter() - self._started

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        self.epochs = trainer.current_epoch + 1
        for name, value in self.learner.scores.items():
            self._point(trainer.global_step, f"valid/{name}", value)
        if trainer.is_global_zero:
            loss = next(value for _, name, value in reversed(self.points) if name == "train/loss")
            scores = ", ".join(f"{name} {value:.4f}" for name, value in self.learner.scores.items())
            speed = self.rows / max(self.seconds, 1e-9)
            epoch = f"epoch {self.epochs}/{self.learner.params.epochs}"
            say("train", f"{epoch}: train loss {loss:.4f}; valid {scores}; {speed:.0f} rows/s")

    def close(self) -> None:
        """Ends the plots. DVCLive writes a metrics.json of its own, which the stage then replaces."""
        if self._live is not None:
            self._live.end()
            self._live = None

    def state_dict(self) -> dict[str, Any]:
        return {"points": self.points, "epochs": self.epochs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.points = [(step, name, value) for step, name, value in state_dict["points"]]
        self.epochs = state_dict["epochs"]

    def _point(self, step: int, name: str, value: float) -> None:
        self.points.append((step, name, value))
        self._draw(step, name, value)

    def _draw(self, step: int, name: str, value: float) -> None:
        if self._live is not None:
            self._live.step = step
            self._live.log_metric(name, value)
