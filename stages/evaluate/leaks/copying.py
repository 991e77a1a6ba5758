"""Trains the canary audit's own copy of the teacher: the same code and settings, few rows, bounded time."""

import io
import shutil
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from pytorch_lightning import Callback, LightningModule, Trainer
from tokenizers import Tokenizer

from stages.artifacts import WORK, StageError
from stages.evaluate.leaks.canaries import Encode, Teach, UnmeasuredError
from stages.evaluate.leaks.losses import LOSSES, Losses, take
from stages.params.train import Train
from stages.tasks import Task
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.networks.registry import rebuild
from stages.train.run import run

_VALID_ROWS = 200


def encoder(path: Path) -> Encode:
    """Encodes texts as the tokenize stage did, cut to its longest sequence.

    Raises:
        StageError: the tokenizer is missing or damaged.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception:  # the library raises nothing narrower
        raise StageError(f"{path}: missing or no tokenizer; run `dvc repro tokenize`") from None

    def encode(texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]

    return encode


def teaching(valid: TokenSplit, meta: Meta, task: Task, params: Train, seed: int, seconds: float) -> Teach:
    """What trains a network on a split as the teacher was trained, within `seconds` of processor time.

    Processor time, so that a verdict does not hang on what else the machine does.
    """
    # one process will do for few rows
    alone = params.model_copy(update={"devices": 1, "nodes": 1, "strategy": "auto"})
    draw = np.random.default_rng((seed, 5))
    few = take(valid, np.sort(draw.choice(len(valid), min(_VALID_ROWS, len(valid)), replace=False)))

    def teach(train: TokenSplit) -> Losses:
        # fixed, so that what a kill leaves is removed by the next run
        folder = WORK / "canaries"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            # the epochs of a copy are no news
            with redirect_stdout(io.StringIO()):
                clock = _Clock(seconds)
                trained = run(
                    {"train": train, "valid": few}, meta, task, alone, seed, folder, folder / "plots", [clock]
                )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        network = rebuild(params.architecture, trained.description)
        network.load_state_dict(trained.weights)
        return LOSSES[task.family](network, meta.pad_id)

    return teach


class _Clock(Callback):
    """Gives the training up once it has used its processor time."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.started = seconds, time.process_time()

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        if time.process_time() - self.started > self.seconds:
            done = trainer.global_step / max(1, int(trainer.estimated_stepping_batches))
            raise UnmeasuredError(
                f"the audit's copy was trained to {done:.0%} in {self.seconds:g} s of processor time; raise "
                "evaluate.leaks.seconds or lower evaluate.leaks.copy_rows"
            )
