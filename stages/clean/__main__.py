"""The stage `clean`: from sealed rows to masked splits."""

from stages import tasks
from stages.artifacts import (
    CLEAN,
    QUARANTINE,
    RAW,
    StageError,
    new_folder,
    report,
    write_file,
    write_json,
    write_table,
    write_verdict,
)
from stages.clean.people import digests_of_people
from stages.clean.run import run
from stages.clean.tables import sealed_rows, split_table
from stages.clean.traces import TRACES
from stages.door import enter, say
from stages.ingest.raw import read_raw
from stages.params import Params


def body(params: Params) -> None:
    project = params.project
    task = tasks.get(project.task)
    outcome = run(
        read_raw(RAW),
        digests_of_people(RAW) if params.ingest.columns.subject else {},
        params.clean,
        project.language,
        project.seed,
        tell=lambda line: say("clean", line),
    )
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
    (text,) = task.text_columns
    with new_folder(CLEAN) as folder:
        for name, rows in outcome.splits.items():
            groups = params.ingest.columns.groups
            write_table(folder / f"{name}.parquet", split_table(rows, text, task.target_column, groups))
        write_file(folder / TRACES, outcome.traces.write)


if __name__ == "__main__":
    enter("clean", body)
