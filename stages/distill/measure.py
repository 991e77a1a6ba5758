"""Answers and latencies of an ONNX file, as it is served: one thread, one text at a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from stages.tokenize.arrays import TokenSplit

_TURN = 8

Rows = Sequence[tuple[np.ndarray, np.ndarray]]
"""Pairs of ids and mask, each int64 of shape (batch, length)"""


def session(path: Path) -> onnxruntime.InferenceSession:
    """A session on one thread that does not spin while it waits, as the server opens it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def answers(given: onnxruntime.InferenceSession, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Logits of one batch, float32 (batch, classes) or (batch, length, classes)."""
    return given.run(["logits"], {"ids": ids, "mask": mask})[0]


def single_rows(split: TokenSplit, most: int | None = None) -> Rows:
    """Rows of a split as batches of one; at most `most` of them, spread evenly over the split."""
    count = len(split)
    places = range(count) if most is None or most >= count else np.linspace(0, count - 1, most).astype(int)
    rows = [np.asarray(split.row(int(place)), dtype=np.int64)[None, :] for place in places]
    return [(ids, np.ones_like(ids)) for ids in rows]


def padded_rows(rows: Rows, pad_id: int) -> tuple[np.ndarray, np.ndarray]:
    """One padded batch out of batches of one."""
    width = max(ids.shape[1] for ids, _ in rows)
    ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for place, (row, present) in enumerate(rows):
        ids[place, : row.shape[1]] = row[0]
        mask[place, : row.shape[1]] = present[0]
    return ids, mask


def single_logits(path: Path, split: TokenSplit) -> np.ndarray:
    """Logits of every row, one request each: (rows, classes), or of every token: (tokens, classes).

    Dynamic int8 takes its scale from the whole batch, so a figure measured on other shapes than those
    that are served would be another model's.
    """
    given = session(path)
    found = [answers(given, ids, mask) for ids, mask in single_rows(split)]
    return np.concatenate([logits.reshape(-1, logits.shape[-1]) for logits in found])


def latencies(
    models: Mapping[str, Callable[[np.ndarray, np.ndarray], object]],
    rows: Rows,
    rounds: int = 3,
    budget: float = 15.0,
) -> dict[str, float]:
    """Median milliseconds of processor time that a single request takes, for each model.

    A model computes in the calling thread, so on an idle processor this is the time that the caller waits;
    time in which other programs had the processor is left out. It weighs more on the model whose requests
    outlast the scheduler's slice: with it, the ratio of two models moved by a third either way under load.

    The models take turns, eight rows at a time: what slows the processor slows all of them, and a small
    model is not timed on the cold caches that a large one leaves. The first eight rows only warm up.

    Args:
        models: each answers ids and mask in the calling thread, without others to help it.
        budget: seconds after which no further turn is begun.
    """
    taken: dict[str, list[float]] = {name: [] for name in models}
    turns = [rows[start : start + _TURN] for start in range(0, len(rows), _TURN)]
    begun = time.perf_counter()
    for number, turn in enumerate([turns[0], *turns * rounds]):
        if number > 1 and time.perf_counter() - begun > budget:
            break
        for name, model in models.items():
            times = [_seconds(model, ids, mask) for ids, mask in turn]
            taken[name] += times if number else []
    return {name: float(np.median(times)) * 1000 for name, times in taken.items()}


def _seconds(model: Callable[[np.ndarray, np.ndarray], object], ids: np.ndarray, mask: np.ndarray) -> float:
    start = time.thread_time()
    model(ids, mask)
    return time.thread_time() - start
