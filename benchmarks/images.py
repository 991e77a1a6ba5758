"""Scores of networks on 5,000 handwritten digits: 4,000 to learn from, 1,000 to measure with.

python -m benchmarks.images     prints a table; some minutes on two cores
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from stages import tasks
from stages.artifacts import StageError
from stages.distill.run import run as distil
from stages.evaluate.judges.images import pixel_probabilities
from stages.ingest.sources.samples import table
from stages.params.augment import Distortion
from stages.params.distill import Distill
from stages.params.ingest import Image, Ingest
from stages.params.train import Network, Train
from stages.tasks.pictures import unpacked
from stages.tokenize.arrays import Meta, TokenSplit, make_split
from stages.train.networks.registry import rebuild
from stages.train.predict import predict_logits
from stages.train.run import run
from stages.train.teacher import Teacher

SEED = 7
COMMON = {"batch_size": 64, "patience": None, "precision": "32"}
CLASSIC = Train(
    architecture="mlp",
    network=Network(hidden=128, layers=2, dropout=0.0),
    optimizer="sgd",
    momentum=0.9,
    learning_rate=0.02,
    epochs=40,
    **COMMON,
)
CNN = Train(
    architecture="cnn",
    network=Network(hidden=16, layers=2, dropout=0.1),
    learning_rate=0.003,
    epochs=20,
    **COMMON,
)
VIT = Train(
    architecture="transformer",
    network=Network(hidden=64, layers=3, heads=4, patch=4, activation="gelu"),
    learning_rate=0.001,
    epochs=30,
    **COMMON,
)
STUDENT = Distill(student="cnn", hidden=12, layers=2, batch_size=64, epochs=30)


def splits() -> tuple[dict[str, TokenSplit], Meta]:
    """Of each digit 100 to measure with, 40 to choose the epoch by, and 360 to learn from, drawn by seed."""
    source = table("sample:mnist", Ingest(source="sample:mnist", image=Image(size=28, channels=1)))
    found = [
        row.cells for row in source.read({"text": "ingest.columns.text", "label": "ingest.columns.label"})
    ]
    images = [unpacked(cells["text"]).ravel() for cells in found]
    labels = np.array([int(cells["label"]) for cells in found])
    draw = np.random.default_rng(SEED)
    parts: dict[str, list[int]] = {"test": [], "valid": [], "train": []}
    for digit in range(10):
        rows = draw.permutation(np.flatnonzero(labels == digit))
        for name, own in zip(parts, np.split(rows, [len(rows) // 5, len(rows) // 5 + 40]), strict=True):
            parts[name] += own.tolist()
    made = {name: make_split([images[row] for row in rows], labels[rows]) for name, rows in parts.items()}
    names = [str(digit) for digit in range(10)]
    distortion = Distortion().model_dump()
    return made, Meta(
        "image-classification", names, 256, 784, 0, -1, 0, shape=[28, 28, 1], distortion=distortion
    )


def accuracy(logits: np.ndarray, split: TokenSplit) -> float:
    return float((logits.argmax(axis=1) == split.labels).mean())


def main() -> None:
    """Prints a line for each network."""
    torch.set_num_threads(2)
    made, meta = splits()
    task = tasks.get(meta.task)
    test = made["test"]
    print(f"{len(made['train'])} + {len(made['valid'])} images to learn from, {len(test)} to measure with")
    print(f"logistic regression  {accuracy(pixel_probabilities(made['train'], test, 10, SEED), test):.4f}")
    teachers = {}
    for name, params in (("mlp 784-128-64-10", CLASSIC), ("cnn", CNN), ("vision transformer", VIT)):
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            trained = run(made, meta, task, params, SEED, Path(folder), Path(folder) / "plots")
        network = rebuild(params.architecture, trained.description)
        network.load_state_dict(trained.weights)
        teachers[name] = Teacher(network.eval(), {})
        score = accuracy(predict_logits(network, test, 0), test)
        print(f"{name:20} {score:.4f}  {time.perf_counter() - started:.0f} s", flush=True)
    found = distil(made, meta, teachers["cnn"], task, STUDENT, SEED).metrics
    student = found["student"]
    print(
        f"distilled cnn        {student['accuracy']:.4f}  {student['variant']}, {student['size_mb']:.3f} MB, "
        f"{student['latency_ms']:.3f} ms; {found['speedup']:.1f} times as fast as the cnn"
    )


if __name__ == "__main__":
    try:
        main()
    except StageError as error:
        raise SystemExit(f"error: {error}") from None
