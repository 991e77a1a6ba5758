"""Planted truth: groups that are known to be served well or badly."""

import numpy as np
import pytest
from pydantic import ValidationError

from stages.artifacts import StageError
from stages.evaluate.fairness import OTHERS, fairness
from stages.evaluate.groups import between_groups, gaps_of, group_checks, remarks, unmeasured
from stages.params import Params
from stages.params.evaluate import Evaluate, EvaluateGates
from stages.params.ingest import Columns, Ingest

LABELS = ["no", "yes"]


def answers(rows: int, wrong: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, rows)
    return truth, np.where(random.random(rows) < wrong, 1 - truth, truth)


def params(**gates: float) -> Params:
    ingest = Ingest(columns=Columns(groups=["region"]))
    return Params(ingest=ingest, evaluate=Evaluate(gates=EvaluateGates(**gates)))


def test_a_group_with_flipped_labels_trips_the_gate_and_others_do_not() -> None:
    truth, guess = answers(600)
    region = np.array(["north", "south", "west"])[np.arange(600) % 3]
    fair = fairness(truth, guess, LABELS, {"region": region}, 30, 7)
    flipped = np.where(region == "south", 1 - truth, truth)
    unfair = fairness(flipped, guess, LABELS, {"region": region}, 30, 7)
    limits = params(demographic_parity=0.2, equalised_odds=0.2)
    assert all(check.passed for check in group_checks(fair, limits))
    (failed,) = [check for check in group_checks(unfair, limits) if not check.passed]
    assert failed.name == "equalised_odds"
    assert failed.value > 0.6
    south, north = (unfair["region"]["groups"][name] for name in ("south", "north"))
    assert south["accuracy"]["high"] < 0.2 < 0.8 < north["accuracy"]["low"]


def test_a_group_that_is_answered_yes_far_more_often_has_a_gap_of_parity() -> None:
    truth, _ = answers(400)
    region = np.repeat(["north", "south"], 200)
    guess = np.where(region == "south", 1, truth)
    gap = fairness(truth, guess, LABELS, {"region": region}, 30, 7)["region"]["gaps"]["demographic_parity"]
    assert gap["value"] == pytest.approx(1 - truth[:200].mean())
    assert gap["low"] < gap["value"] < gap["high"]


def test_rates_are_those_of_the_rows_and_intervals_shrink_with_them() -> None:
    truth, guess = answers(3000)
    region = np.repeat(["small", "large"], [100, 2900])
    groups = fairness(truth, guess, LABELS, {"region": region}, 30, 7)["region"]["groups"]
    small = region == "small"
    yes = groups["small"]["true_positive_rate"]["yes"]["value"]
    assert yes == pytest.approx((guess[small & (truth == 1)] == 1).mean(), abs=1e-6)
    assert groups["small"]["selection_rate"]["yes"]["value"] == pytest.approx(guess[small].mean())
    width = {name: one["accuracy"]["high"] - one["accuracy"]["low"] for name, one in groups.items()}
    assert width["small"] > 3 * width["large"]


def test_groups_of_few_people_are_never_named() -> None:
    truth, guess = answers(300)
    region = ["north"] * 130 + ["south"] * 130 + [f"hamlet {place // 4}" for place in range(40)]
    found = fairness(truth, guess, LABELS, {"region": region}, 30, 7)
    assert set(found["region"]["groups"]) == {"north", "south", OTHERS}
    assert "hamlet" not in str(found)
    assert "10 values have fewer than 30 rows each" in remarks(found)[0]
    few = fairness(truth, guess, LABELS, {"region": [*region[:297], None, None, None]}, 60, 7)
    assert set(few["region"]["groups"]) == {"north", "south"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["one"] * 300, "nothing to compare"),
        ([f"person {place}" for place in range(300)], "300 values, of which 0 have 30 rows"),
        ([f"group {place % 60}" for place in range(300)], "60 values: too many to compare"),
    ],
)
def test_a_column_that_makes_no_groups_is_one_clear_line(values: list[str], said: str) -> None:
    truth, guess = answers(300)
    found = fairness(truth, guess, LABELS, {"region": values}, 5 if "60" in said else 30, 7)
    (line,) = remarks(found)
    assert said in line
    assert "person" not in line
    assert gaps_of(found) == {"region": {}}
    (check,) = group_checks(found, params(demographic_parity=0.5))
    assert (check.value, check.passed) == ("not measured", False)


def test_rates_of_classes_that_a_group_hardly_has_do_not_count() -> None:
    truth = np.array([0] * 97 + [1] * 3 + [0, 1] * 50)
    guess = truth.copy()
    guess[97:100] = 0
    found = fairness(truth, guess, LABELS, {"region": ["north"] * 100 + ["south"] * 100}, 30, 7)
    assert found["region"]["gaps"]["equalised_odds"] is None


def test_columns_are_taken_from_the_clean_table() -> None:
    import pandas as pd

    truth, guess = answers(100)
    assert between_groups(truth, guess, LABELS, pd.DataFrame(), Params()) == {}
    with pytest.raises(StageError, match="no column 'region'"):
        between_groups(truth, guess, LABELS, pd.DataFrame(), params())
    table = pd.DataFrame({"region": ["north", "south"] * 50})
    assert set(between_groups(truth, guess, LABELS, table, params())["region"]["groups"]) == {
        "north",
        "south",
    }


def test_gates_without_groups_are_refused_and_tasks_without_classes_are_told() -> None:
    with pytest.raises(ValidationError, match=r"ingest\.columns\.groups"):
        Params(evaluate=Evaluate(gates=EvaluateGates(equalised_odds=0.1)))
    assert "not measured" in remarks(unmeasured(params()))[0]
