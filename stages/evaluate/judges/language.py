"""Judges what writes text."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from stages.artifacts import CLEAN, TOKENS, Check, Verdict, at_least, at_most
from stages.clean.scanner import Scanner
from stages.clean.traces import TRACES
from stages.evaluate.case import Case, Evaluation
from stages.evaluate.generated import Generated, generate
from stages.evaluate.kneser_ney import KneserNey
from stages.evaluate.plots import bins_table
from stages.ingest.vault import open_vault
from stages.params.evaluate import EvaluateGates
from stages.tasks.text_classification import binned, gap_of
from stages.tasks.text_generation import scores, size_in_bytes
from stages.tokenize import vocabulary
from stages.train.predict import next_tokens

ORDERS = {"en": 7, "zh": 12}
"""bytes of the baseline's longest n-gram: a Chinese character is three"""
_END = 256
"""what ends a text, beside the 256 bytes"""


def judge(case: Case) -> Evaluation:
    """Beside an n-gram model of the same texts; what it writes must hold nothing that masking took out.

    Raises:
        StageError: the tokenizer or the traces of masked values are missing.
    """
    params, split = case.params, case.split("test")
    train, test = (case.table(name)["text"].tolist() for name in ("train", "test"))
    found = next_tokens(case.network, split, case.meta.pad_id)
    size = size_in_bytes(test)
    bins = binned(found.confidence, found.hits)
    metrics: dict[str, Any] = scores(float(found.losses.sum()), len(split.ids), size)
    metrics |= {"accuracy": float(found.hits.mean()), "calibration_error": gap_of(bins), "bytes": size}
    metrics["baseline"] = {"bits_per_byte": baseline_bits(train, test, params.project.language)}
    # fewer bits are better
    metrics["lead"] = metrics["baseline"]["bits_per_byte"] - metrics["bits_per_byte"]
    vault = open_vault(params.project.name, params.ingest.vault)
    scanner = Scanner.load(CLEAN / TRACES, vault.identity.traces)
    tokenizer = vocabulary.read(TOKENS / "tokenizer.json")
    written = generate(case.network, tokenizer, split, case.meta, scanner, params.project.seed)
    metrics["generated"] = written.metrics()
    return Evaluation(
        metrics,
        # every token is a class of its own: there are too many for a table
        {"confusion": pd.DataFrame(columns=["actual", "predicted"]), "reliability": bins_table(bins)},
        Verdict(tuple(checks(metrics, written, params.evaluate.gates))),
    )


def baseline_bits(train: list[str], test: list[str], language: str) -> float:
    """Bits per byte of `test` by a Kneser-Ney model of the bytes of `train`."""
    known, unseen = stream_of(train), stream_of(test)
    model = KneserNey(known, _END + 1, ORDERS[language], _END)
    return float(-model.log2(unseen).sum() / len(unseen))


def stream_of(texts: list[str]) -> np.ndarray:
    """The bytes of all texts, each with an end, one after another: int64 (bytes,)."""
    return np.concatenate([[*text.encode(), _END] for text in texts]).astype(np.int64)


def checks(metrics: dict[str, Any], written: Generated, gates: EvaluateGates) -> Iterator[Check]:
    """Holds the metrics against every gate that asks for something."""
    yield from at_most("bits_per_byte", metrics["bits_per_byte"], gates.bits_per_byte)
    yield from at_most("calibration_error", metrics["calibration_error"], gates.calibration_error)
    yield from at_least("beats_baseline", metrics["lead"], gates.beats_baseline)
    yield from at_most("generated_traces", written.traces, 0)
