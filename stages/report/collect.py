"""Reads what a run left in `reports/`: whatever is there, in the order of the line, failing on nothing."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from stages.artifacts import REPORTS

DVC = Path("dvc.yaml")
GAINS = Path("benchmarks/results/augmentation.json")
PARTS = ("verdict", "metrics", "resources", "decision", "trust")

Curve = list[tuple[float, float]]


@dataclass
class StageReport:
    """What one stage left behind. `state` is set by `collect`.

    States: `passed` and `failed` (its verdict), `done` (it ended and has no verdict), `stopped` (the first
    stage that did not end), `earlier` (it lies after the stop; its files are of an earlier run), `waiting`.
    """

    name: str
    about: str = ""
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: str = "waiting"

    def part(self, name: str) -> dict[str, Any]:
        """One of its files as a mapping, empty where the file is missing."""
        return self.parts.get(name, {})

    @property
    def checks(self) -> list[dict[str, Any]]:
        """The checks of its verdict."""
        found = self.part("verdict").get("checks")
        return [check for check in found if isinstance(check, dict)] if isinstance(found, list) else []

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The checks that failed."""
        return [check for check in self.checks if check.get("passed") is not True]


@dataclass
class Run:
    """A run as the page shows it."""

    stages: list[StageReport]
    curves: dict[str, dict[str, Curve]]
    """chart -> series -> points (step, value)"""
    confusion: Counter[tuple[str, str]]
    """(true class, answered class) -> rows of the test split"""
    damaged: list[str]
    """files that are there and cannot be read"""
    pages: list[str]
    """pages of single stages, relative to `reports/`"""
    gains: dict[str, Any] = field(default_factory=dict)
    """what augmentation gained on few rows: sample -> way -> figures; empty where nobody measured it"""

    def stage(self, name: str) -> StageReport:
        """The stage of that name, or an empty one."""
        return next((stage for stage in self.stages if stage.name == name), StageReport(name))

    @property
    def stopped(self) -> StageReport | None:
        """The stage in which the run stopped; None where it went through or never began."""
        return next((stage for stage in self.stages if stage.state == "stopped"), None)

    @property
    def failed(self) -> list[StageReport]:
        """The stages of this run with a failed check."""
        return [stage for stage in self.stages if stage.state in {"failed", "stopped"} and stage.failures]


def collect(reports: Path = REPORTS, dvc: Path = DVC) -> Run:
    """Reads the reports of every stage that `dvc` measures, in its order, and tells how far the line came."""
    damaged: list[str] = []
    stages = [StageReport(name, about) for name, about in _line(dvc, reports)]
    for stage in stages:
        for part in PARTS:
            found = _mapping(reports / stage.name / f"{part}.json", damaged)
            if found is not None:
                stage.parts[part] = found
    _judge(stages)
    pages = [
        f"{stage.name}/index.html" for stage in stages if (reports / stage.name / "index.html").is_file()
    ]
    curves = _curves(reports / "train" / "plots" / "metrics", damaged)
    confusion = _confusion(reports / "evaluate" / "confusion.csv", damaged)
    return Run(stages, curves, confusion, damaged, pages, _mapping(GAINS, damaged) or {})


def _line(dvc: Path, reports: Path) -> Iterator[tuple[str, str]]:
    """Names and descriptions of the stages that leave a `resources.json`; without a dvc.yaml, the folders."""
    try:
        stages = YAML(typ="safe", pure=True).load(dvc.read_text(encoding="utf-8"))["stages"]
        for name, stage in stages.items():
            if f"reports/{name}/resources.json" in str(stage.get("metrics")):
                yield str(name), str(stage.get("desc") or "")
    except (OSError, UnicodeDecodeError, YAMLError, KeyError, TypeError, AttributeError):
        if reports.is_dir():
            yield from ((folder.name, "") for folder in sorted(reports.iterdir()) if folder.is_dir())


def _judge(stages: list[StageReport]) -> None:
    # DVC removes a stage's files before it runs and the door writes resources.json last, so the first
    # stage without one is where the line stopped, and what lies after it is of an earlier run.
    begun = any(stage.parts for stage in stages)
    stopped = False
    for stage in stages:
        if stopped:
            stage.state = "earlier" if stage.parts else "waiting"
        elif not stage.part("resources"):
            stopped = True
            stage.state = "stopped" if begun else "waiting"
        elif stage.part("verdict"):
            stage.state = "failed" if stage.failures else "passed"
        else:
            stage.state = "done"


def _mapping(path: Path, damaged: list[str]) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        found = None
    if isinstance(found, dict):
        return found
    damaged.append(path.as_posix())
    return None


def _rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def _confusion(path: Path, damaged: list[str]) -> Counter[tuple[str, str]]:
    """evaluate's table of one line per row of the test split, counted."""
    try:
        return Counter((row["actual"], row["predicted"]) for row in _rows(path, ","))
    except FileNotFoundError:
        return Counter()
    except (OSError, ValueError, KeyError, csv.Error):
        damaged.append(path.as_posix())
        return Counter()


def _curves(folder: Path, damaged: list[str]) -> dict[str, dict[str, Curve]]:
    """DVCLive's `<series>/<chart>.tsv` (or `<chart>.tsv`) with the columns `step` and the value."""
    charts: dict[str, dict[str, Curve]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        try:
            points = [(float(row["step"]), float(row[path.stem])) for row in _rows(path, "\t")]
        except (OSError, ValueError, KeyError, TypeError, csv.Error):
            damaged.append(path.as_posix())
            continue
        series = path.parent.relative_to(folder).as_posix()
        if points:
            charts.setdefault(path.stem, {})["" if series == "." else series] = points
    return charts
