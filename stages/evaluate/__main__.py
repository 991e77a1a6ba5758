"""`python -m stages.evaluate`: the teacher's verdict on the test split, read here for it alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stages import tasks
from stages.artifacts import (
    CLEAN,
    TEACHER,
    TOKENS,
    StageError,
    Verdict,
    read_table,
    report,
    write_json,
    write_text,
    write_verdict,
)
from stages.door import enter, say
from stages.params import Params
from stages.tasks import Task
from stages.tokenize.arrays import read_meta, read_split


def body(params: Params) -> None:
    # seconds of imports, which a mistake in params.yaml need not wait for
    from stages.evaluate.leaks.run import audit_leaks
    from stages.evaluate.leaks.run import checks as leak_checks
    from stages.evaluate.run import Evaluation, Texts, run, run_tokens
    from stages.evaluate.scoring import shortfalls
    from stages.train.predict import predict_logits
    from stages.train.teacher import load_teacher

    task = tasks.get(params.project.task)
    meta = read_meta(TOKENS)
    split = read_split(TOKENS, "test")
    gates = params.evaluate.gates
    network = load_teacher(TEACHER).network
    logits = predict_logits(network, split, meta.pad_id)

    def by_text() -> Evaluation:
        tables = (_rows(CLEAN / f"{name}.parquet", task, meta.labels) for name in ("train", "test"))
        train, test = (Texts(texts, truth) for texts, truth in tables)
        if len(test.truth) != len(split) or (test.truth != split.labels).any():
            raise StageError(f"{TOKENS}: its test split is not that of {CLEAN}; run `dvc repro tokenize`")
        return run(logits, train, test, meta.labels, task, params.project.language, gates)

    def by_token() -> Evaluation:
        return run_tokens(logits, read_split(TOKENS, "train"), split, meta.labels, task, gates)

    found = by_token() if task.per_token else by_text()

    learned_from = {name: read_split(TOKENS, name) for name in ("train", "valid")}
    leaks = audit_leaks(network, learned_from, meta, task, TOKENS / "tokenizer.json", params)
    verdict = Verdict((*found.verdict.checks, *leak_checks(leaks, params)))

    folder = report("evaluate")
    write_json(folder / "metrics.json", {**found.metrics, "leaks": leaks.metrics()})
    for name, table in (("confusion", found.confusion), ("reliability", found.reliability)):
        write_text(folder / f"{name}.csv", table.to_csv(index=False))
    write_verdict("evaluate", verdict)
    say(
        "evaluate",
        f"{task.headline} {found.metrics[task.headline]:.4f}, macro F1 {found.metrics['macro_f1']:.4f}, "
        f"baseline {found.metrics['baseline'][task.headline]:.4f}, {len(split)} rows",
    )
    member = leaks.membership
    say(
        "evaluate",
        f"training rows told from others: area {member.auc:.4f}, at 1% false alarms {member.tpr:.4f}; "
        + (f"canary exposure {leaks.canary.planted:.2f} bits" if leaks.canary else "no canary audit"),
    )
    if leaks.unmeasured:
        say("evaluate", f"canary audit: {leaks.unmeasured}")
    for line in shortfalls(verdict):
        say("evaluate", line)


def _rows(path: Path, task: Task, labels: Sequence[str]) -> tuple[list[str], np.ndarray]:
    table = read_table(path)
    try:
        truth = task.encode(table[task.target_column].tolist(), labels)
    except ValueError as error:
        raise StageError(f"{path}: {error}; run `dvc repro tokenize`") from None
    columns = [table[column] for column in task.text_columns]
    return [" ".join(parts) for parts in zip(*columns, strict=True)], truth


if __name__ == "__main__":
    enter("evaluate", body)
