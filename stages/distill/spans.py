"""Distils what answers questions: tokens and a teacher in, the reader's file and its sureness out."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stages.artifacts import StageError, Verdict
from stages.distill.classes import SAMPLES, TIMED, latencies_of, parameters_of, soft_targets
from stages.distill.distilled import Distilled, checks
from stages.distill.export import export
from stages.distill.measure import padded_rows, single_logits, single_rows
from stages.distill.objective import taught
from stages.distill.students.build import build
from stages.distill.train import train
from stages.distill.variants import Agreement, choose
from stages.door import say
from stages.params.distill import Distill
from stages.tasks import Task
from stages.tasks.question_answering.decode import spans_of
from stages.tasks.question_answering.task import FIRST
from stages.tasks.question_answering.tokens import TokenScores, token_scores
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.predict import predict_logits
from stages.train.teacher import Teacher


def run(
    splits: dict[str, TokenSplit], meta: Meta, teacher: Teacher, task: Task, settings: Distill, seed: int
) -> Distilled:
    """Trains on `train`, chooses on `valid` file and threshold, and measures both on `test`.

    F1 and exact match are those of tokens: the texts are not at hand here.

    Raises:
        StageError: the task has no such student, training diverges, or the student cannot be written as ONNX.
    """
    if settings.student not in task.students:
        known = ", ".join(task.students)
        raise StageError(f"distill.student: {settings.student}, but {task.name} is learned by: {known}")
    torch.manual_seed(seed)
    student = build(settings, meta, teacher)
    training: dict[str, Any] = {"epochs": 0}
    valid, test = splits["valid"], splits["test"]
    if settings.epochs != 0:
        say("distill", f"the teacher reads {len(splits['train'])} windows")
        lessons = {
            name: taught(splits[name], soft_targets(teacher, splits[name], meta, task))
            for name in ("train", "valid")
        }
        training = train(student, lessons, settings, meta.pad_id, seed, task.family)
    elif student.origin != "teacher":
        raise StageError("distill.epochs: 0, but this student does not start from the teacher; set it to 1")
    samples = single_rows(valid, SAMPLES)
    samples = [*samples, padded_rows(samples, meta.pad_id)]
    network = student.network.cpu().float().eval()
    with tempfile.TemporaryDirectory() as folder:
        plain = export(network, Path(folder) / "student.onnx", samples, settings.gates.parity)
        wanted = predict_logits(network, valid, meta.pad_id)
        chosen = choose(student, plain, valid, wanted, samples, settings.quantize, _agreement(valid))
        say("distill", f"chose {chosen.name}, which keeps {chosen.agreement:.1%} of the answers; measuring")
        content = chosen.path.read_bytes()
        timed = single_rows(valid, TIMED)
        pace = latencies_of(teacher, chosen.path, Path(folder) / "teacher.onnx", samples, timed)
        own = _scores(test, single_logits(chosen.path, test))
    sure = _scores(valid, chosen.logits).calibrated()
    its_valid, its = (
        _scores(split, predict_logits(teacher.network, split, meta.pad_id)) for split in (valid, test)
    )
    reached, its_reached = own.at(sure.threshold), its.at(its_valid.calibrated().threshold)
    metrics: dict[str, Any] = {
        "student": {
            **reached,
            "size_mb": len(content) / 1e6,
            "latency_ms": pace["student"],
            "parameters": parameters_of(network),
            "variant": chosen.name,
            "from": student.origin,
        },
        "teacher": {
            **its_reached,
            "size_mb": 4 * parameters_of(teacher.network) / 1e6,
            "latency_ms": pace["teacher"],
            "torch_latency_ms": pace["torch"],
        },
        "retention": reached[task.headline] / max(its_reached[task.headline], 1e-9),
        "speedup": pace["teacher"] / pace["student"],
        "parity": plain.parity,
        "exporter": plain.route,
        "agreement": chosen.agreement,
        "training": training,
    }
    description: dict[str, Any] = {
        "format": 1,
        "kind": settings.student,
        "quantize": chosen.name,
        "temperature": settings.temperature,
        "task": meta.task,
        "labels": meta.labels,
        "max_length": meta.max_length,
        "pad_id": meta.pad_id,
        "threshold": sure.threshold,
        "slope": sure.slope,
    }
    verdict = Verdict(tuple(checks(metrics, settings.gates)))
    return Distilled(content, description, metrics, verdict)


def _scores(split: TokenSplit, logits: np.ndarray) -> TokenScores:
    labels = np.asarray(split.labels)
    return token_scores(spans_of(logits, split.offsets, labels[:, FIRST]), labels, split.row)


def _agreement(split: TokenSplit) -> Agreement:
    """The share of windows in which two networks see the same best span."""

    def agreement(wanted: np.ndarray, logits: np.ndarray) -> float:
        firsts = np.asarray(split.labels)[:, FIRST]
        ours, theirs = (spans_of(given, split.offsets, firsts)[:, 2:] for given in (logits, wanted))
        return float((ours == theirs).all(axis=1).mean())

    return agreement
