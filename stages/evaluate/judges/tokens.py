"""Judges what gives every token a class."""

from stages.evaluate.case import Case, Evaluation
from stages.evaluate.classes import run_tokens
from stages.train.predict import predict_logits


def judge(case: Case) -> Evaluation:
    """Beside a baseline that looks up the class that each token had most often."""
    test = case.split("test")
    logits = predict_logits(case.network, test, case.meta.pad_id)
    gates = case.params.evaluate.gates
    return run_tokens(logits, case.split("train"), test, case.meta.labels, case.task, gates)
