"""How good the teacher must be."""

from pydantic import Field

from stages.params.base import Section


class EvaluateGates(Section):
    accuracy: float | None = Field(0.6, ge=0, le=1)
    """least accuracy; null does not ask"""
    macro_f1: float | None = Field(0.6, ge=0, le=1)
    """least macro-averaged F1; null does not ask"""
    calibration_error: float | None = Field(0.15, ge=0, le=1)
    """largest expected calibration error (15 bins); null does not ask"""
    beats_baseline: float | None = Field(0.0, ge=-1, le=1)
    """least lead in accuracy over TF-IDF + logistic regression; null does not ask"""


class Evaluate(Section):
    gates: EvaluateGates = EvaluateGates()
    watts: float = Field(65.0, gt=0)
    """power of the machine's processor under load, for the estimate of energy"""
