"""`python -m stages.deploy`: builds the candidate bundle, serves it, and replays its recorded answers."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from stages.artifacts import (
    BUNDLE,
    CLEAN,
    REPORTS,
    STUDENT,
    TEACHER,
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
from stages.clean.scanner import Scanner
from stages.clean.traces import TRACES
from stages.deploy import line
from stages.deploy.bundle import build
from stages.deploy.card import Told, refuse_incomplete
from stages.deploy.replay import replay
from stages.door import enter, say
from stages.ingest.vault import open_vault
from stages.params import Params
from stages.tokenize.arrays import read_split

LEARNED = {"augment", "tokenize", "train", "distill"}
"""sections of the params that a bundle records, so that `retort diff` can show them"""


def body(params: Params) -> None:
    # an older bundle must not pass for this run's
    shutil.rmtree(BUNDLE, ignore_errors=True)
    verdicts, complaints = line.judge()
    checks = [Check("line", len(complaints), 0, not complaints)]
    if complaints:
        write_verdict("deploy", Verdict(tuple(checks)))
        raise StageError(f"refused, nothing was built: {'; '.join(complaints)}")
    metrics = _measured("evaluate", "distill")
    data = _measured("ingest", "clean")
    card = params.deploy.card
    refuse_incomplete(Told(params.project, card, params.ingest.public, {**metrics, **data}))
    split = read_split(TOKENS, "test")
    chosen = np.unique(np.linspace(0, len(split) - 1, min(params.deploy.examples, len(split))).astype(int))
    rows = [split.row(int(index)).tolist() for index in chosen]

    vault = open_vault(params.project.name, params.ingest.vault)
    scanner = Scanner.load(CLEAN / TRACES, vault.identity.traces)

    # the bundle takes its place only after it has been served and has repeated its answers
    with new_folder(BUNDLE) as folder:
        version = build(
            folder,
            STUDENT,
            rows,
            params.project,
            params.cleaning,
            verdicts,
            metrics,
            scanner.clears,
            params.ingest.public,
            params.model_dump(mode="json", include=LEARNED),
            card,
            data,
        )
        found = replay(folder, params.serve)
        checks += _traces(scanner, folder)
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
            raise StageError(f"{complaint}; the bundle is not kept")
    say("deploy", f"bundle {version}: {measured['size_mb']} MB, {measured['latency_ms']} ms a request")


def _measured(*stages: str) -> dict[str, Any]:
    return {stage: read_json(report(stage) / "metrics.json") for stage in stages}


def _traces(scanner: Scanner, bundle: Path) -> Iterator[Check]:
    """Nothing that masking took out may stand in what is served, learned or reported."""
    places = [bundle, TEACHER / "tokenizer.json", TOKENS / "tokenizer.json", REPORTS]
    held = scanner.in_places(places)
    for path, count in held.items():
        place = BUNDLE / path.name if path.is_relative_to(bundle) else path
        say("deploy", f"{place} holds {count} of the {scanner.known} masked values and quarantined texts")
    yield from at_most("traces_of_masked_values", sum(held.values()), 0)


if __name__ == "__main__":
    enter("deploy", body)
