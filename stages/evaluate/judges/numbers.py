"""Judges what gives a row a number."""

import numpy as np
import pandas as pd

from stages.artifacts import Verdict
from stages.evaluate.baseline import predicted_numbers
from stages.evaluate.case import Case, Evaluation
from stages.evaluate.classes import checks
from stages.evaluate.judges.rows import same_rows, texts_of
from stages.evaluate.scoring import scores
from stages.train.predict import predict_logits

_PARTS = 5
_BINS = 10


def judge(case: Case) -> Evaluation:
    """Beside a ridge regression on the same texts.

    Raises:
        StageError: the encoded test split is not that of the cleaned one.
    """
    task, labels = case.task, case.meta.labels
    split = case.split("test")
    own = task.probabilities(predict_logits(case.network, split, case.meta.pad_id))
    train, test = (texts_of(name, case.table(name), task, labels) for name in ("train", "test"))
    same_rows(test.truth, split)
    rival = predicted_numbers(train.texts, train.truth, test.texts, case.params.project.language)
    metrics = scores(task, test.truth, own, labels)
    baseline = scores(task, test.truth, rival, labels)
    metrics["baseline"] = {name: baseline[name] for name in task.figures}
    metrics["lead"] = metrics[task.headline] - baseline[task.headline]
    return Evaluation(
        metrics,
        {"confusion": _parts(test.truth, own.ravel()), "reliability": _means(test.truth, own.ravel())},
        Verdict(tuple(checks(metrics, case.params.evaluate.gates))),
    )


def _parts(truth: np.ndarray, guess: np.ndarray) -> pd.DataFrame:
    """One line per row, with the fifth of the true numbers that its number and its guess belong to."""
    edges = np.quantile(truth, np.linspace(0, 1, _PARTS + 1)[1:-1])
    names = np.array([f"{part + 1} of {_PARTS}" for part in range(_PARTS)])
    table = pd.DataFrame(
        {
            "actual": names[np.searchsorted(edges, truth, side="right")],
            "predicted": names[np.searchsorted(edges, guess, side="right")],
        }
    )
    return table.sort_values(["actual", "predicted"], ignore_index=True)


def _means(truth: np.ndarray, guess: np.ndarray) -> pd.DataFrame:
    """Of the rows in tenths by their guesses: the mean guess (`confidence`), and the mean of the truth."""
    parts = np.array_split(np.argsort(guess, kind="stable"), min(_BINS, len(guess)))
    rows = [(guess[part].mean(), truth[part].mean(), len(part)) for part in parts]
    return pd.DataFrame(rows, columns=["confidence", "accuracy", "rows"]).round(6)
