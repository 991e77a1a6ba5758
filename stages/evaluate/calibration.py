"""How far a classifier's confidence can be trusted, and the one number that mends it.

Temperature scaling divides all logits by a scalar that the validation split chooses (Guo et al. 2017, "On
Calibration of Modern Neural Networks"): no answer changes, only how sure it is.
"""

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from stages.tasks.text_classification import calibration_bins, calibration_error

SOFTMAX = frozenset({"rows", "images"})
"""families whose answer is one of several classes"""
ROWS = 1000
"""rows from which a temperature is chosen at most: it is one number"""
_BOUNDS = (0.05, 20.0)
_POINTS = 50
_LEAST_SHARE = 0.02


def temperature_of(truth: np.ndarray, logits: np.ndarray) -> float:
    """The temperature with the least negative log-likelihood of `truth`, (rows,), under (rows, classes).

    The truth counts as not quite certain, as in Platt (1999, "Probabilistic Outputs for Support Vector
    Machines"): of few rows, all answered rightly, no temperature would be low enough otherwise.
    """
    rows, classes = logits.shape
    if rows == 0:
        return 1.0
    target = np.full((rows, classes), 1 / (rows + classes))
    target[np.arange(rows), truth] = (rows + 1) / (rows + classes)
    wide = logits.astype(np.float64)

    def loss(power: float) -> float:
        return -float((target * log_softmax(wide / np.exp(power), axis=1)).sum(axis=1).mean())

    found = minimize_scalar(loss, bounds=tuple(np.log(_BOUNDS)), method="bounded", options={"xatol": 1e-5})
    return round(float(np.exp(found.x)), 4)


def calibration(truth: np.ndarray, logits: np.ndarray, temperature: float) -> dict[str, Any]:
    """What a temperature changes on rows that did not choose it.

    Returns:
        `before` and `after` with calibration error (15 bins), Brier score, negative log-likelihood and
        `bins`; the `temperature`; and the `risk` of the answers after it, at each coverage.
    """
    before, after = (softmax(logits.astype(np.float64) / heat, axis=1) for heat in (1.0, temperature))
    return {
        "temperature": temperature,
        "before": _quality(truth, before),
        "after": _quality(truth, after),
        "risk": risk_curve(truth, after),
    }


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a calibration that belong among the metrics, without its curves."""
    return {
        "temperature": found["temperature"],
        **{
            when: {name: value for name, value in found[when].items() if name != "bins"}
            for when in ("before", "after")
        },
        "risk_area": found["risk"]["area"],
    }


def brier(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean squared distance from certainty of the truth, between 0 and 2 (Brier 1950)."""
    right = np.zeros_like(probabilities)
    right[np.arange(len(truth)), truth] = 1
    return float(((probabilities - right) ** 2).sum(axis=1).mean())


def risk_curve(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """The share of wrong answers among the surest, for each share of rows that is answered.

    (El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification".)

    Returns:
        `points` with `coverage`, `risk` and the lowest `confidence` answered; and the `area` under the curve.
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum((probabilities.argmax(axis=1) != truth)[order])
    count = np.arange(1, len(order) + 1)
    risk = wrong / count
    # the first few rows say nothing but whether one of them is wrong
    first = max(1, int(np.ceil(len(order) * _LEAST_SHARE)))
    shown = np.unique(np.linspace(first, len(order), min(_POINTS, len(order))).astype(int)) - 1
    return {
        "points": [
            {
                "coverage": round(float(count[place] / len(order)), 6),
                "risk": round(float(risk[place]), 6),
                "confidence": round(float(confidence[order[place]]), 6),
            }
            for place in shown
        ],
        "area": float(risk.mean()),
    }


def _quality(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    likelihood = np.maximum(probabilities[np.arange(len(truth)), truth], np.finfo(np.float64).tiny)
    return {
        "calibration_error": calibration_error(truth, probabilities),
        "brier": brier(truth, probabilities),
        "log_loss": float(-np.log(likelihood).mean()),
        "bins": [
            {name: round(one[name], 6) for name in ("confidence", "accuracy", "rows")}
            for one in calibration_bins(truth, probabilities)
        ],
    }
