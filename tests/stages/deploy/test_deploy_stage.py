"""The stage: refuses a failed line, serves what it built, and leaves no bundle that did not pass."""

import json
from pathlib import Path

import numpy as np
import pytest

from stages.artifacts import (
    BUNDLE,
    CLEAN,
    STUDENT,
    TOKENS,
    Check,
    StageError,
    Verdict,
    read_verdict,
    write_json,
    write_verdict,
)
from stages.clean.traces import TRACES, Traces
from stages.deploy import __main__ as stage
from stages.deploy import line
from stages.deploy.manifest import seal, verify
from stages.deploy.registry import Registry
from stages.deploy.release import release
from stages.deploy.replay import Replay, difference, replay
from stages.ingest.vault import open_or_make_vault
from stages.params import Params
from stages.params.serve import Serve
from stages.tokenize.arrays import make_split, write_split

PARAMS = Params.model_validate(
    {"project": {"name": "tiny"}, "clean": {"masking": {"tagger": "none"}}, "deploy": {"examples": 6}}
)


@pytest.fixture
def inputs(tmp_path: Path, student: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    STUDENT.parent.mkdir()
    STUDENT.symlink_to(student)
    TOKENS.mkdir(parents=True)
    rows = [[1 + (row * 7 + place) % 10 for place in range(1 + row % 9)] for row in range(30)]
    write_split(TOKENS, "test", make_split(rows, np.arange(30) % 2))
    for judge in line.JUDGES:
        write_verdict(judge, Verdict((Check("score", 0.9, 0.5, True),)))
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path.with_name(f"{tmp_path.name}.key")))
    traces = Traces()
    traces.add_values(["Amara Okafor"])
    CLEAN.mkdir()
    traces.write(CLEAN / TRACES, open_or_make_vault(PARAMS.project.name, None)[0].identity.traces)
    for measured in ("evaluate", "distill"):
        write_json(Path(f"reports/{measured}/metrics.json"), {"accuracy": 0.9, "student": {"accuracy": 0.88}})
    write_json(Path("reports/ingest/metrics.json"), {"kept": 40})
    splits = {"train": {"rows": 30, "labels": {"positive": 0.5, "negative": 0.5}}}
    write_json(Path("reports/clean/metrics.json"), {"splits": splits, "masked": {"EMAIL": 3}})


def test_a_good_line_gives_a_bundle_that_can_be_released(inputs):
    stage.body(PARAMS)
    version = verify(BUNDLE)
    verdict = read_verdict("deploy")
    assert verdict.passed
    assert Check("bundle", version, None, True) in verdict.checks
    recorded = json.loads((BUNDLE / "bundle.json").read_text())["params"]
    assert set(recorded) == {"augment", "tokenize", "train", "distill"}
    assert recorded["train"]["epochs"] == PARAMS.train.epochs
    measured = json.loads(Path("reports/deploy/metrics.json").read_text())
    assert measured["examples"] == 6
    assert measured["latency_ms"] > 0
    assert not Path("registry").exists(), "the stage releases nothing"
    assert release(BUNDLE, Registry("registry", "tiny"), "test").version == version


def test_every_failed_or_missing_verdict_is_named_and_no_bundle_is_left(inputs):
    BUNDLE.mkdir()
    (BUNDLE / "of-an-earlier-run").touch()
    failed = Check("accuracy", 0.41234567, 0.6, False), Check("macro_f1", 0.4, 0.6, False)
    write_verdict("evaluate", Verdict((*failed, Check("lead", 1, 0, True))))
    Path("reports/clean/verdict.json").unlink()
    with pytest.raises(StageError) as caught:
        stage.body(PARAMS)
    assert "reports/clean/verdict.json" in str(caught.value)
    assert "evaluate failed accuracy (0.4123, limit 0.6), macro_f1 (0.4, limit 0.6)" in str(caught.value)
    assert not BUNDLE.exists()
    assert not read_verdict("deploy").passed


