"""`python -m stages.deploy`: builds the candidate bundle, serves it, and replays its recorded answers."""

import shutil

import numpy as np

from stages.artifacts import (
    BUNDLE,
    STUDENT,
    TOKENS,
    Check,
    StageError,
    Verdict,
    at_least,
    at_most,
    new_folder,
    read_json,
    report,
    write_json,
    write_verdict,
)
from stages.deploy import line
from stages.deploy.bundle import build
from stages.deploy.replay import replay
from stages.door import enter, say
from stages.params import Params
from stages.tokenize.arrays import read_split


def body(params: Params) -> None:
    # an older bundle must not pass for this run's
    shutil.rmtree(BUNDLE, ignore_errors=True)
    verdicts, complaints = line.judge()
    checks = [Check("line", len(complaints), 0, not complaints)]
    if complaints:
        write_verdict("deploy", Verdict(tuple(checks)))
        raise StageError(f"refused, nothing was built: {'; '.join(complaints)}")
    metrics = {stage: read_json(report(stage) / "metrics.json") for stage in ("evaluate", "distill")}
    split = read_split(TOKENS, "test")
    chosen = np.unique(np.linspace(0, len(split) - 1, min(params.deploy.examples, len(split))).astype(int))
    rows = [split.row(int(index)).tolist() for index in chosen]

    # the bundle takes its place only after it has been served and has repeated its answers
    with new_folder(BUNDLE) as folder:
        project, public = params.project, params.ingest.public
        version = build(folder, STUDENT, rows, project, params.cleaning, verdicts, metrics, public)
        found = replay(folder, params.serve)
        checks.append(Check("bundle", version, None, True))
        checks += at_least("examples", found.examples, 1)
        checks += at_most("served_difference", min(found.difference, 1e9), params.deploy.tolerance)
        verdict = Verdict(tuple(checks))
        size = sum(file.stat().st_size for file in folder.iterdir())
        measured = {
            "examples": found.examples,
            "latency_ms": round(found.milliseconds, 3),
            "size_mb": round(size / 1e6, 3),
        }
        write_json(report("deploy") / "metrics.json", measured)
        write_verdict("deploy", verdict)
        for complaint in line.failures("deploy", verdict):
            raise StageError(f"{complaint}; the served bundle does not repeat its recorded answers")
    say("deploy", f"bundle {version}: {measured['size_mb']} MB, {measured['latency_ms']} ms a request")


if __name__ == "__main__":
    enter("deploy", body)
