"""Training speed: the project's trainer at its defaults against a plain PyTorch loop.

Both fine-tune the same pretrained MiniLM on the same rows, with the same batch size and optimiser steps. The
trainer brings length buckets, bfloat16 where the processor has it and the fused optimiser; the plain loop is
what a first script does: float32, random batches, every row padded to the longest length.
They take turns after a warm-up of each, and the medians are compared.

    python benchmarks/training.py [--rows 640] [--repeats 3]
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from stages import tasks
from stages.params.tokenize import Tokenize
from stages.params.train import Train
from stages.tokenize.arrays import Meta, TokenSplit, make_split
from stages.train.hardware import precision
from stages.train.networks.pretrained import Pretrained, load_encoder
from stages.train.run import run

LABELS = ["a", "b", "c"]


def rows_like_tweets(rows: int, seed: int) -> TokenSplit:
    """Random tokens in the lengths of tweets: log-normal, some 30 tokens, at most 64."""
    random = np.random.default_rng(seed)
    lengths = np.clip(random.lognormal(3.3, 0.5, rows), 4, Tokenize().max_length).astype(int)
    return make_split(
        [random.integers(1000, 20000, length) for length in lengths], random.integers(0, 3, rows)
    )


def trainer(split: TokenSplit, meta: Meta) -> float:
    """Rows per second of the project's trainer, as it reports them itself: without loading and validation."""
    valid = make_split([split.row(0)], split.labels[:1])
    with tempfile.TemporaryDirectory() as folder:
        params = Train(epochs=1)
        task = tasks.get(meta.task)
        splits = {"train": split, "valid": valid}
        with contextlib.redirect_stdout(io.StringIO()):
            trained = run(splits, meta, task, params, 7, Path(folder), Path(folder) / "reports")
    return float(trained.metrics["samples_per_second"])


def plain(split: TokenSplit, meta: Meta) -> float:
    """Rows per second of the plain loop."""
    params = Train()
    network = Pretrained(load_encoder("minilm"), len(LABELS), params.network.dropout).train()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=params.learning_rate, weight_decay=params.weight_decay
    )
    order = np.random.default_rng(7).permutation(len(split))
    started = time.perf_counter()
    for start in range(0, len(order), params.batch_size):
        rows = order[start : start + params.batch_size]
        ids = torch.full((len(rows), meta.max_length), meta.pad_id)
        mask = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            tokens = torch.from_numpy(split.row(row).astype(np.int64))
            ids[place, : len(tokens)], mask[place, : len(tokens)] = tokens, 1
        loss = torch.nn.functional.cross_entropy(network(ids, mask), torch.from_numpy(split.labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    return len(split) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=640)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    meta = Meta("text-classification", LABELS, 30522, Tokenize().max_length, 0, 100, 0)
    split = rows_like_tweets(chosen.rows, 1)
    warm = rows_like_tweets(96, 2)
    ways = {"trainer": trainer, "plain loop": plain}
    for way in ways.values():
        way(warm, meta)
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(chosen.repeats):
        for name, way in ways.items():
            speeds[name].append(way(split, meta))
    print(f"{chosen.rows} rows, mean length {split.lengths.mean():.1f}, {torch.get_num_threads()} threads")
    for name, found in speeds.items():
        number = precision("auto", "cpu") if name == "trainer" else "32-true"
        middle, least, most = statistics.median(found), min(found), max(found)
        print(f"{name:10}  {number:10}  {middle:8.1f} rows/s  ({least:.1f} to {most:.1f})")
    ratio = statistics.median(speeds["trainer"]) / statistics.median(speeds["plain loop"])
    print(f"ratio {ratio:.2f} (aim: at least 2)")


if __name__ == "__main__":
    main()
