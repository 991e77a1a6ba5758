"""Turns what was collected into one self-contained page: no network, no script, no quoted row."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from stages.report.collect import Curve, Run
from stages.report.facts import gather, plain
from stages.report.trust import trusted


@dataclass(frozen=True)
class Line:
    """One series of a chart: its name, style and last value, its points in the chart's own coordinates."""

    name: str
    style: int
    last: float
    points: str


@dataclass(frozen=True)
class Chart:
    """A line chart of the fixed size 300 by 120, with the bounds of its axes."""

    title: str
    lines: list[Line]
    low: float
    high: float
    first: float
    last: float


def environment() -> Environment:
    """The templates of the pages: everything is escaped, and a name that is not given is an error."""
    found = Environment(
        loader=PackageLoader("stages.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(number=number, fixed=fixed, words=words)
    return found


def render(run: Run, project: str) -> str:
    """The page as HTML. Equal reports give equal pages."""
    names = sorted({name for series in run.curves.values() for name in series})
    return (
        environment()
        .get_template("template.html.j2")
        .render(
            run=run,
            project=project or "Retort",
            state=state(run),
            sentence=sentence(run),
            facts=gather(run),
            trust=trusted(run),
            totals={key: total(run, key) for key in ("seconds", "cpu_seconds", "energy_wh")},
            charts=[chart(title, series, names) for title, series in run.curves.items()],
            measured={stage.name: flat(stage.part("metrics")) for stage in run.stages},
        )
    )


def state(run: Run) -> str:
    """How the run ended, as a state of a stage."""
    states = [stage.state for stage in run.stages]
    return next((one for one in ("stopped", "failed", "passed") if one in states), "waiting")


def sentence(run: Run) -> str:
    """How the run ended, in a sentence."""
    failed = " and ".join(stage.name for stage in run.stages if stage.state == "failed")
    if run.stopped is not None:
        before = f"; before it, {failed} failed" if failed else ""
        return f"The line stopped in {run.stopped.name}{before}."
    if failed:
        return f"The line went through, but {failed} failed."
    return (
        "The line went through and every verdict passed."
        if state(run) == "passed"
        else "Nothing has run yet."
    )


def total(run: Run, key: str) -> float:
    """The sum of a resource over the stages of this run."""
    current = (stage for stage in run.stages if stage.state != "earlier")
    values = (stage.part("resources").get(key) for stage in current)
    return float(sum(value for value in values if isinstance(value, int | float)))


def chart(title: str, series: dict[str, Curve], names: list[str]) -> Chart:
    """Scales the series of one chart to 300 by 120, the vertical axis pointing up.

    Args:
        title: what is drawn.
        series: its curves by name.
        names: the series of all charts, so that each has the same style in every chart.
    """
    points = list(chain.from_iterable(series.values()))
    low, high = min(y for _, y in points), max(y for _, y in points)
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    width, height = (last - first) or 1, (high - low) or 1
    lines = []
    for name, curve in series.items():
        places = [(300 * (x - first) / width, 120 - 120 * (y - low) / height) for x, y in sorted(curve)]
        if len(places) == 1:  # a line needs two points to be seen
            places = [(0, places[0][1]), (300, places[0][1])]
        lines.append(
            Line(name, names.index(name) % 4, curve[-1][1], " ".join(f"{x:.1f},{y:.1f}" for x, y in places))
        )
    return Chart(title, lines, low, high, first, last)


def flat(values: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Nested mappings as (dotted key, value); lists, which have tables of their own, are left out."""
    if not isinstance(values, dict):
        return [(prefix, values)] if plain(values) else []
    below = (flat(value, f"{prefix}.{key}" if prefix else str(key)) for key, value in values.items())
    return list(chain.from_iterable(below))


def number(value: Any) -> str:
    """A value for a table cell: four significant digits, thousands apart, a dash for what is missing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return str(value)


def fixed(value: Any, places: int) -> str:
    """A number with so many decimals, so that a column of them lines up."""
    return f"{value:,.{places}f}" if isinstance(value, int | float) else number(value)


def words(name: Any) -> str:
    """`macro_f1` as `macro f1`."""
    return str(name).replace("_", " ")
