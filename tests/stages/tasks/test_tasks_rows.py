"""Any number of labels, and a number, as targets."""

import numpy as np
import pytest

from stages import tasks

LABELS = tasks.get("multi-label-classification")
NUMBERS = tasks.get("text-regression")


@pytest.mark.parametrize(
    ("cell", "target"),
    [
        (["b", "a", "b"], '["a", "b"]'),
        ('["b", " a "]', '["a", "b"]'),
        ("[]", "[]"),
        ([], "[]"),
        ("a|b, c", '["a", "b, c"]'),
        ("a; b;", '["a", "b"]'),
        ("a, b", '["a", "b"]'),
        ("alone", '["alone"]'),
        ("  ", None),
        (None, None),
    ],
)
def test_labels_may_be_a_list_its_json_or_joined(cell: object, target: str | None) -> None:
    assert LABELS.target({"label": cell}, "text") == target


@pytest.mark.parametrize("cell", ["[1, 2]", '["a"', 3, [""], {"a": 1}])
def test_what_is_no_list_of_labels_is_refused_without_being_quoted(cell: object) -> None:
    with pytest.raises(ValueError, match="must be a list of names"):
        LABELS.target({"label": cell}, "text")


def test_rows_are_encoded_label_by_label() -> None:
    targets = ['["b"]', "[]", '["a", "c"]']
    labels = LABELS.labels(targets)
    assert labels == ["a", "b", "c"]
    assert LABELS.encode(targets, labels).tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 1]]
    assert LABELS.classes("[]") == ["(no label)"]
    with pytest.raises(ValueError, match="1 rows have a label that the training split does not hold"):
        LABELS.encode(['["z"]', '["a"]'], labels)


def test_scores_of_labels_are_those_of_the_definitions() -> None:
    truth = np.array([[1, 0], [1, 1], [0, 0], [0, 1]])
    given = np.array([[0.9, 0.2], [0.8, 0.3], [0.1, 0.6], [0.2, 0.7]])
    found = LABELS.metrics(truth, given, ["a", "b"])
    assert found["per_class"]["a"]["f1"] == 1
    assert found["per_class"]["b"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "rows": 2}
    assert found["micro_f1"] == pytest.approx(2 * 3 / (4 + 4))
    assert found["macro_f1"] == 0.75
    assert found["subset_accuracy"] == 0.5
    perfect = LABELS.metrics(truth, truth.astype(float), ["a", "b"])
    assert (perfect["micro_f1"], perfect["calibration_error"]) == (1, 0)


def test_thresholds_are_where_each_label_is_told_best() -> None:
    truth = np.array([[1, 1], [1, 0], [0, 1], [0, 0]])
    scores = np.array([[0.3, 0.9], [0.25, 0.75], [0.1, 0.8], [0.05, 0.7]])
    tuning = LABELS.tuning(truth, scores)
    tuned = LABELS.tuned(tuning)
    assert 0.1 < tuning["thresholds"][0] <= 0.25
    assert 0.75 < tuning["thresholds"][1] <= 0.8
    assert tuned.metrics(truth, scores, ["a", "b"])["micro_f1"] == 1
    assert LABELS.metrics(truth, scores, ["a", "b"])["micro_f1"] < 1
    assert tuned.answer(scores[0], ["a", "b"])["labels"] == ["a", "b"]
    assert tuned.answer(scores[3], ["a", "b"])["labels"] == []
    assert LABELS.tuning(np.zeros((3, 1)), np.full((3, 1), 0.2)) == {"thresholds": [0.5]}


@pytest.mark.parametrize(
    ("cell", "target"),
    [(3, "3.0"), ("-0.5", "-0.5"), (" 1e3 ", "1000.0"), (float("nan"), None), ("", None), (None, None)],
)
def test_numbers_may_be_numbers_or_written(cell: object, target: str | None) -> None:
    assert NUMBERS.target({"label": cell}, "text") == target


@pytest.mark.parametrize("cell", ["ten", "nan", "inf", float("inf"), True, [1], "1,5"])
def test_what_is_no_finite_number_is_refused(cell: object) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        NUMBERS.target({"label": cell}, "text")


def test_scores_of_numbers_are_those_of_the_definitions() -> None:
    truth, guess = np.array([1.0, 2.0, 3.0, 6.0]), np.array([[2.0], [2.0], [4.0], [5.0]])
    found = NUMBERS.metrics(truth, guess, ["number"])
    assert found["mae"] == 0.75
    assert found["rmse"] == pytest.approx(np.sqrt(0.75))
    assert found["r2"] == pytest.approx(1 - 3 / 14)
    # as scipy.stats.spearmanr gives it, ties sharing their ranks
    assert found["spearman"] == pytest.approx(0.9486832980505138)
    assert NUMBERS.agreement(guess, guess) == 1
    assert NUMBERS.agreement(guess, -guess) == 0
    assert NUMBERS.answer(np.array([4.5]), ["number"]) == {"value": 4.5}
