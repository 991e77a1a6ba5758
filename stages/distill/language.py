"""Distils what writes text: tokens and a teacher in, the student's file and metrics out."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from stages.artifacts import StageError, Verdict
from stages.distill.distilled import Distilled, checks
from stages.distill.measure import single_rows
from stages.distill.objective import TextImitation
from stages.distill.quantize import with_int8_embeddings, with_int8_matrices
from stages.distill.steps import OnnxReader, Steps, export_steps, losses, pace, steps_of
from stages.distill.students.build import build
from stages.distill.train import train
from stages.distill.variants import AGREEMENT
from stages.door import say
from stages.evaluate.leaks.losses import take
from stages.params.distill import Distill
from stages.tasks import Task
from stages.tasks.text_generation import scores
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.networks.causal import Carried, Writer, untied
from stages.train.networks.ensemble import members_of
from stages.train.predict import next_tokens
from stages.train.teacher import Teacher

SAMPLES = 4
"""rows on which exported files are compared with torch, and timed"""
_COMPARED = 64
"""rows of the validation split on which quantised files are compared"""


def run(
    splits: dict[str, TokenSplit], meta: Meta, teacher: Teacher, task: Task, settings: Distill, seed: int
) -> Distilled:
    """Trains on `train`, chooses on `valid`, and measures the one file that was chosen on `test`.

    Raises:
        StageError: the task has no such student, training diverges, or the student cannot be written as ONNX.
    """
    if settings.student not in task.students:
        known = ", ".join(task.students)
        raise StageError(f"distill.student: {settings.student}, but {task.name} is learned by: {known}")
    torch.manual_seed(seed)
    student = build(settings, meta, teacher)
    imitation = TextImitation(
        teacher.network, meta.vocabulary, settings.temperature, settings.soft, meta.pad_id
    )
    training = train(student, splits, settings, meta.pad_id, seed, task.family, imitation)
    network = untied(student.network)
    carried = cast(Writer, network).carried()
    samples = [steps_of(ids[0]) for ids, _ in single_rows(splits["valid"], SAMPLES)]
    test = splits["test"]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        plain = export_steps(network, home / "student.onnx", samples, settings.gates.parity)
        if settings.quantize == "none":
            name, path, agreement = "fp32", plain.path, 1.0
        else:
            name, path, agreement = _quantised(network, plain.path, splits["valid"], samples)
        say("distill", f"chose {name}, which keeps {agreement:.1%} of the likeliest tokens; measuring")
        content = path.read_bytes()
        own_losses, likeliest = losses(path, carried, test)
        size = meta.sizes["test"]
        own = scores(float(own_losses.sum()), len(test.ids), size)
        own["accuracy"] = float((likeliest == test.labels).mean())
        paces = _paces(teacher, path, carried, home / "teacher.onnx", samples)
    found = next_tokens(teacher.network, test, meta.pad_id)
    its = scores(float(found.losses.sum()), len(test.ids), size)
    its["accuracy"] = float(found.hits.mean())
    metrics: dict[str, Any] = {
        "student": {
            **own,
            "size_mb": len(content) / 1e6,
            "latency_ms": paces["student"],
            "parameters": _parameters(student.network),
            "variant": name,
            "from": student.origin,
        },
        "teacher": {
            **its,
            "size_mb": 4 * _parameters(teacher.network) / 1e6,
            "latency_ms": paces["teacher"],
        },
        # fewer bits are better, so the share kept is the other way round
        "retention": its[task.headline] / max(own[task.headline], 1e-9),
        "speedup": paces["teacher"] / max(paces["student"], 1e-9),
        "parity": plain.parity,
        "exporter": plain.route,
        "agreement": agreement,
        "training": training,
    }
    description = {
        "format": 1,
        "kind": settings.student,
        "quantize": name,
        "temperature": settings.temperature,
        "task": meta.task,
        "labels": meta.labels,
        "max_length": meta.max_length,
        "pad_id": meta.pad_id,
        "vocabulary": meta.vocabulary,
        "state": [asdict(one) for one in carried],
    }
    return Distilled(content, description, metrics, Verdict(tuple(checks(metrics, settings.gates))))


def _quantised(
    network: nn.Module, plain: Path, valid: TokenSplit, samples: list[Steps]
) -> tuple[str, Path, float]:
    """The smallest file whose likeliest tokens are still the network's own: name, file, and share kept."""
    home = plain.parent
    carried = cast(Writer, network).carried()
    rows = np.unique(np.linspace(0, len(valid) - 1, min(_COMPARED, len(valid))).astype(int))
    few = take(valid, rows)
    wanted = losses(plain, carried, few)[1]

    def embeddings() -> Path:
        path = home / "int8-embeddings.onnx"
        if not path.exists():
            export_steps(with_int8_embeddings(network), path, samples, np.inf)
        return path

    def matrices(seven_bits: bool) -> Path:
        path = home / f"int8-{7 if seven_bits else 8}-bits.onnx"
        with_int8_matrices(embeddings(), path, seven_bits)
        return path

    makers: dict[str, Callable[[], Path]] = {
        "int8": lambda: matrices(False),
        "int8, seven bits": lambda: matrices(True),
        "int8 embeddings": embeddings,
    }
    tried = []
    for name, make in makers.items():
        path = make()
        tried.append((name, path, float((losses(path, carried, few)[1] == wanted).mean())))
        if tried[-1][2] >= AGREEMENT:
            break
    return max(tried, key=lambda one: one[2])


def _paces(
    teacher: Teacher, student: Path, carried: Sequence[Carried], target: Path, samples: list[Steps]
) -> dict[str, float]:
    """Milliseconds a token of student and teacher as ONNX files; of an ensemble, of all its members."""
    members = members_of(teacher.network)
    export_steps(untied(members[0]), target, samples, np.inf)
    its = OnnxReader(target, cast(Writer, members[0]).carried())
    found = pace({"student": OnnxReader(student, carried), "teacher": its}, samples)
    return {**found, "teacher": found["teacher"] * len(members)}


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
