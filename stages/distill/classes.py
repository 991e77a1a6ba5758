"""Distils what gives rows classes or numbers, or tokens classes: a teacher in, the student's file out."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stages.artifacts import StageError, Verdict
from stages.distill.distilled import Distilled, checks
from stages.distill.export import export
from stages.distill.lessons import lessons
from stages.distill.measure import Rows, answers, latencies, padded_rows, session, single_logits, single_rows
from stages.distill.objective import Imitation, taught
from stages.distill.students.build import build
from stages.distill.temperature import bake
from stages.distill.train import train
from stages.distill.variants import choose
from stages.door import say
from stages.evaluate.calibration import SOFTMAX, calibration, figures, temperature_of
from stages.evaluate.leaks import membership
from stages.evaluate.leaks.losses import ANSWERED
from stages.evaluate.scoring import scores
from stages.params.distill import Distill
from stages.tasks import Task
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.hardware import has_bfloat16
from stages.train.predict import predict_logits
from stages.train.teacher import Teacher

SAMPLES = 8
"""Rows on which exported files are compared with torch"""
CALIBRATION = 256
"""Training rows on which fixed scales of activations are measured"""
TIMED = 64
"""Rows on which latency is measured"""
AUDITED = 1000
"""Most rows on each side of the membership audit, as in `evaluate.leaks.rows`"""
_SOFTENED = frozenset({"rows", "labels", "tokens"})
"""families whose answers are probabilities"""

Imitating = Callable[[TokenSplit], Imitation]


def run(
    splits: dict[str, TokenSplit],
    meta: Meta,
    teacher: Teacher,
    task: Task,
    settings: Distill,
    seed: int,
    imitating: Imitating | None = None,
) -> Distilled:
    """Trains on `train`, chooses on `valid`, and measures the one file that was chosen on `test`.

    Args:
        imitating: what is learned of the teacher, given the training split; None takes what suits the family.

    Raises:
        StageError: the task has no such student, training diverges, or the student cannot be written as ONNX.
    """
    if settings.student not in task.students:
        known = ", ".join(task.students)
        raise StageError(f"distill.student: {settings.student}, but {task.name} is learned by: {known}")
    given = lessons(splits, meta, teacher, settings, seed)
    valid, test, settings = given.valid, splits["test"], given.settings
    say("distill", f"the teacher answers {len(given.train)} rows")
    taught_splits = {
        name: taught(split, soft_targets(teacher, split, meta, task))
        for name, split in (("train", given.train), ("valid", valid))
    }
    torch.manual_seed(seed)
    student = build(settings, meta, teacher)
    imitation = imitating and imitating(taught_splits["train"])
    training = train(student, taught_splits, settings, meta.pad_id, seed, task.family, imitation)
    samples = single_rows(valid, SAMPLES)
    samples = [*samples, padded_rows(samples, meta.pad_id)]
    with tempfile.TemporaryDirectory() as folder:
        plain = export(student.network, Path(folder) / "student.onnx", samples, settings.gates.parity)
        wanted = predict_logits(student.network, valid, meta.pad_id)
        seen = single_rows(given.train, CALIBRATION)
        chosen = choose(student, plain, valid, wanted, samples, settings.quantize, task.agreement, seen)
        say("distill", f"chose {chosen.name}, which keeps {chosen.agreement:.1%} of the answers; measuring")
        # a private teacher's student reads no label, of whichever split
        heat = 1.0 if given.privacy else _temperature(task, valid, chosen.logits)
        if heat != 1:
            bake(chosen.path, heat)
        content = chosen.path.read_bytes()
        pace = latencies_of(
            teacher, chosen.path, Path(folder) / "teacher.onnx", samples, single_rows(valid, TIMED)
        )
        answered = single_logits(chosen.path, test)
        # of the file that is served, asked as it is served
        losses = ANSWERED[task.family](lambda split: single_logits(chosen.path, split))
        member = membership.audit(given.learned, valid, losses, AUDITED, seed)
    sure = chosen.logits / np.float32(heat)
    tuning = _tuning(task, valid, sure)
    tuned = task.tuned(tuning)
    own = _scores(tuned, test, answered, meta)
    its = _scores(
        task.tuned(_tuning(task, valid, taught_splits["valid"].teacher)),
        test,
        predict_logits(teacher.network, test, meta.pad_id),
        meta,
    )
    trust: dict[str, Any] = {}
    if task.family in SOFTMAX:
        # as learned; the file gives them divided already
        trust["calibration"] = calibration(np.asarray(test.labels), answered * np.float32(heat), heat)
    metrics = {
        "student": {
            **_scalars(own, task),
            f"valid_{task.headline}": _scores(tuned, valid, sure, meta)[task.headline],
            "size_mb": len(content) / 1e6,
            "latency_ms": pace["student"],
            "parameters": parameters_of(student.network),
            "variant": chosen.name,
            "from": student.origin,
        },
        "teacher": {
            **_scalars(its, task),
            "size_mb": 4 * parameters_of(teacher.network) / 1e6,
            "latency_ms": pace["teacher"],
            "torch_latency_ms": pace["torch"],
        },
        "retention": own[task.headline] / max(its[task.headline], 1e-9),
        "speedup": pace["teacher"] / pace["student"],
        "parity": plain.parity,
        "exporter": plain.route,
        "agreement": chosen.agreement,
        "training": training,
        "leaks": {"membership": member.metrics()},
        **({"calibration": figures(trust["calibration"])} if trust else {}),
        **({} if given.privacy is None else {"privacy": given.privacy}),
    }
    description = {
        "format": 1,
        "kind": settings.student,
        "quantize": chosen.name,
        "temperature": settings.temperature,
        "task": meta.task,
        "labels": meta.labels,
        "max_length": meta.max_length,
        "pad_id": meta.pad_id,
        "tuning": tuning,
    }
    verdict = Verdict(tuple(checks(metrics, settings.gates)))
    return Distilled(
        content, description, metrics, verdict, trust, answered.argmax(axis=1) if trust else None
    )


def _temperature(task: Task, valid: TokenSplit, logits: np.ndarray) -> float:
    """What the logits of the file are divided by, chosen on the validation split; 1 changes nothing."""
    if task.family not in SOFTMAX:
        return 1.0
    return temperature_of(np.asarray(valid.labels), logits)


def _scores(task: Task, split: TokenSplit, logits: np.ndarray, meta: Meta) -> dict[str, Any]:
    return scores(task, np.asarray(split.labels), task.probabilities(logits), meta.labels)


def _tuning(task: Task, valid: TokenSplit, logits: np.ndarray) -> dict[str, Any]:
    """What the answers of a model with these logits are made by, chosen on the validation split."""
    return task.tuning(np.asarray(valid.labels), task.probabilities(logits))


def soft_targets(teacher: Teacher, split: TokenSplit, meta: Meta, task: Task) -> np.ndarray:
    """The teacher's logits of a split, for a student to imitate."""
    # rounding the soft targets to bfloat16 changes less than the temperature does; numbers have none
    with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16("cpu") and task.family in _SOFTENED):
        return predict_logits(teacher.network, split, meta.pad_id)


def latencies_of(
    teacher: Teacher, student: Path, target: Path, samples: Rows, timed: Rows
) -> dict[str, float]:
    """Milliseconds of student and teacher as ONNX files, and of the teacher in torch; one thread each."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        own, its = session(student), session(export(teacher.network, target, samples).path)
        with torch.inference_mode():
            return latencies(
                {
                    "teacher": lambda ids, mask: answers(its, ids, mask),
                    "student": lambda ids, mask: answers(own, ids, mask),
                    "torch": lambda ids, mask: teacher.network(torch.from_numpy(ids), torch.from_numpy(mask)),
                },
                timed,
            )
    finally:
        torch.set_num_threads(threads)


def _scalars(found: dict[str, Any], task: Task) -> dict[str, float]:
    return {name: found[name] for name in dict.fromkeys((task.headline, *task.figures))}


def parameters_of(network: torch.nn.Module) -> int:
    """How many numbers it has learned."""
    return sum(parameter.numel() for parameter in network.parameters())
