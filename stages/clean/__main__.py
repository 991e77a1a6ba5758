"""The stage `clean`: from sealed rows to masked splits."""

from dataclasses import replace

from stages import tasks
from stages.artifacts import (
    CLEAN,
    QUARANTINE,
    RAW,
    SURROGATES,
    StageError,
    Verdict,
    at_most,
    new_folder,
    report,
    write_file,
    write_json,
    write_table,
    write_verdict,
)
from stages.clean.broken import broken_rows
from stages.clean.masking.cache import Cache
from stages.clean.people import noting_people
from stages.clean.run import run
from stages.clean.tables import sealed_rows, split_table
from stages.clean.traces import TRACES
from stages.door import enter, say
from stages.ingest.raw import Broken, read_raw
from stages.params import Params


def body(params: Params) -> None:
    project = params.project
    task = tasks.get(project.task)
    from stages.ingest.vault import open_vault  # not at the top: the masking processes need no database

    vault = open_vault(project.name, params.ingest.vault)
    people: dict[str, bytes] = {}
    broken: list[Broken] = []
    key = vault.identity.masking
    with Cache(key, params.cleaning.masking, project.language) as cache:
        outcome = run(
            noting_people(read_raw(RAW, vault, broken.append), people),
            people,
            params.cleaning,
            project.language,
            project.seed,
            tell=lambda line: say("clean", line),
            task=task,
            key=key,
            cache=cache,
        )
    if broken:
        where = ", ".join(f"{row.file} row {row.number}" for row in broken[:5])
        say("clean", f"{len(broken)} sealed rows were changed and go to quarantine: {where}")
        share = len(broken) / (len(broken) + outcome.metrics["rows"]["in"])  # type: ignore[index]
        check = at_most("share of rows forged", round(share, 6), params.cleaning.quarantine_limit)
        outcome = replace(outcome, verdict=Verdict((*outcome.verdict.checks, *check)))
    if params.ingest.public is not None:
        outcome = replace(outcome, metrics={**outcome.metrics, "public": params.ingest.public})
    write_json(report("clean") / "metrics.json", outcome.metrics)
    write_verdict("clean", outcome.verdict)
    if not outcome.verdict.passed:
        failed = "; ".join(
            f"{check.name}: {check.value}, limit {check.limit}" for check in outcome.verdict.failures
        )
        raise StageError(f"{failed}; nothing is passed on, see {report('clean') / 'metrics.json'}")

    quarantine = sealed_rows(RAW, outcome.quarantined)
    with new_folder(QUARANTINE) as folder:
        write_table(folder / "part-00000.parquet", quarantine)
        if broken:
            write_table(folder / "broken-00000.parquet", broken_rows(RAW, broken))
    (text,) = task.text_columns
    with new_folder(CLEAN) as folder:
        for name, rows in outcome.splits.items():
            groups = params.ingest.columns.groups
            write_table(folder / f"{name}.parquet", split_table(rows, text, task, groups))
        if params.cleaning.masking.style == "surrogates":
            write_json(folder / SURROGATES, outcome.surrogates)
        write_file(folder / TRACES, lambda partial: outcome.traces.write(partial, vault.identity.traces))


if __name__ == "__main__":
    enter("clean", body)
