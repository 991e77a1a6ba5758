"""The model card and the data card of a bundle, in the form of Hugging Face's, filled from the run.

(Mitchell et al. 2019, "Model Cards for Model Reporting".)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from huggingface_hub import DatasetCardData, EvalResult, ModelCardData
from jinja2 import Environment, PackageLoader, StrictUndefined

from stages import tasks
from stages.artifacts import StageError
from stages.params.deploy import Card
from stages.params.project import Project

MODEL, DATA = "README.md", "DATA.md"
"""names of the two cards in a bundle"""


@dataclass(frozen=True)
class Told:
    """What the cards tell of a run. Metrics must not hold what the machine's speed changes."""

    project: Project
    card: Card
    public: str | None
    """why names and addresses stayed in the text; None where none did"""
    metrics: Mapping[str, Any]
    """the metrics of `ingest`, `clean`, `evaluate` and `distill`"""


def refuse_incomplete(told: Told) -> None:
    """Raises StageError where somebody must still say something, or the run did not measure something."""
    missing = list(_missing(told))
    if missing:
        raise StageError(f"the model card is incomplete: {'; '.join(missing)}")


def _missing(told: Told) -> Iterator[str]:
    for name in ("intended", "excluded", "license"):
        if not (getattr(told.card, name) or "").strip():
            yield f"deploy.card.{name} is empty; say it in params.yaml"
    for stage, key in (("clean", "splits"), ("evaluate", None), ("distill", "student")):
        found = _mapping(told.metrics, stage)
        if not (found if key is None else _mapping(found, key)):
            yield f"reports/{stage}/metrics.json tells nothing; run `dvc repro {stage}`"


def model_card(told: Told) -> str:
    """The model card as Markdown with its metadata."""
    task = tasks.get(told.project.task)
    distilled = _mapping(told.metrics, "distill")
    student = _mapping(distilled, "student")
    data = ModelCardData(
        language=told.project.language,
        license=told.card.license,
        library_name="onnx",
        pipeline_tag=task.name,
        tags=["retort", "onnx", "distillation"],
        model_name=told.project.name,
        eval_results=[
            EvalResult(
                task_type=task.name,
                dataset_type="private",
                dataset_name=f"{told.project.name}, test split",
                metric_type=name,
                metric_value=round(float(student[name]), 6),
            )
            for name in task.figures
            if isinstance(student.get(name), int | float)
        ]
        or None,
    )
    return _filled(
        "model_card.md.j2",
        told,
        data.to_yaml(),
        scores=_scores(told.metrics, task.figures),
        rival=task.rival,
        student=student,
        calibration=_mapping(distilled, "calibration"),
        gaps=_mapping(distilled, "fairness"),
        leaks=_mapping(_mapping(distilled, "leaks"), "membership"),
        privacy=_mapping(distilled, "privacy"),
    )


def data_card(told: Told) -> str:
    """The card of the data that the model learned from, as Markdown with its metadata. It quotes no row."""
    task = tasks.get(told.project.task)
    data = DatasetCardData(
        language=told.project.language,
        license=told.card.license,
        task_categories=[task.name],
        pretty_name=told.project.name,
    )
    clean = _mapping(told.metrics, "clean")
    return _filled(
        "data_card.md.j2",
        told,
        data.to_yaml(),
        read=_plain(_mapping(told.metrics, "ingest")),
        rows=_plain(_mapping(clean, "rows")),
        masked=_plain(_mapping(clean, "masked")),
        quarantine=_plain(_mapping(clean, "quarantine")),
        splits={name: _mapping(_mapping(clean, "splits"), name) for name in _mapping(clean, "splits")},
        unmasked=task.unmasked,
        noise=_mapping(told.metrics, "evaluate").get("label_noise"),
    )


def _scores(metrics: Mapping[str, Any], figures: tuple[str, ...]) -> list[list[Any]]:
    """Of each figure its name, and what student, teacher and baseline reach."""
    evaluated, distilled = _mapping(metrics, "evaluate"), _mapping(metrics, "distill")
    columns = (_mapping(distilled, "student"), evaluated, _mapping(evaluated, "baseline"))
    return [
        [name, *(one.get(name) for one in columns)]
        for name in figures
        if any(one.get(name) is not None for one in columns)
    ]


def _filled(template: str, told: Told, metadata: str, **values: Any) -> str:
    # Markdown, not HTML; all values are params or figures
    environment = Environment(  # noqa: S701
        loader=PackageLoader("stages.deploy", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = _figure
    return environment.get_template(template).render(told=told, metadata=metadata.strip(), **values)


def _figure(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if not isinstance(value, Mapping | list)}


def _mapping(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = found.get(key)
    return value if isinstance(value, Mapping) else {}
