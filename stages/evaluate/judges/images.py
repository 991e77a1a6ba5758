"""Judges what answers for an image."""

from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from stages.artifacts import StageError
from stages.evaluate.case import Case, Evaluation
from stages.evaluate.classes import judged
from stages.tokenize.arrays import TokenSplit
from stages.train.predict import predict_logits

_STRENGTH = 0.01
"""inverse of the penalty: pixels are many, and neighbours say the same"""
_ROWS = 20_000
"""training images from which the baseline learns at most"""


def judge(case: Case) -> Evaluation:
    """Beside a baseline that weighs the pixels.

    Raises:
        StageError: the training split has one class only.
    """
    test = case.split("test")
    logits = predict_logits(case.network, test, case.meta.pad_id)
    rival = pixel_probabilities(case.split("train"), test, len(case.meta.labels), case.params.project.seed)
    gates = case.params.evaluate.gates
    truth = np.asarray(test.labels)
    found = judged(case.task.probabilities(logits), rival, truth, case.meta.labels, case.task, gates)
    return replace(found, logits=logits)


def baseline() -> Pipeline:
    """Multinomial logistic regression on pixels of unit variance."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=300))


def pixel_probabilities(train: TokenSplit, test: TokenSplit, classes: int, seed: int) -> np.ndarray:
    """What the baseline says of `test`: probabilities, shape (test rows, classes); zero for an unseen class.

    Raises:
        StageError: the training split has one class only.
    """
    rows = np.arange(len(train))
    if len(rows) > _ROWS:
        rows = np.sort(np.random.default_rng((seed, 6)).choice(rows, _ROWS, replace=False))
    model = baseline()
    try:
        model.fit(_pixels(train)[rows], np.asarray(train.labels)[rows])
    except ValueError:
        raise StageError("data/tokens: the training split has only one class; see reports/validate") from None
    probabilities = np.zeros((len(test), classes))
    probabilities[:, model.classes_] = model.predict_proba(_pixels(test))
    return probabilities


def _pixels(split: TokenSplit) -> np.ndarray:
    """Shape (rows, pixels), float32 from 0 to 1."""
    return split.ids.reshape(len(split), -1).astype(np.float32) / 255
