"""The flow on a real Prefect server: what runs, what is skipped, what a failure says, what stays behind."""

import json
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo

from flows import process
from flows.lifecycle import lifecycle
from flows.workspace import claim
from stages.deploy.registry import Registry

pytestmark = pytest.mark.usefixtures("prefect_server")


def run() -> Any:
    return lifecycle(0.0, return_state=True)


def table(state: Any) -> list[dict[str, Any]]:
    """The rows of the run's artifact."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id]))
    with get_client(sync_client=True) as client:
        (found,) = client.read_artifacts(artifact_filter=wanted)
    return json.loads(str(found.data))


def done(state: Any) -> dict[str, str]:
    return {row["step"]: row["done"] for row in table(state)}


def test_every_stage_runs_and_the_report_is_written(tiny: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = run()
    assert state.is_completed()
    assert state.message == "3 of 3 stages ran"
    assert Path("total.txt").read_text() == "42"
    assert Path("reports/index.html").is_file()
    assert done(state) == {"source": "ran", "double": "ran", "total": "ran", "report": "ran"}
    assert "[double] 1 number" in caplog.messages, "the stage's lines are in Prefect's log"
    with Repo(".") as repo:
        assert set(repo.status()) == {"source"}, "a run by hand finds everything up to date"


def test_unchanged_stages_cost_no_process(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    repro = process.repro

    def noted(stage: str, *arguments: Any) -> bool:
        called.append(stage)
        return repro(stage, *arguments)

    monkeypatch.setattr(process, "repro", noted)
    state = run()
    assert called == ["source"]
    assert done(state) == {"source": "ran", "double": "unchanged", "total": "unchanged", "report": "ran"}


def test_a_failure_shows_its_reason_and_stops_what_follows(
    ran: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path("double.py").write_text("import sys; sys.exit('error: double: no such column; name another')")
    state = run()
    assert state.is_failed()
    assert state.message == "double: no such column; name another (by hand: dvc repro -s double)"
    assert done(state) == {"source": "ran", "double": "failed", "total": "not run", "report": "ran"}
    assert not [record for record in caplog.records if record.exc_info], "one line, no traceback"


def test_a_stage_added_to_dvc_yaml_is_run(ran: Path) -> None:
    text = Path("dvc.yaml").read_text()
    Path("dvc.yaml").write_text(
        text + "  last:\n    cmd: cp total.txt last.txt\n    deps: [total.txt]\n    outs: [last.txt]\n"
    )
    assert done(run())["last"] == "ran"
    assert Path("last.txt").read_text() == "42"


def test_a_workspace_in_use_is_left_alone(ran: Path) -> None:
    with claim("the other run"):
        state = run()
    assert state.is_failed()
    assert state.message.startswith("the other run (process ")


def test_a_mistake_in_params_stops_the_run_before_any_stage(ran: Path) -> None:
    Path("params.yaml").write_text("nonsense: 1\n")
    state = run()
    assert state.is_failed()
    assert state.message.startswith("params.yaml: ")


@pytest.mark.parametrize("release", [True, False])
def test_what_passed_is_released_where_params_say_so(
    ran: Path, monkeypatch: pytest.MonkeyPatch, release: bool
) -> None:
    import stages.deploy.release as releasing

    released: list[str] = []

    def pretend(bundle: Path, store: Registry, why: str, contest: object) -> releasing.Release:
        released.append(store.name)
        return releasing.Release("0123456789ab", None, True)

    monkeypatch.setattr(releasing, "release", pretend)
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("release: false", f"release: {str(release).lower()}"))
    assert ("release" in done(run())) == release
    assert released == (["tweets"] if release else [])


def test_a_refused_release_fails_the_run_and_the_report_is_written(ran: Path) -> None:
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("release: false", "release: true"))
    state = run()  # the tiny project built no bundle
    assert state.is_failed()
    assert state.message.startswith("release: ")
    assert Path("reports/index.html").is_file()


JUDGED = """\
  evaluate:
    cmd: mkdir -p reports/evaluate && cp wanted.json reports/evaluate/verdict.json
    deps: [wanted.json]
    outs: [reports/evaluate/verdict.json]
  deploy:
    cmd: 'grep -q true reports/evaluate/verdict.json || (echo "error: deploy: refused" >&2; exit 1)'
    deps: [reports/evaluate/verdict.json]
"""


def judge(passed: bool) -> None:
    check = {"name": "accuracy", "value": 0.7, "limit": 0.8, "passed": passed}
    Path("wanted.json").write_text(json.dumps({"passed": passed, "checks": [check]}))


@pytest.mark.parametrize("helps", [True, False])
def test_a_verdict_that_fails_starts_a_search_and_the_line_goes_on(
    ran: Path, monkeypatch: pytest.MonkeyPatch, helps: bool
) -> None:
    import flows.optimise as optimising

    def searched(*_: object) -> optimising.Found:
        judge(helps)
        return optimising.Found("trial-1", "accuracy", 0.9, {}, 1)

    monkeypatch.setattr(optimising, "optimised", searched)
    Path("dvc.yaml").write_text(Path("dvc.yaml").read_text() + JUDGED)
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("when: never  # search", "when: failed  # search"))
    judge(False)
    state = run()
    assert done(state)["optimise"] == "ran"
    assert state.is_completed() == helps
    assert ("of 5 stages ran" if helps else "not good enough: deploy: ") in state.message


def test_a_failure_before_the_verdict_starts_no_search(ran: Path) -> None:
    Path("dvc.yaml").write_text(Path("dvc.yaml").read_text() + JUDGED)
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("when: never  # search", "when: failed  # search"))
    judge(False)
    run()  # leaves a failed verdict, and a search without a space
    Path("source.py").write_text("import sys; sys.exit('error: source: none')")
    state = run()
    assert "optimise" not in done(state)
    assert state.message.startswith("source: ")
