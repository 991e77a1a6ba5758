"""Bits per byte on Tiny Shakespeare: `python benchmarks/generation.py [--epochs 10]`.

The first nine tenths are learned, the last tenth is measured, as one text. Of what is learned, the last
twentieth chooses the epoch. Beside the decoder, which starts from nothing, stand a Kneser-Ney model of
7 bytes, learned from all nine tenths. Time is the processor's, since other programs may run beside it: 20
minutes on two cores are 2,400 seconds.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from stages import tasks
from stages.evaluate.judges.language import baseline_bits
from stages.params.train import Network, Train
from stages.tasks.text_generation import scores, size_in_bytes
from stages.tokenize import vocabulary
from stages.tokenize.arrays import Meta, TokenSplit, make_split
from stages.train.networks.registry import rebuild
from stages.train.predict import next_tokens
from stages.train.run import run

HOME = Path(__file__).parent.parent.parent / "shared" / "data" / "tinyshakespeare"
TASK = tasks.get("text-generation")
LENGTH = 128


def settings(epochs: int) -> Train:
    """A small decoder over bytes that also reads the runs of up to four bytes that end at each."""
    network = Network(hidden=128, layers=4, heads=4, ngrams=4, buckets=50_000, activation="gelu", dropout=0.1)
    return Train(
        architecture="transformer",
        network=network,
        epochs=epochs,
        batch_size=8,
        learning_rate=3e-3,
        weight_decay=0.05,
        schedule="linear",
        warmup=0.02,
        patience=None,
    )


def split_of(text: str, tokenizer: vocabulary.Tokenizer) -> TokenSplit:
    """The text as one document."""
    found = TASK.sequences(tokenizer, [text], [""], [], LENGTH)
    return make_split(found.ids, found.labels)


def from_scratch(learned: str, unseen: str, epochs: int, seed: int = 7) -> dict[str, float]:
    """Trains by the line's own code, and measures."""
    cut = len(learned) * 19 // 20
    parts = {"train": learned[:cut], "valid": learned[cut:], "test": unseen}
    tokenizer = vocabulary.learn([parts["train"]], "bytes", 257)
    splits = {name: split_of(text, tokenizer) for name, text in parts.items()}
    meta = Meta(TASK.name, [], tokenizer.get_vocab_size(), LENGTH, vocabulary.pad_token(tokenizer), -1, 0)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = run(splits, meta, TASK, settings(epochs), seed, Path(folder), Path(folder) / "curves")
    seconds = time.process_time() - started
    network = rebuild("transformer", found.description)
    network.load_state_dict(found.weights)
    losses = next_tokens(network, splits["test"], meta.pad_id).losses
    measured = scores(float(losses.sum()), len(losses), size_in_bytes([unseen]))
    return {**measured, "processor_seconds": seconds, "parameters": found.metrics["parameters"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    text = (HOME / "input.txt").read_text(encoding="utf-8")
    cut = len(text) * 9 // 10
    learned, unseen = text[:cut], text[cut:]
    print(f"uniform over 256 bytes      {np.log2(256):.4f} bits per byte")
    print(f"Kneser-Ney, 7 bytes         {baseline_bits([learned], [unseen], 'en'):.4f}", flush=True)
    own = from_scratch(learned, unseen, given.epochs)
    print(
        f"decoder, {own['parameters']:,} parameters, from scratch  {own['bits_per_byte']:.4f}, "
        f"{own['processor_seconds']:.0f} s of processor time for {given.epochs} epochs"
    )


if __name__ == "__main__":
    main()
