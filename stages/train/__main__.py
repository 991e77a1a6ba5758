"""The stage `train`: `data/tokens/` to `models/teacher/`."""

import os
import shutil
import sys

from stages import tasks
from stages.artifacts import (
    SPLITS,
    TEACHER,
    TOKENS,
    copy_tokenizer,
    new_folder,
    report,
    work_folder,
    write_json,
)
from stages.door import enter, say
from stages.params import Params
from stages.tokenize.arrays import read_meta, read_split


def body(params: Params) -> None:
    # the arrays are made: whatever reads tokenizers from here on needs no threads for it
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from stages.train.run import run
    from stages.train.teacher import save_teacher

    meta = read_meta(TOKENS)
    splits = {name: read_split(TOKENS, name) for name in SPLITS if name != "test"}
    work = work_folder("train", [TOKENS], {"train": params.train.model_dump(), "seed": params.project.seed})
    task = tasks.get(params.project.task)
    trained = run(splits, meta, task, params.train, params.project.seed, work, report("train"))
    if not trained.first:
        sys.exit(0)
    with new_folder(TEACHER) as folder:
        privacy = trained.metrics.get("privacy")
        save_teacher(folder, trained.weights, params.train.architecture, trained.description, meta, privacy)
        copy_tokenizer(TOKENS, folder)
    write_json(report("train") / "metrics.json", trained.metrics)
    shutil.rmtree(work)
    valid = ", ".join(f"{name} {value:.4f}" for name, value in trained.metrics["valid"].items())
    say("train", f"kept epoch {trained.metrics['best_epoch']} of {trained.metrics['epochs']}: valid {valid}")


if __name__ == "__main__":
    enter("train", body)
