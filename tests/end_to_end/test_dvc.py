"""What DVC promises its users: only what a change touches is run again, and experiments can be compared."""

import re
import subprocess

import pytest

SMALL = {"train": {"architecture": "mlp"}, "distill": {"student": "static"}}
STAGES = ["ingest", "clean", "validate", "augment", "tokenize", "train", "evaluate", "distill", "deploy"]


def ran(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The stages that DVC ran, in order, but for the one that always runs."""
    return [name for name in re.findall(r"Running stage '([a-z]+)'", done.stdout) if name != "source"]


@pytest.fixture(scope="module")
def project(make_project):
    project = make_project("tweets", SMALL)
    project.first = ran(project.dvc("repro"))
    project.run("git", "add", "dvc.lock")
    project.run("git", "commit", "-q", "-m", "first run")
    return project


def test_the_first_run_runs_every_stage_in_order(project):
    assert sorted(project.first, key=STAGES.index) == project.first[: len(STAGES)]
    assert set(project.first) == set(STAGES)


def test_a_second_run_does_nothing(project):
    assert ran(project.dvc("repro")) == []


def test_a_changed_student_reruns_distill_and_deploy_only(project):
    project.change({"distill": {"temperature": 3.0}})
    assert ran(project.dvc("repro")) == ["distill", "deploy"]
    diff = project.dvc("params", "diff").stdout
    assert "distill.temperature" in diff
    project.run("git", "checkout", "-q", "params.yaml", "dvc.lock")
    assert ran(project.dvc("repro")) == []


def test_changed_code_reruns_its_stage(project):
    code = project.root / "stages" / "evaluate" / "__main__.py"
    text = code.read_text()
    code.write_text(text + "\n# a remark\n")
    try:
        assert ran(project.dvc("repro", "evaluate")) == ["evaluate"]
    finally:
        code.write_text(text)
    project.run("git", "checkout", "-q", "dvc.lock")
    assert ran(project.dvc("repro")) == []


def test_metrics_and_plots_can_be_looked_at(project):
    metrics = project.dvc("metrics", "show").stdout
    assert "reports/evaluate/metrics.json" in metrics
    assert "accuracy" in metrics
    assert project.dvc("metrics", "diff").returncode == 0
    project.dvc("plots", "show")
    page = (project.root / "dvc_plots" / "index.html").read_text()
    for plot in ("confusion", "reliability", "train"):
        assert plot in page


@pytest.mark.slow
def test_an_experiment_runs_and_is_listed(project):
    project.dvc("exp", "run", "-S", "train.learning_rate=3e-3", "-n", "faster")
    rows = project.dvc("exp", "show", "--csv").stdout
    assert "faster" in rows
    assert "0.003" in rows
    assert not (project.root / "registry").exists(), "an experiment never releases"
    project.run("git", "checkout", "-q", "params.yaml", "dvc.lock")
