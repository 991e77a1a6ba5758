"""The ONNX files that one trained network can become, and which of them is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.distill.export import Exported, export
from stages.distill.measure import Rows, single_logits
from stages.distill.quantize import with_fixed_scales, with_int8_embeddings, with_int8_matrices
from stages.distill.students.base import Student
from stages.tokenize.arrays import TokenSplit

AGREEMENT = 0.97
"""How far quantised answers must agree with the others, or the next, more careful variant is tried"""


Agreement = Callable[[np.ndarray, np.ndarray], float]
"""How far the second of two arrays of logits gives the answers of the first; 1 is wholly."""


@dataclass(frozen=True)
class Variant:
    """One file, and how it answers the validation split."""

    name: str
    path: Path
    logits: np.ndarray
    """its answers to the validation split, float32 (rows or tokens, classes)"""
    agreement: float
    """how far it answers the validation split as the unquantised network does; 1 is wholly"""


def choose(
    student: Student,
    plain: Exported,
    valid: TokenSplit,
    wanted: np.ndarray,
    samples: Rows,
    quantize: str,
    agreement: Agreement,
    seen: Rows = (),
) -> Variant:
    """The smallest and fastest file whose answers are still the network's own.

    Variants are tried from the smallest to the largest. The choice rests on answers and not on measured
    times, so that the same input gives the same file.

    Args:
        plain: the unquantised file; the others are written beside it.
        wanted: the unquantised network's logits on `valid`, float32 (rows, classes).
        samples: batches on which exported files are compared with torch.
        quantize: `int8` or `none`.
        agreement: how far logits on `valid` say what others do.
        seen: training rows, from which the fixed scales of a calibrated student are taken.
    """
    if quantize == "none":
        return _measured("fp32", plain.path, valid, wanted, agreement)
    tried = []
    for name, make in _variants(student, plain.path, samples, seen).items():
        tried.append(_measured(name, make(), valid, wanted, agreement))
        if tried[-1].agreement >= AGREEMENT:
            break
    return max(tried, key=lambda variant: variant.agreement)


def _variants(student: Student, plain: Path, samples: Rows, seen: Rows) -> dict[str, Callable[[], Path]]:
    folder = plain.parent
    tables = folder / "int8-embeddings.onnx"

    def embeddings() -> Path:
        if not tables.exists():
            export(with_int8_embeddings(student.network), tables, samples)
        return tables

    def matrices(seven_bits: bool) -> Path:
        path = folder / f"int8-{7 if seven_bits else 8}-bits.onnx"
        with_int8_matrices(embeddings(), path, seven_bits)
        return path

    def fixed(seven_bits: bool) -> Path:
        path = folder / f"int8-fixed-{7 if seven_bits else 8}-bits.onnx"
        with_fixed_scales(plain, path, seen, seven_bits)
        return path

    if student.calibrated:
        return {
            "int8": lambda: fixed(False),
            "int8, seven bits": lambda: fixed(True),
            "fp32": lambda: plain,
        }
    if not student.matrices:
        return {"int8": embeddings}
    return {
        "int8": lambda: matrices(False),
        "int8, seven bits": lambda: matrices(True),
        "int8 embeddings": embeddings,
    }


def _measured(name: str, path: Path, valid: TokenSplit, wanted: np.ndarray, agreement: Agreement) -> Variant:
    logits = single_logits(path, valid)
    return Variant(name, path, logits, agreement(wanted, logits))
