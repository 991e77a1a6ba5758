"""The page on privacy: what was masked and kept back, what the audits found. Counts only, never a value."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.report.collect import Run, StageReport
from stages.report.facts import Table, mapping
from stages.report.page import environment, flat, state, words

GOLD = Path("benchmarks/results/masking.json")
"""what `benchmarks/masking.py` measured on sets whose personal values are known, where it has been run"""


_MEASURES = {
    "leak": "share of personal characters left visible",
    "from": "from (95% interval)",
    "to": "to (95% interval)",
}
_BUDGET = {
    "epsilon": "epsilon: largest privacy loss of a training row",
    "delta": "delta: probability that it is larger",
    "noise": "noise, in units of the clipping norm",
    "training_rows": "training rows, which the promise is for",
    "rows_without_promise": "validation rows, which it is not for",
}


@dataclass(frozen=True)
class Audit:
    """One audit of a trained model: what was measured, its 95% interval, and what chance would give."""

    model: str
    about: str
    value: Any
    low: Any
    high: Any
    chance: Any
    check: dict[str, Any] | None
    """the gate's check; None where no gate asks"""


def render_privacy(run: Run, project: str, gold: Path = GOLD) -> str:
    """The page as HTML. Equal reports give equal pages."""
    clean, train, student = (run.stage(name).part("metrics") for name in ("clean", "train", "distill"))
    tables = [
        _counts("Masked values of each type, in the rows that were kept", "Type", mapping(clean, "masked")),
        _counts("Rows kept back in quarantine, sealed", "Reason", mapping(clean, "quarantine")),
        _counts("Made-up people planted to test the masker", "Canaries", mapping(clean, "canaries")),
        _counts(
            "Their values that could still be read",
            "Type",
            mapping(mapping(clean, "canaries"), "survivors"),
        ),
    ]
    return (
        environment()
        .get_template("privacy.html.j2")
        .render(
            run=run,
            project=project or "Retort",
            state=state(run),
            clean=run.stage("clean"),
            public=public if isinstance(public := clean.get("public"), str) else None,
            evaluate=run.stage("evaluate"),
            distill=run.stage("distill"),
            tables=[table for table in tables if table.rows],
            masked=sum(count for count in mapping(clean, "masked").values() if isinstance(count, int)),
            audits=[*_audits(run.stage("evaluate"), "Teacher"), *_audits(run.stage("distill"), "Student")],
            traces=_check(run.stage("deploy"), "traces_of_masked_values"),
            budget=_budget(mapping(train, "privacy"), mapping(student, "privacy")),
            covered="privacy" in student,
            gold=_gold(gold),
        )
    )


def _audits(stage: StageReport, model: str) -> Iterator[Audit]:
    leaks = mapping(stage.part("metrics"), "leaks")
    member, canary = mapping(leaks, "membership"), mapping(leaks, "canary")
    asked = (
        ("Rows it learned from told from others by their loss (area under the curve)", member, "auc", 0.5),
        ("Rows it learned from told at 1% false alarms (share)", member, "tpr", 0.01),
        ("Exposure of secrets planted into a copy of the training (bits of 10)", canary, "exposure", 1.44),
    )
    names = ("membership_auc", "membership_tpr", "canary_exposure")
    for (about, found, key, chance), name in zip(asked, names, strict=True):
        check = _check(stage, name)
        if key in found or check:
            interval = mapping(found, f"{key}_interval")
            yield Audit(
                model, about, found.get(key), interval.get("low"), interval.get("high"), chance, check
            )


def _check(stage: StageReport, name: str) -> dict[str, Any] | None:
    return next((check for check in stage.checks if check.get("name") == name), None)


def _counts(caption: str, what: str, found: dict[str, Any]) -> Table:
    rows = [[words(name), value] for name, value in found.items() if isinstance(value, int | float)]
    return Table(caption, [what, "Number"], sorted(rows, key=lambda row: -row[1]))


def _gold(path: Path) -> Table:
    """The numbers of the benchmark, and no text of it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    rows = [[_called(name), value] for name, value in flat(found) if isinstance(value, int | float)]
    return Table("Measured on sets whose personal values are known", ["Measure", "Value"], rows)


def _called(name: str) -> str:
    """`direct identifiers.ours, default types.from` as people say it."""
    *where, measure = (words(part) for part in name.split("."))
    return ", ".join([*where, _MEASURES.get(measure, measure)])


def _budget(spent: dict[str, Any], served: dict[str, Any]) -> Table:
    """What the training spent of its budget, and whose rows that speaks of."""
    rows = [[called, (served | spent).get(name)] for name, called in _BUDGET.items()]
    return Table("Differential privacy", ["Measure", "Value"], [row for row in rows if row[1] is not None])
