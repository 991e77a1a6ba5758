"""The stage `validate`: the cleaned splits against their expectations."""

from collections.abc import Callable
from dataclasses import asdict

from stages import tasks
from stages.artifacts import (
    CLEAN,
    SPLITS,
    SURROGATES,
    StageError,
    read_json,
    read_table,
    report,
    write_json,
    write_text,
    write_verdict,
)
from stages.clean.masking.surrogates import Unmaker
from stages.clean.normalise import Normaliser
from stages.door import enter, say
from stages.params import Params
from stages.validate.page import page
from stages.validate.run import run, verdict


def body(params: Params) -> None:
    task = tasks.get(params.project.task)
    (text,) = task.text_columns
    tables = {name: read_table(CLEAN / f"{name}.parquet") for name in SPLITS}
    findings = run(
        tables,
        params.validation,
        params.clean.masking,
        params.clean.near_duplicates,
        params.project.language,
        text,
        task.target_column,
        params.ingest.columns.groups,
        _plain(params),
    )
    folder = report("validate")
    judged = verdict(findings)
    write_json(folder / "expectations.json", [asdict(finding) for finding in findings])
    write_text(folder / "index.html", page(findings))
    write_verdict("validate", judged)
    say("validate", f"{len(findings)} expectations, {len(judged.failures)} failed")
    failed = [finding for finding in findings if not finding.passed]
    if failed:
        lines = [
            f"{one.expectation} on {one.column!r} ({one.split}): {one.counts}, expected {one.says}"
            for one in failed
        ]
        raise StageError(f"{'; '.join(lines)}; see {folder / 'index.html'}")


def _plain(params: Params) -> Callable[[str], str]:
    """Puts tokens in place of surrogates, which are made again: the file that `clean` left holds no value."""
    clean, language = params.clean, params.project.language
    if clean.masking.style != "surrogates":
        return str
    polish = Normaliser(clean.repair, clean.normalise, language).after
    return Unmaker(read_json(CLEAN / SURROGATES), language, polish)


if __name__ == "__main__":
    enter("validate", body)
