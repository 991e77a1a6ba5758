"""Planted truth: logits whose calibration is known."""

import numpy as np
import pytest
from scipy.special import softmax

from stages.evaluate.calibration import brier, calibration, risk_curve, temperature_of


def calibrated(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of three classes, and truths that are as likely as they say."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, (rows, 3))
    draws = random.random((rows, 1))
    truth = (softmax(logits, axis=1).cumsum(axis=1) < draws).sum(axis=1)
    return np.minimum(truth, 2), logits.astype(np.float32)


@pytest.mark.parametrize("factor", [4.0, 0.4])
def test_a_model_made_too_sure_or_too_unsure_is_mended(factor: float) -> None:
    truth, logits = calibrated(3000, 0)
    heat = temperature_of(truth, logits * factor)
    assert heat == pytest.approx(factor, rel=0.1)
    truth, logits = calibrated(3000, 1)
    found = calibration(truth, logits * factor, heat)
    assert found["before"]["calibration_error"] > 0.08
    assert found["after"]["calibration_error"] < 0.03
    assert found["after"]["brier"] < found["before"]["brier"]
    assert found["after"]["log_loss"] < found["before"]["log_loss"]


def test_few_rows_all_answered_rightly_make_no_model_certain() -> None:
    truth = np.arange(20) % 2
    logits = np.where(np.arange(2) == truth[:, None], 3.0, -3.0)
    assert softmax(logits[0] / temperature_of(truth, logits)).max() == pytest.approx(21 / 22, abs=1e-3)
    assert temperature_of(truth[:0], logits[:0]) == 1


def test_the_surest_are_answered_first() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    found = risk_curve(np.array([0, 0, 1, 1]), probabilities)
    assert [point["risk"] for point in found["points"]] == [0, 0, pytest.approx(1 / 3, abs=1e-6), 0.5]
    assert found["points"][-1] == {"coverage": 1.0, "risk": 0.5, "confidence": 0.6}
    assert found["area"] == pytest.approx((1 / 3 + 1 / 2) / 4)


def test_brier_is_nothing_for_certainty_of_the_truth_and_two_for_the_contrary() -> None:
    assert brier(np.array([0, 1]), np.eye(2)) == 0
    assert brier(np.array([1, 0]), np.eye(2)) == 2