def test_a_verdict_that_checked_nothing_is_a_failure(inputs):
    write_verdict("distill", Verdict(()))
    with pytest.raises(StageError, match="distill checked nothing"):
        stage.body(PARAMS)


def test_a_masked_value_in_a_report_or_a_vocabulary_stops_the_line(inputs, capsys):
    write_json(Path("reports/train/metrics.json"), {"best": "by Amara Okafor"})
    with pytest.raises(StageError, match=r"traces_of_masked_values \(1, limit 0\)"):
        stage.body(PARAMS)
    assert "reports/train/metrics.json holds 1 of the 1 masked values" in capsys.readouterr().out
    assert not BUNDLE.exists()
    Path("reports/train/metrics.json").unlink()
    (TOKENS / "tokenizer.json").write_text('{"vocab": {"amara okafor": 1}}')
    with pytest.raises(StageError, match="traces_of_masked_values"):
        stage.body(PARAMS)


def test_a_text_in_which_a_value_was_missed_is_no_example(inputs):
    traces = Traces()
    traces.add_values(["good fine", "bad poor day"])
    traces.write(CLEAN / TRACES, open_or_make_vault(PARAMS.project.name, None)[0].identity.traces)
    rows = [[3, 4], [8, 3, 4], [5, 6, 7], [3, 7], [5, 8]]
    write_split(TOKENS, "test", make_split(rows, np.arange(5) % 2))
    stage.body(PARAMS)
    recorded = json.loads((BUNDLE / "examples.json").read_text())
    assert recorded["exchanges"][-1]["body"] == {"texts": ["good day", "bad the"]}


@pytest.mark.parametrize("gap", [0.03, float("inf")])
def test_a_bundle_that_answers_otherwise_than_recorded_is_not_left(inputs, monkeypatch, gap: float):
    monkeypatch.setattr(stage, "replay", lambda bundle, limits: Replay(6, gap, 1.0))
    with pytest.raises(StageError, match="served_difference"):
        stage.body(PARAMS)
    assert not BUNDLE.exists()
    assert not list(BUNDLE.parent.glob(".bundle*"))
    assert not read_verdict("deploy").passed


def test_the_replay_notices_an_answer_that_was_recorded_otherwise(bundle: Path):
    path = bundle / "examples.json"
    recorded = json.loads(path.read_text())
    recorded["exchanges"][1]["answer"]["answers"][0]["scores"]["negative"] -= 0.25
    path.write_text(json.dumps(recorded))
    seal(bundle)
    assert replay(bundle, Serve()).difference == pytest.approx(0.25)
    recorded["exchanges"][1]["answer"]["answers"][0]["label"] = "other"
    path.write_text(json.dumps(recorded))
    seal(bundle)
    assert replay(bundle, Serve()).difference == float("inf")


def test_a_replay_of_a_bundle_that_cannot_be_served_says_why(bundle: Path):
    (bundle / "tokenizer.json").write_text("{}")
    with pytest.raises(StageError, match=r"did not start: .*tokenizer\.json is not as it was built"):
        replay(bundle, Serve())


def test_limits_too_small_for_the_examples_are_noticed(bundle: Path):
    with pytest.raises(StageError, match="/predict with status 413"):
        replay(bundle, Serve(max_characters=3))


@pytest.mark.parametrize(
    ("served", "recorded", "gap"),
    [
        ({"a": 0.5, "b": [1, 2.5]}, {"a": 0.5, "b": [1, 2.0]}, 0.5),
        ({"a": 1}, {"b": 1}, float("inf")),
        ([1], [1, 2], float("inf")),
        ("x", "x", 0),
        ("x", 1, float("inf")),
        (True, 1, float("inf")),
        (float("nan"), 0.5, float("inf")),
        ({}, {}, 0),
    ],
)
def test_the_difference_of_two_answers(served, recorded, gap: float):
    assert difference(served, recorded) == gap
