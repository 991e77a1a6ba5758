"""What distilling gives, whatever the task, and the gates that it is held against."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stages.artifacts import Check, Verdict, at_least, at_most
from stages.params.distill import DistillGates


@dataclass(frozen=True)
class Distilled:
    """The student's ONNX file, what its reader must know, and how good it is."""

    model: bytes
    description: dict[str, Any]
    metrics: dict[str, Any]
    verdict: Verdict
    trust: dict[str, Any] = field(default_factory=dict)
    """what `reports/distill/trust.json` says of the student as it is served"""
    guesses: np.ndarray | None = None
    """the class it gives each row of the test split, shape (rows,); None where it gives none"""


def checks(metrics: dict[str, Any], gates: DistillGates) -> Iterator[Check]:
    """Holds the metrics against every gate that asks for something."""
    yield from at_least("retention", metrics["retention"], gates.retention)
    yield from at_most("size_mb", metrics["student"]["size_mb"], gates.size_mb)
    yield from at_least("speedup", metrics["speedup"], gates.speedup)
    yield from at_most("parity", metrics["parity"], gates.parity)
    if (member := metrics.get("leaks", {}).get("membership")) is not None:
        yield from at_most("membership_auc", member["auc"], gates.membership_auc)
        yield from at_most("membership_tpr", member["tpr"], gates.membership_tpr)
