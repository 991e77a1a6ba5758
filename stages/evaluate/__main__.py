"""`python -m stages.evaluate`: the teacher's verdict on the test split, read here for it alone."""

from stages import tasks
from stages.artifacts import TEACHER, TOKENS, Verdict, report, write_json, write_text, write_verdict
from stages.door import enter, say
from stages.params import Params
from stages.tokenize.arrays import read_meta


def body(params: Params) -> None:
    # seconds of imports, which a mistake in params.yaml need not wait for
    from stages.evaluate.judges import Case, judge
    from stages.evaluate.leaks.run import audit_leaks
    from stages.evaluate.leaks.run import checks as leak_checks
    from stages.evaluate.scoring import shortfalls
    from stages.evaluate.trust import examine
    from stages.train.teacher import load_teacher

    task = tasks.get(params.project.task)
    meta = read_meta(TOKENS)
    case = Case(load_teacher(TEACHER).network, meta, task, params)
    found = judge(case)
    trust = examine(case, found)

    learned_from = {name: case.split(name) for name in ("train", "valid")}
    leaks = audit_leaks(case.network, learned_from, meta, task, TOKENS / "tokenizer.json", params)
    verdict = Verdict((*found.verdict.checks, *trust.checks, *leak_checks(leaks, params)))

    folder = report("evaluate")
    write_json(
        folder / "metrics.json",
        {
            **found.metrics,
            **trust.metrics,
            "headline": task.headline,
            "rival": task.rival,
            "leaks": leaks.metrics(),
        },
    )
    write_json(folder / "trust.json", trust.report)
    for name, table in found.plots.items():
        write_text(folder / f"{name}.csv", table.to_csv(index=False))
    write_verdict("evaluate", verdict)
    say(
        "evaluate",
        f"{task.headline} {found.metrics[task.headline]:.4f}, baseline "
        f"{found.metrics['baseline'][task.headline]:.4f}, {len(case.split('test'))} rows",
    )
    member = leaks.membership
    say(
        "evaluate",
        f"training rows told from others: area {member.auc:.4f}, at 1% false alarms {member.tpr:.4f}; "
        + (f"canary exposure {leaks.canary.planted:.2f} bits" if leaks.canary else "no canary audit"),
    )
    if leaks.unmeasured:
        say("evaluate", f"canary audit: {leaks.unmeasured}")
    for line in (*trust.remarks, *shortfalls(verdict)):
        say("evaluate", line)


if __name__ == "__main__":
    enter("evaluate", body)
