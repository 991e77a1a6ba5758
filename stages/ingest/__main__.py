"""`python -m stages.ingest`: data/raw from the source that params.yaml names."""

from stages import tasks
from stages.artifacts import RAW, new_folder, report, write_json
from stages.door import enter, say
from stages.ingest.run import metrics, run
from stages.ingest.vault import open_or_make_vault
from stages.params import Params


def body(params: Params) -> None:
    """Seals the source into `data/raw` and writes the counts."""
    vault, _ = open_or_make_vault(params.project.name, params.ingest.vault)
    with new_folder(RAW) as folder:
        counts = run(params.ingest, params.project.seed, vault, folder, tasks.get(params.project.task))
    write_json(report("ingest") / "metrics.json", metrics(counts))
    quarantined = f", {counts.bad} bad ones quarantined" if counts.bad else ""
    forgotten = f", {counts.forgotten} of people who were erased" if counts.forgotten else ""
    say(
        "ingest",
        f"{counts.read} rows read{quarantined}, {counts.filtered} left out by the filter, "
        f"{counts.left_out} by the limit{forgotten}; {counts.kept} sealed, {counts.labels} labels",
    )


if __name__ == "__main__":
    enter("ingest", body)
