"""The page draws what evaluate and distill say of calibration, fairness and labels."""

import re
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import write_json
from stages.report.collect import collect
from stages.report.page import render


def quality(error: float) -> dict[str, Any]:
    bins = [{"confidence": 0.5, "accuracy": 0.4, "rows": 10}, {"confidence": 0.9, "accuracy": 0.8, "rows": 9}]
    return {"calibration_error": error, "brier": 0.3, "log_loss": 0.5, "bins": bins}


def interval(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05}


def group(accuracy: float) -> dict[str, Any]:
    rates = {"yes": interval(0.5)}
    names = ("selection_rate", "true_positive_rate", "false_positive_rate")
    return {"rows": 40, "accuracy": interval(accuracy), **dict.fromkeys(names, rates)}


TRUST = {
    "calibration": {
        "temperature": 1.75,
        "before": quality(0.21),
        "after": quality(0.0321),
        "risk": {
            "points": [{"coverage": 0.5, "risk": 0.1}, {"coverage": 1.0, "risk": 0.25}],
            "area": 0.12,
        },
    },
    "fairness": {
        "region": {
            "note": "3 values have fewer than 30 rows each; they are shown together",
            "groups": {"north": group(0.91), "<south>": group(0.71)},
            "gaps": {"accuracy": interval(0.2), "equalised_odds": None},
        },
        "name": {"note": "700 values: too many to compare", "groups": {}, "gaps": {"accuracy": None}},
    },
    "label_noise": {
        "rows": 600,
        "share": 0.052,
        "suspicious": [{"row_id": "77ab", "given": "no", "likelier": "yes", "margin": -0.93}],
    },
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_calibration_groups_and_labels_are_shown_and_escaped(here: Path) -> None:
    for stage in ("evaluate", "distill"):
        write_json(Path("reports") / stage / "trust.json", TRUST)
    page = render(collect(), "tweets")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert page.count('<circle class="dot"') == 4
    assert 'points="150.0,72.0 300.0,0.0"' in page, "risk is scaled to its own largest value"
    assert "Calibration error 0.032" in text
    assert "Teacher, by region" in text
    assert "Student, as it is served, by region" in text
    assert "0.860 to 0.960" in text
    assert "700 values: too many to compare" in text
    assert "about 5.2% have a label" in text
    assert "77ab" in text
    assert "<south>" not in page
    assert 'href="#trust"' in page


@pytest.mark.parametrize(
    "trust",
    [
        {},
        {"fairness": {}, "label_noise": {}},
        {"calibration": [], "fairness": {"region": 3}, "label_noise": {"suspicious": 1, "share": "x"}},
        {"calibration": {"after": {"bins": [{"confidence": 0.5}, 3]}, "risk": {"points": {}}}},
    ],
)
def test_what_is_missing_or_damaged_breaks_nothing(here: Path, trust: dict[str, Any]) -> None:
    write_json(Path("reports/evaluate/trust.json"), trust)
    assert "Everything measured" in render(collect(), "tweets")


def test_labels_that_could_not_be_looked_through_are_told(here: Path) -> None:
    write_json(Path("reports/evaluate/trust.json"), {"label_noise": {"note": "the texts hold no words"}})
    assert "Not looked through: the texts hold no words." in render(collect(), "tweets")
