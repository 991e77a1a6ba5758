"""What augmentation gains where there is little data: 20 training rows a class of real samples.

Copies by word swap, drop, insertion and character noise, four of each row, and mixup on embeddings. Every way
takes as many steps; the 600 test rows are some that nothing else reads. Writes
benchmarks/results/augmentation.json, which benchmarks/models.py puts into docs/models.md.

    python benchmarks/augmentation.py [--seeds 3] [--samples bbc-news tweets]
"""

import argparse
import contextlib
import io
import json
import random
import statistics
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from stages import tasks
from stages.augment.methods import altered
from stages.ingest.sources import samples
from stages.params.train import Network, Train
from stages.tokenize import vocabulary
from stages.tokenize.arrays import Meta, TokenSplit, make_split
from stages.train.networks.registry import rebuild
from stages.train.predict import predict_logits
from stages.train.run import run

RESULTS = Path(__file__).parent / "results" / "augmentation.json"
ROWS, VALID, TEST, COPIES = 20, 20, 600, 4
ALL = ("swap", "drop", "insert", "noise")
WAYS: dict[str, tuple[tuple[str, ...], float]] = {
    "nothing": ((), 0.0),
    **{name: ((name,), 0.0) for name in ALL},
    "all four": (ALL, 0.0),
    "mixup": ((), 0.2),
    "all four, mixup": (ALL, 0.2),
}


@dataclass(frozen=True)
class Setting:
    """A sample, and the network that learns it."""

    label: str
    length: int
    steps: int
    train: Train


SETTINGS = {
    "bbc-news": Setting(
        "label",
        256,
        120,
        Train(architecture="mlp", network=Network(hidden=64, layers=1, dropout=0.3), learning_rate=3e-3),
    ),
    "tweets": Setting("sentiment", 48, 32, Train(frozen=5, learning_rate=5e-4)),
}


@cache
def rows_of(sample: str) -> list[tuple[str, str]]:
    """All texts of a sample with their labels, each text once."""
    label = SETTINGS[sample].label
    wanted = {"text": "ingest.columns.text", label: "ingest.columns.label"}
    table = samples.table(f"sample:{sample}", 10**6).read(wanted)
    found = [(row.cells["text"], row.cells[label]) for row in table if row.reason is None]
    return sorted({text: (text, label) for text, label in found if text and label}.values())


def drawn(sample: str, seed: int) -> dict[str, list[tuple[str, str]]]:
    """Texts and labels: equally many of each class to learn from, and as they come to be tested on."""
    rows = [*rows_of(sample)]
    random.Random(seed).shuffle(rows)
    found: dict[str, list[tuple[str, str]]] = {"test": rows[:TEST], "train": [], "valid": []}
    rest = rows[TEST:]
    for label in sorted({label for _, label in rows}):
        own = [row for row in rest if row[1] == label]
        found["train"] += own[:ROWS]
        found["valid"] += own[ROWS : ROWS + VALID]
    return found


def score(sample: str, way: str, seed: int) -> float:
    """Accuracy on the test rows after training on few, in that way."""
    setting, (methods, mixup) = SETTINGS[sample], WAYS[way]
    task = tasks.get("text-classification")
    parts = drawn(sample, seed)
    draw = random.Random(seed)
    copies = [
        (altered(text, draw.choice(methods), 0.1, draw), label)
        for text, label in parts["train"]
        for _ in range(COPIES if methods else 0)
    ]
    parts["train"] = parts["train"] + copies
    pretrained = setting.train.architecture == "pretrained"
    texts = [text for text, _ in parts["train"]]
    tokenizer = (
        vocabulary.pretrained("minilm", setting.length)
        if pretrained
        else vocabulary.learn(texts, "wordpiece", 8000)
    )
    tokenizer.no_padding()
    tokenizer.enable_truncation(setting.length)
    labels = task.labels([label for _, label in parts["train"]])

    def encoded(rows: list[tuple[str, str]]) -> TokenSplit:
        ids = [one.ids for one in tokenizer.encode_batch([text for text, _ in rows])]
        return make_split(ids, task.encode([label for _, label in rows], labels))

    splits = {name: encoded(rows) for name, rows in parts.items()}
    pad = vocabulary.pad_token(tokenizer)
    meta = Meta(task.name, labels, tokenizer.get_vocab_size(), setting.length, pad, 1, 0)
    steps = -(-len(parts["train"]) // setting.train.batch_size)
    params = setting.train.model_copy(
        update={"mixup": mixup, "epochs": max(1, round(setting.steps / steps)), "patience": None}
    )
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        trained = run(splits, meta, task, params, seed, Path(folder), Path(folder) / "reports")
    network = rebuild(params.architecture, trained.description)
    network.load_state_dict(trained.weights)
    probabilities = task.probabilities(predict_logits(network, splits["test"], pad))
    return float(task.metrics(splits["test"].labels, probabilities, labels)["accuracy"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    chosen = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for sample in chosen.samples:
        plain: list[float] = []
        for way in WAYS:
            found = [score(sample, way, seed) for seed in range(chosen.seeds)]
            plain = plain or found
            gains = [one - other for one, other in zip(found, plain, strict=True)]
            results.setdefault(sample, {})[way] = {
                "architecture": SETTINGS[sample].train.architecture,
                "rows_a_class": ROWS,
                "seeds": chosen.seeds,
                "accuracy": round(statistics.mean(found), 4),
                "deviation": round(statistics.pstdev(found), 4),
                "gain": round(statistics.mean(gains), 4),
                "gain_least": round(min(gains), 4),
                "gain_most": round(max(gains), 4),
            }
            mean, spread = np.mean(found), np.std(found)
            print(f"{sample:9} {way:16} {mean:.4f} ± {spread:.4f}, gain {np.mean(gains):+.4f}", flush=True)
            RESULTS.parent.mkdir(exist_ok=True)
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
