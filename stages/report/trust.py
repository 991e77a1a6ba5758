"""What the page says of calibration, fairness and labels, from the `trust.json` of evaluate and distill."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stages.report.collect import Run
from stages.report.facts import Table, mapping

MODELS = {"evaluate": "Teacher", "distill": "Student, as it is served"}


@dataclass(frozen=True)
class Plot:
    """A chart of 300 by 120 whose axes both go from 0 to 1, unless `top` says otherwise."""

    title: str
    points: list[tuple[float, float]]
    """places in the chart, the vertical axis pointing up already"""
    line: str
    """the same as a polyline"""
    below: str
    """what the horizontal axis shows"""
    beside: str
    """what the vertical axis shows"""
    top: float
    said: str
    """the chart in a sentence, for who cannot see it"""
    diagonal: bool
    """whether the line from corner to corner is what should be reached"""


@dataclass(frozen=True)
class Groups:
    """Fairness by one column for one model."""

    title: str
    note: str | None
    tables: list[Table]


@dataclass(frozen=True)
class Trusted:
    """All of it; empty where nothing was measured."""

    plots: list[Plot] = field(default_factory=list)
    calibration: Table | None = None
    groups: list[Groups] = field(default_factory=list)
    noise: str = ""
    """about wrong labels, in words"""
    suspicious: Table | None = None


def trusted(run: Run) -> Trusted:
    """What a run's reports say."""
    found = {stage: run.stage(stage).part("trust") for stage in MODELS}
    noise = mapping(found["evaluate"], "label_noise")
    return Trusted(
        [plot for stage in MODELS for plot in _plots(MODELS[stage], mapping(found[stage], "calibration"))],
        _calibration({stage: mapping(found[stage], "calibration") for stage in MODELS}),
        [one for stage in MODELS for one in _groups(MODELS[stage], mapping(found[stage], "fairness"))],
        _noise(noise),
        _suspicious(noise),
    )


def _plots(model: str, found: dict[str, Any]) -> Iterator[Plot]:
    bins = _points(mapping(found, "after"), "bins", "confidence", "accuracy")
    if bins:
        error = mapping(found, "after").get("calibration_error")
        said = f"calibration error {_short(error)}; on the diagonal, answers are right as often as they claim"
        yield _plot(f"{model}: reliability", bins, "confidence", "share that is right", 1.0, said, True)
    risk = _points(mapping(found, "risk"), "points", "coverage", "risk")
    if risk:
        top = max(y for _, y in risk) or 1.0
        half = min(risk, key=lambda point: abs(point[0] - 0.5))
        said = f"wrong among the surest half {_short(half[1])}, among all {_short(risk[-1][1])}"
        yield _plot(
            f"{model}: risk and coverage", risk, "share of rows answered", "share wrong", top, said, False
        )


def _points(found: dict[str, Any], key: str, x: str, y: str) -> list[tuple[float, float]]:
    rows = found.get(key)
    rows = rows if isinstance(rows, list) else []
    return [(float(row[x]), float(row[y])) for row in rows if isinstance(row, dict) and {x, y} <= row.keys()]


def _plot(
    title: str,
    points: list[tuple[float, float]],
    below: str,
    beside: str,
    top: float,
    said: str,
    diagonal: bool,
) -> Plot:
    places = [(round(300 * x, 1), round(120 - 120 * y / top, 1)) for x, y in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Plot(title, places, line, below, beside, top, said, diagonal)


def _calibration(found: dict[str, dict[str, Any]]) -> Table | None:
    rows = []
    for stage, model in MODELS.items():
        for when in ("before", "after"):
            own = mapping(found[stage], when)
            if own:
                scores = [own.get(name) for name in ("calibration_error", "brier", "log_loss")]
                heat = found[stage].get("temperature") if when == "after" else 1.0
                rows.append([f"{model}, {_stage_of(stage, when)}", heat, *scores])
    head = ["Model", "Temperature", "Calibration error", "Brier score", "Log loss"]
    return (
        Table("How sure the models are, on the test split; smaller is better", head, rows) if rows else None
    )


def _stage_of(stage: str, when: str) -> str:
    if when == "before":
        return "as it learned"
    return "in its file" if stage == "distill" else "were it scaled"


def _groups(model: str, found: dict[str, Any]) -> Iterator[Groups]:
    for column in found:
        own = mapping(found, column)
        groups, gaps = mapping(own, "groups"), mapping(own, "gaps")
        tables = [
            Table(
                "Right answers",
                ["Group", "rows", "accuracy", "95% interval"],
                [
                    [name, one.get("rows"), *_interval(one.get("accuracy"))]
                    for name, one in groups.items()
                    if isinstance(one, dict)
                ],
            ),
            Table(
                "Answered, recognised and falsely answered, of each class",
                ["Group and class", "answered", "true positives", "false positives"],
                list(_rates(groups)),
            ),
            Table(
                "Largest gap between groups",
                ["Gap", "value", "95% interval"],
                [[name.replace("_", " "), *_interval(gap)] for name, gap in gaps.items()],
            ),
        ]
        shown = [table for table in tables if table.rows] if groups else []
        yield Groups(f"{model}, by {column}", own.get("note"), shown)


def _rates(groups: dict[str, Any]) -> Iterator[list[Any]]:
    names = ("selection_rate", "true_positive_rate", "false_positive_rate")
    for group in groups:
        own = mapping(groups, group)
        for label in mapping(own, names[0]):
            yield [f"{group}: {label}", *(_cell(mapping(mapping(own, name), label)) for name in names)]


def _cell(rate: dict[str, Any]) -> str | None:
    value, interval = _interval(rate)
    return None if value is None else f"{_short(value)} ({interval})"


def _interval(found: Any) -> tuple[Any, str | None]:
    if not isinstance(found, dict) or "value" not in found:
        return None, None
    return found["value"], f"{_short(found.get('low'))} to {_short(found.get('high'))}"


def _noise(noise: dict[str, Any]) -> str:
    share = noise.get("share")
    if not isinstance(share, int | float):
        return f"Not looked through: {noise['note']}." if noise.get("note") else ""
    return (
        f"Of {noise.get('rows')} training rows about {share:.1%} have a label that a simple model, which did "
        "not learn from them, confidently disputes (confident learning). Some are wrong, some hard to tell."
    )


def _suspicious(noise: dict[str, Any]) -> Table | None:
    rows = noise.get("suspicious")
    if not isinstance(rows, list) or not rows:
        return None
    names = ("row_id", "given", "likelier", "margin")
    return Table(
        "Training rows whose label is probably wrong, the most suspicious first",
        ["Row", "label", "likelier", "margin"],
        [[row.get(name) for name in names] for row in rows if isinstance(row, dict)],
    )


def _short(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "–"
