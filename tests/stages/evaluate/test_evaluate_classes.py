import numpy as np
import pytest

from stages import tasks
from stages.artifacts import Check, StageError, Verdict
from stages.evaluate.baseline import baseline_probabilities
from stages.evaluate.classes import Texts, run
from stages.evaluate.scoring import shortfalls
from stages.params.evaluate import EvaluateGates

LABELS = ["bad", "good"]
TASK = tasks.get("text-classification")


def texts(rows: int, language: str = "en") -> Texts:
    words = {"en": ["awful slow broken", "lovely quick sturdy"], "zh": ["太差了不好用", "很好用喜欢"]}[
        language
    ]
    truth = np.arange(rows) % 2
    return Texts([f"{words[one]} {index % 5}" for index, one in enumerate(truth)], truth)


def logits(truth: np.ndarray, wrong: int) -> np.ndarray:
    guess = truth.copy()
    guess[:wrong] = 1 - guess[:wrong]
    return np.where(np.arange(2)[None, :] == guess[:, None], 3.0, -3.0).astype(np.float32)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_baseline_learns_words_in_english_and_characters_in_chinese(language: str) -> None:
    train, test = texts(60, language), texts(20, language)
    found = baseline_probabilities(train.texts, train.truth, test.texts, language, classes=2)
    assert (found.argmax(axis=1) == test.truth).all()
    assert np.allclose(found.sum(axis=1), 1)


def test_baseline_reads_chinese_without_spaces() -> None:
    train = Texts(["这个太差了", "真的很好用"] * 10, np.array([0, 1] * 10))
    found = baseline_probabilities(
        train.texts, train.truth, ["质量太差了吧", "确实很好用呢"], "zh", classes=2
    )
    assert found.argmax(axis=1).tolist() == [0, 1]


def test_baseline_gives_no_probability_to_a_class_it_never_saw() -> None:
    train = texts(40)
    found = baseline_probabilities(train.texts, train.truth * 2, ["awful"], "en", classes=3)
    assert found.shape == (1, 3)
    assert found[0, 1] == 0


@pytest.mark.parametrize("words", [["", "  "], ["one", "two"]])
def test_baseline_without_anything_to_learn_is_one_clear_line(words: list[str]) -> None:
    truth = np.array([0, 1]) if not words[0] else np.array([0, 0])
    with pytest.raises(StageError, match="only one class"):
        baseline_probabilities(words, truth, ["three"], "en", classes=2)


def test_metrics_are_numbers_under_names_so_that_dvc_can_show_them() -> None:
    test = texts(20)
    found = run(logits(test.truth, 2), texts(60), test, LABELS, TASK, "en", EvaluateGates())

    def leaves(value: object) -> list[object]:
        return (
            [leaf for part in value.values() for leaf in leaves(part)] if isinstance(value, dict) else [value]
        )

    assert all(isinstance(leaf, int | float) for leaf in leaves(found.metrics))
    assert found.metrics["accuracy"] == pytest.approx(0.9)
    assert set(found.metrics["per_class"]) == set(LABELS)
    assert found.metrics["lead"] == pytest.approx(0.9 - found.metrics["baseline"]["accuracy"])


def test_a_teacher_worse_than_the_baseline_fails_that_gate_and_says_by_how_much() -> None:
    test = texts(20)
    gates = EvaluateGates(accuracy=0.5, macro_f1=0.5, calibration_error=None, beats_baseline=0.0)
    found = run(logits(test.truth, 8), texts(60), test, LABELS, TASK, "en", gates)
    assert [check.name for check in found.verdict.failures] == ["beats_baseline"]
    assert "off by 0.4" in shortfalls(found.verdict)[0]


def test_a_gate_set_to_null_asks_for_nothing() -> None:
    test = texts(20)
    gates = EvaluateGates(accuracy=None, macro_f1=None, calibration_error=None, beats_baseline=None)
    found = run(logits(test.truth, 20), texts(60), test, LABELS, TASK, "en", gates)
    assert found.verdict == Verdict(())
    assert found.verdict.passed


def test_an_overconfident_teacher_fails_the_calibration_gate() -> None:
    test = texts(40)
    gates = EvaluateGates(accuracy=None, macro_f1=None, calibration_error=0.1, beats_baseline=None)
    found = run(logits(test.truth, 20) * 10, texts(60), test, LABELS, TASK, "en", gates)
    assert found.verdict.failures == (Check("calibration_error", pytest.approx(0.5), 0.1, False),)


def test_plots_hold_labels_and_counts_but_no_trace_of_a_row() -> None:
    test = texts(20)
    found = run(logits(test.truth, 3), texts(60), test, LABELS, TASK, "en", EvaluateGates())
    assert list(found.plots["confusion"]) == ["actual", "predicted"]
    assert len(found.plots["confusion"]) == 20
    assert (found.plots["confusion"].actual != found.plots["confusion"].predicted).sum() == 3
    # sorted: the order of the rows cannot be read from it
    assert found.plots["confusion"].equals(
        found.plots["confusion"].sort_values(["actual", "predicted"], ignore_index=True)
    )
    assert list(found.plots["reliability"]) == ["confidence", "accuracy", "rows"]
    assert found.plots["reliability"].rows.sum() == 20


def test_softmax_survives_large_logits() -> None:
    assert TASK.probabilities(np.array([[1000.0, 0.0], [-1000.0, -1000.0]])).tolist() == [[1, 0], [0.5, 0.5]]
