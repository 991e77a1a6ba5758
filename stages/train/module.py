"""The network, its objective and its optimiser as Lightning runs them."""

from typing import TYPE_CHECKING, Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader

from stages.artifacts import StageError
from stages.params.train import Train
from stages.tokenize.arrays import TokenSplit
from stages.train.batches import loader, loader_of
from stages.train.depth import Thaw
from stages.train.mixup import Blend
from stages.train.networks.ensemble import members_of
from stages.train.objectives import Batch, Objective
from stages.train.optimizers import decayed, make_optimizer, make_schedule

if TYPE_CHECKING:
    from stages.train.private import Budget


class Learner(LightningModule):
    """Trains `network` for `objective`. Everything random in an epoch follows from seed, epoch and rank."""

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        splits: dict[str, TokenSplit],
        params: Train,
        seed: int,
        fused: bool,
        budget: "Budget | None" = None,
    ) -> None:
        super().__init__()
        self.names = sorted(network.state_dict())
        self.budget = budget
        if budget is not None:
            from stages.train.private import countable

            network = countable(network)
        self.network, self.objective, self.splits, self.params = network, objective, splits, params
        self.seed, self.fused = seed, fused
        self.scores: dict[str, float] = {}
        self.last_loss = 0.0
        self._thaw: Thaw | None = None
        self._plateau: ReduceLROnPlateau | None = None
        self._plateau_state: dict[str, Any] | None = None

    def train_dataloader(self) -> DataLoader[Batch]:
        if self.budget is not None:
            return loader_of(self.splits["train"], self.objective, self.budget.batches())
        return self._loader("train", (self.seed, self.current_epoch))

    def val_dataloader(self) -> DataLoader[Batch]:
        return self._loader("valid", None)

    def _loader(self, split: str, order: tuple[int, int] | None) -> DataLoader[Batch]:
        ranks = self.trainer.world_size
        size = self.params.batch_size
        return loader(self.splits[split], self.objective, size, order, self.global_rank, ranks)

    def configure_optimizers(self) -> Any:
        params = self.params
        batches = len(self._loader("train", (self.seed, 0)))  # as many as private training takes
        steps = -(-batches // params.accumulate) * params.epochs
        if params.unfreeze:
            self._thaw = Thaw(self.network, params.unfreeze, steps)
        optimizer = make_optimizer(self.network, params, self.fused)
        if self.budget is not None:
            optimizer = self.budget.optimizer(self.network, optimizer, params)
        if params.schedule == "plateau":
            # stepped by this module: Lightning steps it after the checkpoint of the epoch is written
            self._plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
            if self._plateau_state:
                self._plateau.load_state_dict(self._plateau_state)
        schedule = make_schedule(optimizer, params, steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def configure_gradient_clipping(
        self,
        optimizer: Any,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        if gradient_clip_val is None or not self.fused:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        else:
            # Lightning refuses to clip for fused optimisers in mixed precision; only float16 has a reason to
            nn.utils.clip_grad_norm_(self.network.parameters(), gradient_clip_val)

    def on_train_epoch_start(self) -> None:
        torch.manual_seed((self.seed * 1_000_003 + self.current_epoch) * 4099 + self.global_rank)

    def on_train_batch_start(self, batch: Batch, index: int) -> None:
        if self._thaw is not None:
            self._thaw(self.global_step)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        members = members_of(self.network)
        losses = [self._loss(member, batch) for member in members]
        # the sum, so that the rate of each member's learning does not depend on their number
        loss = torch.stack(losses).sum()
        if self.params.l1:
            loss = (
                loss
                + self.params.l1 * torch.stack([weight.abs().sum() for weight in decayed(self.network)]).sum()
            )
        self.last_loss = float(loss.detach()) / len(members)
        self._refuse_infinite(self.last_loss, "training loss")
        return loss

    def _loss(self, member: nn.Module, batch: Batch) -> Tensor:
        if self.params.mixup:
            return Blend(batch, self.params.mixup).loss(member, self.objective.loss)
        return self.objective.loss(member(batch["ids"], batch["mask"]), batch)

    def on_validation_epoch_start(self) -> None:
        rows = len(self.splits["valid"])
        self._outcomes = torch.zeros(rows, self.objective.width, device=self.device)
        self._seen = torch.zeros(rows, 1, device=self.device)

    def validation_step(self, batch: Batch, index: int) -> None:
        outcome = self.objective.outcome(self.network(batch["ids"], batch["mask"]), batch)
        self._outcomes[batch["rows"]] += outcome
        self._seen[batch["rows"]] += 1

    def on_validation_epoch_end(self) -> None:
        # ranks hold different rows, and a few rows twice, to make their batches equally many
        outcomes = self.trainer.strategy.reduce(self._outcomes, reduce_op="sum")
        seen = self.trainer.strategy.reduce(self._seen, reduce_op="sum")
        self.scores = self.objective.scores((outcomes / seen).cpu(), self.splits["valid"])
        self._refuse_infinite(self.scores["loss"], "validation loss")
        for name, value in self.scores.items():
            self.log(f"valid/{name}", torch.tensor(value, dtype=torch.float32), sync_dist=False)
        if self._plateau is not None:
            self._plateau.step(self.scores["loss"])

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        if self._plateau is not None:
            checkpoint["plateau"] = self._plateau.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self._plateau_state = checkpoint.get("plateau")

    def _refuse_infinite(self, value: float, what: str) -> None:
        if value - value != 0:
            raise StageError(
                f"the {what} is {value} at step {self.global_step + 1}, epoch {self.current_epoch + 1}; "
                "lower train.learning_rate, set train.clip or set train.precision to '32'; "
                "the last good checkpoint stays in work/"
            )
