"""The stage `validate`: the cleaned splits against their expectations."""

from collections.abc import Callable, Collection
from dataclasses import asdict

import pandas as pd

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
from stages.tasks import Task
from stages.validate.page import page
from stages.validate.run import run, verdict


def body(params: Params) -> None:
    task = tasks.get(params.project.task)
    tables = {name: read_table(CLEAN / f"{name}.parquet") for name in SPLITS}
    known = params.validation.labels or _classes(tables["train"], task)
    findings = run(
        {name: _with_classes(table, task, known) for name, table in tables.items()},
        params.validation,
        params.cleaning.masking,
        params.cleaning.near_duplicates,
        params.project.language,
        task,
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


def _classes(table: pd.DataFrame, task: Task) -> list[str]:
    targets = table[task.target_column].dropna() if task.target_column in table else ()
    return sorted({name for target in targets for name in task.classes(target)})


def _with_classes(table: pd.DataFrame, task: Task, known: Collection[str]) -> pd.DataFrame:
    """The table with a class in place of each target: the first that is not among the known ones, if any."""
    if task.target_column not in table:
        return table

    def shown(target: str) -> str:
        names = task.classes(target)
        return next((name for name in names if name not in known), names[-1])

    column = table[task.target_column].map(shown, na_action="ignore")
    return table.assign(**{task.target_column: column.astype(table[task.target_column].dtype)})


def _plain(params: Params) -> Callable[[str], str]:
    """Puts tokens in place of surrogates, which are made again: the file that `clean` left holds no value."""
    clean, language = params.cleaning, params.project.language
    if clean.masking.style != "surrogates":
        return str
    polish = Normaliser(clean.repair, clean.normalise, language).after
    return Unmaker(read_json(CLEAN / SURROGATES), language, polish)


if __name__ == "__main__":
    enter("validate", body)
