"""The live model against a new one on the same test split."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flows.releases import listed
from stages.artifacts import CLEAN
from stages.deploy.champion import Comparison, bootstrap, obstacles
from stages.deploy.manifest import version_of
from stages.deploy.registry import Registry
from stages.deploy.release import Contest, KeptError, release
from stages.params.deploy import Champion

CONTEST = Contest(Champion(tolerance=0.01, resamples=200), seed=1)


@pytest.fixture
def test_split(replayed) -> None:
    """200 masked texts that the models of `make_student` answer rightly where their scale is above 0."""
    rows = [("the day is good", "positive"), ("a poor day", "negative")] * 100
    CLEAN.mkdir(parents=True)
    pd.DataFrame(rows, columns=["text", "label"]).to_parquet(CLEAN / "test.parquet")


def put(folder: Path, store: Registry, replayed: Any, contest: Contest | None = CONTEST) -> str:
    replayed(version_of(folder))
    return release(folder, store, "test", contest).version


@pytest.mark.usefixtures("test_split")
def test_a_model_as_good_is_released_and_the_history_says_by_what_comparison(
    bundle: Path, store: Registry, replayed, another
) -> None:
    first = put(bundle, store, replayed)
    second = put(another(2.0), store, replayed)
    assert store.live() == second
    (before, after) = store.history()
    assert before["why"] == "test", "nothing was live to compare with"
    assert after["verdicts"]["champion"]["live"] == first
    assert after["verdicts"]["champion"]["rows"] == 200
    assert after["verdicts"]["champion"]["low"] == after["verdicts"]["champion"]["high"] == 0
    shown = f"accuracy 1.0000 against 1.0000 of {first}, +0.0000 (95% interval +0.0000 to +0.0000"
    assert any(shown in line for line in listed(store))


@pytest.mark.usefixtures("test_split")
def test_a_worse_model_is_not_released_and_the_live_one_stays(
    bundle: Path, store: Registry, replayed, another
) -> None:
    first, worse = put(bundle, store, replayed), another(-1.0)
    with pytest.raises(KeptError, match=r"stays live: .* may be worse: accuracy 0\.0000 against 1\.0000"):
        put(worse, store, replayed)
    assert store.live() == first
    assert store.versions() == [first], "it is not published either"
    assert len(store.history()) == 1
    assert put(worse, store, replayed, contest=None) == store.live(), "after an erasure the gates alone count"
    assert put(bundle, store, replayed) == store.live(), "the better one comes back"


@pytest.mark.parametrize(
    ("after", "low", "fit"),
    [
        (0.81, -0.03, True),
        (0.8, -0.009, True),
        (0.8, -0.011, False),
        (0.799, -0.009, True),
        (0.79, -0.03, False),
    ],
)
def test_a_better_model_is_fit_and_one_that_surely_loses_little(after: float, low: float, fit: bool) -> None:
    assert Comparison("a", "accuracy", 700, 0.8, after, low, 0.04, 0.01).fit == fit


@pytest.mark.usefixtures("test_split")
def test_a_live_model_that_is_to_be_retired_is_not_compared(
    bundle: Path, store: Registry, replayed, another
) -> None:
    store.mark([put(bundle, store, replayed)], "erasure")
    put(another(-1.0), store, replayed)
    assert store.history()[-1]["why"].endswith("is to be retired by erasure")


def test_without_a_test_split_nothing_replaces_what_is_live(
    bundle: Path, store: Registry, replayed, another
) -> None:
    first = put(bundle, store, replayed)
    shutil.rmtree(CLEAN, ignore_errors=True)
    with pytest.raises(Exception, match=r"test\.parquet: not found, so nothing can be compared"):
        put(another(2.0), store, replayed)
    assert store.live() == first


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"task": "text-regression"}, "the live model is for text-regression, this one for text-classific"),
        ({"labels": ["no", "yes"]}, "the live model has other labels"),
        ({"prepare": {"repair": True, "normalise": {"case": True}}}, "the live model reads text that was"),
    ],
)
def test_models_that_cannot_be_compared_say_why(change: dict[str, Any], why: str) -> None:
    about: dict[str, Any] = {
        "task": "text-classification",
        "labels": ["a", "b"],
        "prepare": {"repair": True, "normalise": {"case": False}},
    }
    assert next(obstacles({**about, **change}, about)).startswith(why)
    assert not list(obstacles(about, dict(about)))


def test_families_without_a_comparison_say_so() -> None:
    about: dict[str, Any] = {"task": "question-answering", "labels": [], "prepare": {}}
    assert list(obstacles(about, about)) == ["models for question-answering are not compared yet"]


def test_the_bootstrap_agrees_with_the_normal_interval_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(0.1, 1.0, 400)
    low, high = np.quantile(bootstrap(lambda rows: values[rows].mean(), 400, 2000, 7), [0.025, 0.975])
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.01)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.01)
    assert np.array_equal(bootstrap(np.mean, 9, 100, 3), bootstrap(np.mean, 9, 100, 3))
