"""`python -m stages.ingest`: data/raw from the source that params.yaml names."""

from stages import tasks
from stages.artifacts import RAW, new_folder, report, write_json
from stages.door import enter, say
from stages.ingest.key import load_or_make_key
from stages.ingest.run import metrics, run
from stages.params import Params


def body(params: Params) -> None:
    """Seals the source into `data/raw` and writes the counts."""
    key, made = load_or_make_key()
    if made:
        say("ingest", f"made the key {made} (mode 0600); keep a copy: without it, sealed data cannot be read")
    with new_folder(RAW) as folder:
        counts = run(params.ingest, params.project.seed, key, folder, tasks.get(params.project.task))
    write_json(report("ingest") / "metrics.json", metrics(counts))
    quarantined = f", {counts.bad} bad ones quarantined" if counts.bad else ""
    say(
        "ingest",
        f"{counts.read} rows read{quarantined}, {counts.filtered} left out by the filter, "
        f"{counts.left_out} by the limit; {counts.kept} sealed, {counts.labels} labels",
    )


if __name__ == "__main__":
    enter("ingest", body)
