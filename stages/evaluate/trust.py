"""What else is known of a classifier besides its scores: how sure it may be, how fair, and its labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.artifacts import Check
from stages.evaluate.calibration import ROWS, calibration, figures, temperature_of
from stages.evaluate.case import Case, Evaluation
from stages.evaluate.groups import between_groups, gaps_of, group_checks, remarks, unmeasured
from stages.evaluate.judges.rows import texts_of
from stages.evaluate.leaks.losses import take
from stages.evaluate.noise import label_noise
from stages.train.predict import predict_logits


@dataclass(frozen=True)
class Trust:
    """What is said of a model besides its scores."""

    report: dict[str, Any]
    """`trust.json`: figures and curves"""
    metrics: dict[str, Any]
    """the figures that are compared between runs"""
    checks: tuple[Check, ...]
    remarks: list[str]
    """lines for people: what could not be measured"""


def examine(case: Case, found: Evaluation) -> Trust:
    """The trust report of the judged network; all but empty where its task gives no class to a row."""
    params = case.params
    if found.logits is None:
        groups = unmeasured(params)
        return Trust({"fairness": groups}, {}, tuple(group_checks(groups, params)), remarks(groups))
    truth = np.asarray(case.split("test").labels)
    sure = calibration(truth, found.logits, _temperature(case))
    groups = between_groups(truth, found.logits.argmax(axis=1), case.meta.labels, case.table("test"), params)
    noise = _noise(case)
    return Trust(
        {"calibration": sure, "fairness": groups, "label_noise": noise},
        {
            "calibration": figures(sure),
            "fairness": gaps_of(groups),
            **({"label_noise": noise["share"]} if "share" in noise else {}),
        },
        tuple(group_checks(groups, params)),
        remarks(groups),
    )


def _noise(case: Case) -> dict[str, Any]:
    """Of texts; the pixels of images would need another model."""
    if case.task.family != "rows":
        return {}
    table, params = case.table("train"), case.params
    train = texts_of("train", table, case.task, case.meta.labels)
    ids = table["row_id"].tolist()
    language, seed = params.project.language, params.project.seed
    return label_noise(ids, train.texts, train.truth, case.meta.labels, language, seed)


def _temperature(case: Case) -> float:
    valid = case.split("valid")
    if len(valid) > ROWS:
        valid = take(valid, np.linspace(0, len(valid) - 1, ROWS).astype(int))
    return temperature_of(np.asarray(valid.labels), predict_logits(case.network, valid, case.meta.pad_id))
