"""A run that is killed in any stage is completed by the next one, with the result of an undisturbed run."""

import os
import signal
import subprocess
import time

import pytest

STAGES = ["ingest", "clean", "validate", "augment", "tokenize", "train", "evaluate", "distill", "deploy"]
SMALL = {"train": {"architecture": "mlp"}, "distill": {"student": "static"}}
# these hold nothing that depends on the key: each of the two projects has one of its own
RESULTS = ["data/tokens", "models/teacher", "models/student", "models/bundle"]


def outputs(project) -> dict[str, str]:
    """The digests that DVC recorded for the results."""
    from ruamel.yaml import YAML

    lock = YAML(typ="safe").load((project.root / "dvc.lock").read_text())
    outs = [out for stage in lock["stages"].values() for out in stage.get("outs", [])]
    return {out["path"]: out["md5"] for out in outs if out["path"] in RESULTS}


def kill_in(project, stage: str, after: float) -> None:
    """Starts a run and kills it, with all its children, some time after `stage` has begun."""
    run = subprocess.Popen(
        ["dvc", "repro"], cwd=project.root, env=project.env, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert run.stdout is not None
    for line in run.stdout:
        if f"Running stage '{stage}'" in line:
            time.sleep(after)
            break
    else:
        raise AssertionError(f"the run ended before {stage}")
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()


@pytest.mark.slow
def test_a_run_killed_in_every_stage_ends_as_an_undisturbed_one(make_project):
    undisturbed = make_project("tweets", SMALL)
    undisturbed.dvc("repro")
    killed = make_project("tweets", SMALL)
    for place, stage in enumerate(STAGES):
        kill_in(killed, stage, after=0.4 + 0.3 * (place % 3))
    killed.dvc("repro")
    found = outputs(killed)
    assert set(found) == set(RESULTS)
    assert found == outputs(undisturbed)
