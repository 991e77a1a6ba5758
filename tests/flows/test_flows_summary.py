"""The summary on one screen, whatever lies in reports/."""

from pathlib import Path

import pytest

from flows.summary import summary
from stages.artifacts import Check, Verdict, write_json, write_text, write_verdict
from stages.deploy.registry import Registry

STAGES = ["clean", "evaluate", "deploy"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path.with_name(f"{tmp_path.name}.key")))


def test_verdicts_times_gates_and_what_is_live() -> None:
    write_verdict("clean", Verdict((Check("survivors", 0, 0, True),)))
    write_verdict(
        "evaluate", Verdict((Check("accuracy", 0.71234, 0.6, True), Check("ece", 0.3, 0.15, False)))
    )
    write_json(Path("reports/clean/resources.json"), {"seconds": 12.25})
    write_json(Path("reports/evaluate/resources.json"), {"seconds": 1.5})
    store = Registry("registry", "tweets")
    write_text(Path("registry/tweets/0123456789ab/signature.json"), "{}")
    store.move(store.state(), "0123456789ab", "release", "test", {})
    text = summary(STAGES, store)
    clean, evaluate, deploy = text.splitlines()[2:5]
    assert clean.split() == ["clean", "passed", "12.2"], "the checks of a stage that passed are not listed"
    assert "failed" in evaluate
    assert "accuracy 0.712" in evaluate
    assert "FAILED ece 0.3 (limit 0.15)" in evaluate
    assert deploy.split() == ["deploy"]
    assert "13.8" in text
    assert "live: tweets 0123456789ab" in text


def test_nothing_there_and_damaged_files_are_no_failure() -> None:
    assert "no tweets released" in summary(STAGES, Registry("registry", "tweets"))
    write_text(Path("reports/clean/verdict.json"), "{")
    write_text(Path("reports/clean/resources.json"), "[1]")
    write_text(Path("registry/tweets/moves/00000001.json"), "{}")
    text = summary(STAGES, Registry("registry", "tweets"))
    assert "damaged" in text
    assert "live: registry/tweets/moves/00000001.json: damaged" in text


def test_it_fits_a_screen() -> None:
    checks = tuple(Check(f"a-rather-long-name-{number}", 0.5, 0.6, False) for number in range(40))
    for stage in STAGES:
        write_verdict(stage, Verdict(checks))
    assert max(map(len, summary(STAGES, Registry("registry", "tweets")).splitlines())) <= 100
