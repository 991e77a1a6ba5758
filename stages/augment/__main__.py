"""The stage `augment`: is the data trainable, and copies of the training split where it is not without."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from stages import tasks
from stages.artifacts import (
    AUGMENTED,
    CLEAN,
    SPLITS,
    StageError,
    new_folder,
    read_table,
    read_verdict,
    report,
    write_json,
    write_table,
    write_verdict,
)
from stages.augment import pictures
from stages.augment.decide import count, decide, verdict
from stages.augment.questions import COMPOSERS
from stages.augment.run import Alter, augment, words
from stages.door import enter, say
from stages.params import Params
from stages.params.augment import Augment
from stages.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

_ALTERING: dict[str, Callable[[Augment], Alter]] = {"images": lambda given: pictures.altering(given.image)}
"""What makes copies, by the family of the task; of texts words are changed."""
_NAMED = 5
"""reasons named in an error; all of them are in the decision"""


def body(params: Params) -> None:
    if not read_verdict("validate").passed:
        raise StageError("data/clean: did not pass validate; see reports/validate/index.html")
    task = tasks.get(params.project.task)
    (text,) = task.text_columns
    tables = {name: read_table(CLEAN / f"{name}.parquet") for name in SPLITS}
    before = _counted(tables["train"], task)
    settings = params.augment
    if not task.alterable:
        settings = settings.model_copy(update={"when": "never"})
    decision = decide(before, settings, task.labelled)
    others = frozenset(value for name in ("valid", "test") for value in tables[name][text])
    classes = tables["train"][task.target_column].map(task.classes)
    alter = _ALTERING.get(task.family, words)(settings)
    train = augment(tables["train"], decision, settings, params.project.seed, text, classes, alter, others)
    if task.family in COMPOSERS and settings.questions:
        train = COMPOSERS[task.family](tables["train"], settings.questions, params.project.seed, others)
    after = _counted(train, task)

    judged = verdict(before, after, settings, task.labelled)
    path = report("augment") / "decision.json"
    write_json(
        path,
        {
            "when": settings.when,
            "trainable_without": decision.trainable,
            "reasons": decision.reasons,
            "augments": decision.augments(before),
            "cannot_help": decision.hopeless,
            "rows_before": before,
            "rows_after": after,
            "copies": len(train) - len(tables["train"]),
        },
    )
    write_verdict("augment", judged)
    if not judged.passed:
        short = [f"{check.name}: {check.value}, needed {check.limit}" for check in judged.failures]
        missing = decision.hopeless or [*short, "the texts are too short for more copies"]
        rest = f"; and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise StageError(f"not trainable: {'; '.join(missing[:_NAMED])}{rest}; add rows, or see {path}")
    say("augment", _line(decision.trainable, len(train) - len(tables["train"]), len(tables["train"])))
    with new_folder(AUGMENTED) as folder:
        write_table(folder / "train.parquet", train)
        for name in ("valid", "test"):
            write_table(folder / f"{name}.parquet", tables[name].assign(augmented=False))


def _counted(table: "pd.DataFrame", task: Task) -> dict[str, int]:
    return count([name for target in table[task.target_column] for name in task.classes(target)])


def _line(trainable: bool, copies: int, rows: int) -> str:
    state = "trainable as it is" if trainable else "not trainable as it is"
    return f"{rows} training rows, {state}: {copies} copies added"


if __name__ == "__main__":
    enter("augment", body)
