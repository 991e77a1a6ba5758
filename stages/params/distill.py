"""The student: small enough, fast enough, good enough."""

from typing import Literal

from pydantic import Field

from stages.params.base import Section


class DistillGates(Section):
    retention: float | None = Field(0.97, ge=0, le=1)
    """least share of the teacher's accuracy that the student keeps; null does not ask"""
    size_mb: float | None = Field(20.0, gt=0)
    """largest ONNX file, in megabytes; null does not ask"""
    speedup: float | None = Field(2.0, gt=0)
    """least single-request latency of the teacher over the student's; null does not ask"""
    parity: float = Field(1e-4, gt=0)
    """largest difference between the logits of torch and of ONNX, over the largest logit"""
    membership_auc: float | None = Field(0.65, ge=0.5, le=1)
    """how well the served file's loss may tell the rows it learned from (area; 0.5 is chance); null: any"""
    membership_tpr: float | None = Field(0.05, ge=0, le=1)
    """largest share of those rows told at 1% false alarms (0.01 is chance); null does not ask"""


class Distill(Section):
    student: Literal["static", "lstm", "transformer", "cnn", "mlp"] = "transformer"
    """static: an n-gram embedding bag; lstm: recurrent; transformer: an encoder; cnn, mlp: for images"""
    temperature: float = Field(2.0, ge=1, le=50)
    """softens the teacher's probabilities"""
    soft: float = Field(0.7, ge=0, le=1)
    """weight of the teacher's probabilities; the labels get the rest"""
    epochs: int | None = Field(None, ge=0)
    """epochs of distillation; null takes what suits the student, 0 only makes a reader's teacher small"""
    batch_size: int = Field(32, ge=1)
    """rows in a batch"""
    learning_rate: float | None = Field(None, gt=0, le=10)
    """peak learning rate; null takes what suits the student"""
    hidden: int = Field(128, ge=8)
    """width of the student; one that starts from the teacher's layers takes the teacher's"""
    layers: int = Field(3, ge=1, le=24)
    """layers of the student (all but static)"""
    heads: int = Field(4, ge=1)
    """attention heads of a transformer student that does not start from the teacher"""
    buckets: int = Field(50000, ge=100)
    """rows of the static student's table of hashed n-grams"""
    ngrams: int = Field(2, ge=1, le=4)
    """longest n-gram of the static student"""
    quantize: Literal["int8", "none"] = "int8"
    """number format of the weights in the ONNX file"""
    gates: DistillGates = DistillGates()
