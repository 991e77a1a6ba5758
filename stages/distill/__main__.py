"""`python -m stages.distill`: `data/tokens/` and `models/teacher/` to `models/student/`."""

import os

import numpy as np

from stages import tasks
from stages.artifacts import (
    CLEAN,
    SPLITS,
    STUDENT,
    TEACHER,
    TOKENS,
    Verdict,
    copy_tokenizer,
    new_folder,
    read_table,
    report,
    write_json,
    write_verdict,
)
from stages.door import enter, say
from stages.params import Params
from stages.tokenize.arrays import read_meta, read_split


def body(params: Params) -> None:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from stages.distill.run import run
    from stages.evaluate.groups import between_groups, gaps_of, group_checks, remarks, unmeasured
    from stages.evaluate.scoring import shortfalls
    from stages.train.teacher import load_teacher

    meta = read_meta(TOKENS)
    splits = {name: read_split(TOKENS, name) for name in SPLITS}
    task = tasks.get(params.project.task)
    found = run(splits, meta, load_teacher(TEACHER), task, params.distill, params.project.seed)
    groups = unmeasured(params)
    if groups and found.guesses is not None:
        truth = np.asarray(splits["test"].labels)
        table = read_table(CLEAN / "test.parquet")
        groups = between_groups(truth, found.guesses, meta.labels, table, params)
    verdict = Verdict((*found.verdict.checks, *group_checks(groups, params)))

    with new_folder(STUDENT) as folder:
        (folder / "model.onnx").write_bytes(found.model)
        write_json(folder / "student.json", found.description)
        copy_tokenizer(TOKENS, folder)
        if params.train.retriever is not None:
            # transformers takes seconds to import
            from stages.distill.sentences import write_sentence_encoder

            write_sentence_encoder(folder, params.train.retriever)
    write_json(report("distill") / "metrics.json", {**found.metrics, "fairness": gaps_of(groups)})
    write_json(report("distill") / "trust.json", {**found.trust, "fairness": groups})
    write_verdict("distill", verdict)
    student, teacher = found.metrics["student"], found.metrics["teacher"]
    name = task.headline
    say("distill", f"{name} {student[name]:.4f}, the teacher's {teacher[name]:.4f}")
    say("distill", f"size {student['size_mb']:.1f} MB, the teacher's {teacher['size_mb']:.1f} MB")
    say("distill", f"latency {student['latency_ms']:.3f} ms, the teacher's {teacher['latency_ms']:.3f} ms")
    for line in (*remarks(groups), *shortfalls(verdict)):
        say("distill", line)


if __name__ == "__main__":
    enter("distill", body)
