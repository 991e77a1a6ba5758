"""The state of the line on one screen, from `reports/` alone: verdicts, times, gates, and what is live."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.artifacts import REPORTS, StageError, read_verdict, report
from stages.deploy.registry import Registry

# of these stages all checks are shown, of the others the failed ones: they are what a model is judged by
_GATES = ("evaluate", "distill")
_WIDTH = 100


def verdict(stage: str) -> str:
    """passed, failed, or nothing for a stage that gave no verdict."""
    if not (report(stage) / "verdict.json").is_file():
        return ""
    try:
        return "passed" if read_verdict(stage).passed else "failed"
    except StageError:
        return "damaged"


def summary(stages: list[str], store: Registry) -> str:
    """The text, at most some 25 lines of 100 characters.

    Args:
        stages: their names, in the order of the line.
        store: the registry of the model.
    """
    lines = [f"{'stage':<10} {'verdict':<8} {'seconds':>8}  checks", "-" * 60]
    total = 0.0
    for stage in stages:
        seconds = _json(report(stage) / "resources.json").get("seconds")
        total += seconds or 0.0
        time = f"{seconds:8.1f}" if seconds is not None else " " * 8
        lines.append(f"{stage:<10} {verdict(stage):<8} {time}  {_checks(stage)}".rstrip()[:_WIDTH])
    lines += ["-" * 60, f"{'total':<10} {'':<8} {total:8.1f}"]
    lines.append(_live(store)[:_WIDTH])
    page = REPORTS / "index.html"
    if page.is_file():
        lines.append(f"report: {page}")
    return "\n".join(lines)


def _live(store: Registry) -> str:
    try:
        version = store.live()
    except StageError as error:
        return f"live: {error}"
    if version is None:
        return f"live: no {store.name} released yet"
    return f"live: {store.name} {version} (serve it: retort serve)"


def _checks(stage: str) -> str:
    return ", ".join(_shown(stage))


def _shown(stage: str) -> Iterator[str]:
    checks = _json(report(stage) / "verdict.json").get("checks", [])
    for check in checks:
        if check.get("passed") and stage in _GATES:
            yield f"{check['name']} {_number(check['value'])}"
        elif not check.get("passed"):
            yield f"FAILED {check['name']} {_number(check['value'])} (limit {_number(check['limit'])})"


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
