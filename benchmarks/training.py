"""Training speed: the project's trainer against a plain PyTorch loop, task by task.

Both train the same network on the same rows, with the same batch size and optimiser steps. The trainer
brings length buckets, bfloat16 where the processor gains by it and the fused optimiser; the plain loop is
what a first script does: float32, random batches, every row padded to the longest length. They take turns
after a warm-up of each, and the medians are compared. Aims: twice as fast where lengths vary, 0.9 times where
they are equal and the network is tiny, so that what the trainer itself costs shows most.

    python benchmarks/training.py [--cases NAME ...] [--rows 640] [--repeats 3]
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from stages import tasks
from stages.params.tokenize import Tokenize
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta, TokenSplit, make_split
from stages.train import objectives
from stages.train.hardware import precision
from stages.train.networks.registry import build
from stages.train.objectives.token_classification import IGNORED
from stages.train.run import run

LENGTH = Tokenize().max_length
TINY = Network(hidden=32, layers=1)
SMALL = Network(hidden=128, layers=2)


def classes(draw: np.random.Generator, lengths: np.ndarray) -> np.ndarray:
    return draw.integers(0, 3, len(lengths))


def labels(draw: np.random.Generator, lengths: np.ndarray) -> np.ndarray:
    return draw.integers(0, 2, (len(lengths), 3))


def numbers(draw: np.random.Generator, lengths: np.ndarray) -> np.ndarray:
    return draw.normal(size=len(lengths))


def tags(draw: np.random.Generator, lengths: np.ndarray) -> np.ndarray:
    return draw.integers(0, 3, lengths.sum())


@dataclass(frozen=True)
class Case:
    """A task, a network, and whether all rows are as long as each other."""

    task: str
    params: Train
    targets: Callable[[np.random.Generator, np.ndarray], np.ndarray]
    names: tuple[str, ...] = ("O", "B-X", "I-X")
    equal: bool = False

    @property
    def aim(self) -> float:
        return 0.9 if self.equal else 2.0


def scratch(architecture: str, network: Network) -> Train:
    return Train(architecture=architecture, network=network, epochs=1)  # type: ignore[arg-type]


CASES = {
    "text, pretrained": Case("text-classification", Train(epochs=1), classes),
    "text, transformer": Case("text-classification", scratch("transformer", SMALL), classes),
    "text, tiny mlp": Case("text-classification", scratch("mlp", TINY), classes, equal=True),
    "labels, transformer": Case("multi-label-classification", scratch("transformer", SMALL), labels),
    "number, transformer": Case("text-regression", scratch("transformer", SMALL), numbers, ("number",)),
    "tokens, transformer": Case("token-classification", scratch("transformer", SMALL), tags),
    "tokens, lstm": Case("token-classification", scratch("lstm", SMALL), tags),
}


def rows_like_tweets(case: Case, rows: int, seed: int) -> TokenSplit:
    """Random tokens in the lengths of tweets: log-normal, some 30 tokens, at most 64; or 32 each."""
    draw = np.random.default_rng(seed)
    lengths = np.clip(draw.lognormal(3.3, 0.5, rows), 4, LENGTH).astype(int)
    if case.equal:
        lengths = np.full(rows, 32)
    return make_split([draw.integers(1000, 20000, length) for length in lengths], case.targets(draw, lengths))


def meta_of(case: Case) -> Meta:
    return Meta(case.task, list(case.names), 30522, LENGTH, 0, 100, 0)


def trainer(case: Case, split: TokenSplit) -> float:
    """Rows per second of the project's trainer, as it reports them itself: without loading and validation."""
    few = split.lengths[:2]
    targets = split.labels[: len(few) if len(split.labels) == len(split) else few.sum()]
    valid = make_split([split.row(row) for row in range(len(few))], targets)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        trained = run(
            {"train": split, "valid": valid},
            meta_of(case),
            tasks.get(case.task),
            case.params,
            7,
            Path(folder),
            Path(folder) / "reports",
        )
    return float(trained.metrics["samples_per_second"])


def plain(case: Case, split: TokenSplit) -> float:
    """Rows per second of the plain loop, with the loss of the task."""
    params, meta = case.params, meta_of(case)
    objective = objectives.get(meta, split, params)
    network, _ = build(params, meta, objective.outputs)
    network.train()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=params.learning_rate, weight_decay=params.weight_decay
    )
    order = np.random.default_rng(7).permutation(len(split))
    longest = 32 if case.equal else LENGTH
    started = time.perf_counter()
    for start in range(0, len(order), params.batch_size):
        rows = order[start : start + params.batch_size].tolist()
        batch = {name: wide(name, values, longest) for name, values in objective.collate(split, rows).items()}
        loss = objective.loss(network(batch["ids"], batch["mask"]), batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    return len(split) / (time.perf_counter() - started)


def wide(name: str, values: torch.Tensor, longest: int) -> torch.Tensor:
    """A batch of tokens filled up to the longest length there may be; anything else as it is."""
    if values.dim() < 2 or values.dtype != torch.int64:
        return values
    fill = IGNORED if name == "target" else 0
    return torch.nn.functional.pad(values, (0, longest - values.shape[1]), value=fill)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--rows", type=int, default=640)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    number = precision("auto", "cpu")
    print(f"{chosen.rows} rows, {torch.get_num_threads()} threads, trainer in {number}, loop in 32-true")
    ways = {"trainer": trainer, "loop": plain}
    for name in chosen.cases:
        case = CASES[name]
        split, warm = rows_like_tweets(case, chosen.rows, 1), rows_like_tweets(case, 96, 2)
        for way in ways.values():
            way(case, warm)
        speeds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(chosen.repeats):
            for label, way in ways.items():
                speeds[label].append(way(case, split))
        told = ", ".join(
            f"{label} {statistics.median(found):.0f} rows/s ({min(found):.0f} to {max(found):.0f})"
            for label, found in speeds.items()
        )
        ratio = statistics.median(speeds["trainer"]) / statistics.median(speeds["loop"])
        lengths = "equal" if case.equal else f"mean {split.lengths.mean():.0f} of {LENGTH}"
        print(f"{name:20} {ratio:5.2f} (aim {case.aim}); lengths {lengths}; {told}", flush=True)


if __name__ == "__main__":
    main()
