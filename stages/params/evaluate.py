"""How good the teacher must be, and how little it may give away."""

from pydantic import Field

from stages.params.base import Section


class EvaluateGates(Section):
    accuracy: float | None = Field(0.6, ge=0, le=1)
    """least accuracy; null does not ask"""
    micro_f1: float | None = Field(0.6, ge=0, le=1)
    """least F1 over all labels (multi-label-classification); null does not ask"""
    macro_f1: float | None = Field(0.6, ge=0, le=1)
    """least macro-averaged F1; null does not ask"""
    r2: float | None = Field(0.2, le=1)
    """least share of the variance that is told (text-regression); null does not ask"""
    f1: float | None = Field(None, ge=0, le=1)
    """least F1 of answers (question-answering); null does not ask"""
    recall_at_5: float | None = Field(None, ge=0, le=1)
    """least share of questions whose passage is among the first five found; null does not ask"""
    calibration_error: float | None = Field(0.15, ge=0, le=1)
    """largest expected calibration error (15 bins); null does not ask"""
    bits_per_byte: float | None = Field(None, gt=0)
    """most bits that a byte of unseen text may cost (text-generation); null does not ask"""
    beats_baseline: float | None = Field(0.0, ge=-1, le=1)
    """least lead over the baseline in the task's first score, such as accuracy; null does not ask"""
    membership_auc: float | None = Field(0.65, ge=0.5, le=1)
    """how well the loss may tell training rows from others (area; 0.5 is chance); null does not ask"""
    membership_tpr: float | None = Field(0.05, ge=0, le=1)
    """largest share of training rows told at 1% false alarms (0.01 is chance); null does not ask"""
    canary_exposure: float | None = Field(3.0, ge=1.45, le=10)
    """largest mean exposure of planted secrets, in bits (1.44 is chance, 10 by heart); null does not ask"""
    demographic_parity: float | None = Field(None, ge=0, le=1)
    """largest gap between groups in how often any class is answered; null does not ask"""
    equalised_odds: float | None = Field(None, ge=0, le=1)
    """largest gap between groups in true or false positives of any class; null does not ask"""


class Leaks(Section):
    rows: int = Field(1000, ge=20, le=20000)
    """rows on each side of the membership audit: seen in training, and not"""
    canaries: int = Field(32, ge=8, le=256)
    """secrets planted by the canary audit, which trains a small copy of the teacher for itself"""
    repeats: int = Field(1, ge=1, le=100)
    """times that each secret is planted"""
    copy_rows: int = Field(640, ge=50, le=20000)
    """training rows of the canary audit's copy"""
    seconds: float | None = Field(60.0, gt=0)
    """most processor time of training that copy; beyond it the gate fails; null leaves the audit out"""


class Fairness(Section):
    min_group: int = Field(30, ge=5)
    """rows of the test split from which a group is named; rarer ones are taken together"""


class Evaluate(Section):
    gates: EvaluateGates = EvaluateGates()
    fairness: Fairness = Fairness()
    leaks: Leaks = Leaks()
    watts: float = Field(65.0, gt=0)
    """power of the machine's processor under load, for the estimate of energy"""
