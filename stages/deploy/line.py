"""The verdicts of the line, which a bundle carries and nothing is built or released without."""

from pathlib import Path
from typing import Any

from stages.artifacts import Check, StageError, Verdict, read_verdict

JUDGES = ("clean", "validate", "augment", "evaluate", "distill")
"""the stages before deploy that leave a verdict"""


def judge() -> tuple[dict[str, Verdict], list[str]]:
    """Reads every verdict of the line.

    Returns:
        The verdicts by stage, and a line for each stage whose verdict failed, is missing or is damaged.
    """
    verdicts: dict[str, Verdict] = {}
    complaints = []
    for stage in JUDGES:
        try:
            verdicts[stage] = read_verdict(stage)
        except StageError as error:
            complaints.append(str(error))
        else:
            complaints += failures(stage, verdicts[stage])
    return verdicts, complaints


def failures(stage: str, verdict: Verdict) -> list[str]:
    """A line that names the stage and its failed checks; none when it passed."""
    if not verdict.checks:
        return [f"{stage} checked nothing"]
    if verdict.passed:
        return []
    return [f"{stage} failed {', '.join(_shown(check) for check in verdict.failures)}"]


def recorded(description: dict[str, Any], place: Path | str) -> None:
    """Checks the verdicts that a bundle carries in its description.

    Raises:
        StageError: one of them is missing or failed.
    """
    complaints = []
    for stage in JUDGES:
        try:
            checks = [Check(**check) for check in description["verdicts"][stage]]
        except (KeyError, TypeError):
            complaints.append(f"{stage} has no verdict")
        else:
            complaints += failures(stage, Verdict(tuple(checks)))
    if complaints:
        raise StageError(f"{place}: not fit for release: {'; '.join(complaints)}")


def passed(stage: str) -> Verdict:
    """The verdict of `stage`, which must have passed.

    Raises:
        StageError: it is missing, damaged or failed.
    """
    verdict = read_verdict(stage)
    for complaint in failures(stage, verdict):
        raise StageError(f"{complaint}; nothing was released")
    return verdict


def _shown(check: Check) -> str:
    value = f"{check.value:.4g}" if isinstance(check.value, float) else check.value
    return check.name if check.limit is None else f"{check.name} ({value}, limit {check.limit})"
