"""The search: its space, its budget, its restart, and real experiments of DVC."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows import optimise, space
from flows.errors import FlowError, StageFailed
from stages.artifacts import SOURCE
from stages.params import Params, load
from stages.params.render import render

RATE = {"train.learning_rate": {"low": 1e-5, "high": 1e-1, "log": True}}


def settings(values: dict[str, Any], **more: Any) -> Params:
    return Params.model_validate({"optimise": {"space": values, **more}})


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "optimise.space: empty"),
        ({"train.nonsense": {"low": 1, "high": 2}}, "train.nonsense: no such parameter"),
        ({"evaluate.gates.lead": {"low": 0, "high": 1}}, "evaluate.gates.lead: only parameters of augment"),
        ({"train.batch_size": {"low": -1, "high": 64}}, "train.batch_size: train.batch_size: got -1"),
        ({"train.batch_size": {"low": 1.5, "high": 64}}, "1.5, but the parameter is a whole number"),
        ({"train.optimizer": {"choices": ["adamw", "magic"]}}, "train.optimizer: got 'magic'"),
    ],
)
def test_a_space_that_cannot_be_searched_is_named_before_any_work(values: dict[str, Any], why: str) -> None:
    with pytest.raises(FlowError, match=why):
        space.check(settings(values))


def bowl(name: str, values: dict[str, Any], hear: Any) -> dict[str, float]:
    """Best at a rate of 0.001."""
    import math

    return {"accuracy": 1 - abs(math.log10(values["train.learning_rate"]) + 3) / 10}


def test_the_values_of_now_come_first_and_the_best_is_found(tmp_path: Path) -> None:
    params = settings(RATE, trials=12)
    tried: list[float] = []

    def run(name: str, values: dict[str, Any], hear: Any) -> dict[str, float]:
        tried.append(values["train.learning_rate"])
        return bowl(name, values, hear)

    found = optimise.search(params, lambda line: None, run, tmp_path)
    assert tried[0] == params.train.learning_rate
    assert len(tried) == found.trials == 12
    assert found.value == max(bowl("", {"train.learning_rate": rate}, None)["accuracy"] for rate in tried)
    assert found.experiment.startswith(f"optimise-{space.digest(params)}-")


def test_a_search_that_was_stopped_goes_on_with_its_trials(tmp_path: Path) -> None:
    params, names = settings(RATE, trials=4), []

    def stopped(name: str, values: dict[str, Any], hear: Any) -> dict[str, float]:
        names.append(name)
        if len(names) == 3:
            raise KeyboardInterrupt
        return bowl(name, values, hear)

    with pytest.raises(KeyboardInterrupt):
        optimise.search(params, lambda line: None, stopped, tmp_path)
    found = optimise.search(params, lambda line: None, stopped, tmp_path)
    assert found.trials == 4
    assert len(names) == 5, "two whole trials are not done again, the one that was stopped is"
    optimise.search(params, lambda line: None, stopped, tmp_path)
    assert len(names) == 5
    assert space.digest(params) == space.digest(settings(RATE, trials=9))
    moved = params.model_copy(update={"train": params.train.model_copy(update={"learning_rate": 0.5})})
    assert space.digest(moved) == space.digest(params), "applying the best is no other search"


def test_a_trial_below_the_median_ends_early_and_a_failed_one_is_no_end(tmp_path: Path) -> None:
    params, count, heard = settings(RATE, trials=6), [0], []

    def run(name: str, values: dict[str, Any], hear: Any) -> dict[str, float]:
        count[0] += 1
        if count[0] == 2:
            raise StageFailed("no such thing")
        score = 0.1 if count[0] == 6 else 0.8
        for epoch in (1, 2):
            line = f"[train] epoch {epoch}/2: train loss 1.0; valid loss 0.5, accuracy {score}; 9 rows/s"
            hear(line)
        heard.append(name)
        return {"accuracy": score}

    said: list[str] = []
    found = optimise.search(params, said.append, run, tmp_path)
    assert len(heard) == 4
    assert "[optimise] trial 6: worse than the median, ended" in said
    assert "[optimise] trial 2 failed: no such thing" in said
    assert found.value == 0.8


def test_other_data_is_searched_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SOURCE.parent.mkdir()
    searches = set()
    for content in ("one", "another", "one"):
        SOURCE.write_text(content)
        found = optimise.search(settings(RATE, trials=2), lambda line: None, bowl, tmp_path)
        assert found.trials == 2
        searches.add(found.experiment.rsplit("-", 1)[0])
    assert len(searches) == 2


@pytest.mark.slow
def test_real_experiments_are_listed_and_the_best_is_applied(tiny: Path) -> None:
    Path("train.py").write_text(
        "import json, os\nfrom ruamel.yaml import YAML\n"
        "rate = YAML(typ='safe', pure=True).load(open('params.yaml'))['train']['learning_rate']\n"
        "os.makedirs('reports/train', exist_ok=True)\n"
        "json.dump({'valid': {'accuracy': rate}}, open('reports/train/metrics.json', 'w'))\n"
    )
    Path("dvc.yaml").write_text(
        "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    params: [train]\n"
        "    metrics: [reports/train/metrics.json]\n"
        "  evaluate:\n    cmd: cp reports/train/metrics.json judged\n"
        "    deps: [reports/train/metrics.json]\n    outs: [judged]\n"
    )
    params = settings({"train.learning_rate": {"choices": [0.125, 0.25]}}, trials=2)
    Path("params.yaml").write_text(render(params))
    Path(".gitignore").write_text("/work\n/reports/\n/judged\n")
    person = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
    subprocess.run([sys.executable, "-m", "dvc", "repro", "-q"], check=True)
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", *person, "commit", "-qm", "start"], check=True)
    before = Path("judged").read_text()
    found = optimise.optimised(load(), print)
    assert found.settings == {"train.learning_rate": found.value}
    assert load().train.learning_rate == found.value in (0.125, 0.25)
    assert Path("judged").read_text() == before, "the test split takes no part"
    command = [sys.executable, "-m", "dvc", "exp", "list", "--name-only"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert found.experiment in listed
