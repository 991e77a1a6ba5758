"""Trains a network from start, or from where a killed run left off."""

import logging
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import EarlyStopping, TQDMProgressBar
from pytorch_lightning.utilities.warnings import PossibleUserWarning
from safetensors.torch import load_file
from torch import Tensor

from stages.artifacts import TOKENS, StageError
from stages.door import say
from stages.params.train import Train
from stages.tasks import Task
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train import objectives
from stages.train.callbacks import BEST, LAST, Checkpoints, Curves
from stages.train.hardware import bfloat16_gain, precision
from stages.train.mixup import WHOLE, can_blend
from stages.train.module import Learner
from stages.train.networks.registry import build
from stages.train.start import start
from stages.train.summary import summarise


@dataclass(frozen=True)
class Trained:
    """The best weights, the description that rebuilds their network, and the metrics."""

    weights: dict[str, Tensor]
    description: dict[str, Any]
    metrics: dict[str, Any]
    first: bool
    """whether this process is the one of all ranks that writes"""


def run(
    splits: dict[str, TokenSplit],
    meta: Meta,
    task: Task,
    params: Train,
    seed: int,
    work: Path,
    reports: Path,
    watchers: Sequence[Callback] = (),
    tokenizer: Path = TOKENS / "tokenizer.json",
) -> Trained:
    """Trains on `splits["train"]` and keeps the weights of the epoch with the least loss on "valid".

    Args:
        work: folder of the checkpoints; its `last.ckpt` is resumed, to the same result as without a break.
        reports: folder in which DVCLive draws the learning curves.
        watchers: further callbacks of the trainer.
        tokenizer: what encoded the splits; read where the training starts from another vocabulary.

    Raises:
        StageError: the task has no such architecture, the weights are missing, or the loss is not finite.
    """
    if params.architecture not in task.architectures:
        known = ", ".join(task.architectures)
        raise StageError(f"train.architecture: {params.architecture}, but {task.name} is learned by: {known}")
    _quiet()
    objective = objectives.get(meta, splits["train"], params)
    torch.manual_seed(seed)
    network, description = build(params, meta, objective.outputs)
    if params.mixup and not (task.family in WHOLE and can_blend(network)):
        raise StageError(
            f"train.mixup: {params.mixup}, but {task.name} by {params.architecture} has no embeddings of "
            "whole rows to blend; set it to 0"
        )
    started = None if params.start_from is None else start(network, params.start_from, tokenizer)
    if params.lora is not None:
        # peft takes seconds to import, and only adapters need it
        from stages.train import lora

        lora.adapt(network, params.lora)
    budget = None
    number = precision(params.precision, params.accelerator)
    if params.privacy is not None:
        # Opacus takes seconds to import, and only private training needs it
        from stages.train.private import Budget

        budget, number = Budget.of(params.privacy, len(splits["train"]), params), "32-true"
    fused = number != "16-mixed"
    summary = summarise(network, objective, splits["train"], params, number != "32-true")
    learner = Learner(network, objective, splits, params, seed, fused, budget)
    checkpoints, curves = Checkpoints(learner, work), Curves(learner, reports)
    resumed = work / LAST if (work / LAST).is_file() else None
    trainer = _trainer(params, number, [checkpoints, curves, *watchers])
    if trainer.is_global_zero:
        for line in summary.lines():
            say("train", line)
        say("train", f"computes in {number}; gain of bfloat16 on this processor: {_gain()}")
        if started is not None:
            say("train", f"starts from {started.taken} of {started.tensors} tensors of {params.start_from}")
        if resumed:
            say("train", "a former run was interrupted; going on after its last whole epoch")
    trainer.fit(learner, ckpt_path=resumed, weights_only=True)
    curves.close()
    weights = load_file(work / BEST)
    if params.lora is not None:
        weights = lora.merged(network, weights)
    weights = objectives.finished(meta, splits["train"], weights)
    metrics: dict[str, Any] = {
        "epochs": curves.epochs,
        "best_epoch": checkpoints.best_epoch,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "samples_per_second": round(curves.rows / curves.seconds, 1) if curves.rows else 0.0,
        "valid": {name: round(value, 6) for name, value in checkpoints.best.items()},
        "summary": summary.metrics(),
        "precision": number,
        "bf16_gain": round(bfloat16_gain(), 2),
    }
    if started is not None:
        metrics["start"] = started.metrics()
    if budget is not None:
        metrics["privacy"] = budget.spent(trainer.global_step)
    return Trained(weights, description, metrics, trainer.is_global_zero)


def _trainer(params: Train, number: str, callbacks: list[Callback]) -> Trainer:
    if params.patience is not None:
        # before the checkpoint of the epoch is written, which holds its count
        stopper = EarlyStopping("valid/loss", patience=params.patience, check_on_train_epoch_end=False)
        callbacks = [stopper, *callbacks]
    bar = sys.stderr.isatty()
    if bar:
        callbacks = [*callbacks, TQDMProgressBar(leave=False)]
    return Trainer(
        accelerator=params.accelerator,
        devices=params.devices,
        num_nodes=params.nodes,
        strategy=params.strategy,
        precision=number,  # type: ignore[arg-type]
        max_epochs=params.epochs,
        # private training clips the gradient of each row by itself
        gradient_clip_val=None if params.privacy else params.clip,
        accumulate_grad_batches=params.accumulate,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=bar,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,
    )


def _gain() -> str:
    return f"{bfloat16_gain():.1f} times" if bfloat16_gain() else "none, it has no instructions for it"


def _quiet() -> None:
    """Silences what a user of the stage cannot act on: tips, hints about workers, the hardware found."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("dvclive").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", PossibleUserWarning)
    warnings.filterwarnings("ignore", r".*treespec, LeafSpec.*")
    # of Opacus: token ids, the first layer's input, have no gradient; and the bound is safe, if not the least
    warnings.filterwarnings("ignore", r"Full backward hook is firing.*")
    warnings.filterwarnings("ignore", r"Optimal order is the largest alpha.*")
