"""Judges what gives a row any number of labels."""

import numpy as np
import pandas as pd

from stages.artifacts import Verdict
from stages.evaluate.baseline import label_probabilities
from stages.evaluate.case import Case, Evaluation
from stages.evaluate.classes import checks
from stages.evaluate.judges.rows import same_rows, texts_of
from stages.evaluate.scoring import scores
from stages.tasks.multi_label_classification import NOTHING, frequency_bins
from stages.train.predict import predict_logits


def judge(case: Case) -> Evaluation:
    """Beside one logistic regression for each label; thresholds of both are chosen on the validation split.

    Raises:
        StageError: the encoded test split is not that of the cleaned one.
    """
    task, labels = case.task, case.meta.labels
    own = {
        name: task.probabilities(predict_logits(case.network, case.split(name), case.meta.pad_id))
        for name in ("valid", "test")
    }
    train, valid, test = (
        texts_of(name, case.table(name), task, labels) for name in ("train", "valid", "test")
    )
    same_rows(test.truth, case.split("test"))
    rival = label_probabilities(
        train.texts, train.truth, (valid.texts, test.texts), case.params.project.language
    )
    tuning = task.tuning(valid.truth, own["valid"])
    tuned = task.tuned(tuning)
    metrics = scores(tuned, test.truth, own["test"], labels)
    baseline = scores(task.tuned(task.tuning(valid.truth, rival[0])), test.truth, rival[1], labels)
    metrics["baseline"] = {name: baseline[name] for name in task.figures}
    metrics["lead"] = metrics[task.headline] - baseline[task.headline]
    metrics["thresholds"] = dict(zip(labels, tuning["thresholds"], strict=True))
    given = own["test"] >= np.array(tuning["thresholds"])
    return Evaluation(
        metrics,
        {
            "confusion": _decisions(test.truth > 0, given, labels),
            "reliability": pd.DataFrame(
                frequency_bins((test.truth > 0).ravel(), own["test"].ravel()),
                columns=["confidence", "accuracy", "rows"],
            ).round(6),
        },
        Verdict(tuple(checks(metrics, case.params.evaluate.gates))),
    )


def _decisions(truth: np.ndarray, given: np.ndarray, labels: list[str]) -> pd.DataFrame:
    """One line per label that a row has or is given, as in a confusion table: missed ones become nothing."""
    names = np.array([*labels, NOTHING])
    row, place = np.nonzero(truth | given)
    absent = len(labels)
    actual = np.where(truth[row, place], place, absent)
    predicted = np.where(given[row, place], place, absent)
    table = pd.DataFrame({"actual": names[actual], "predicted": names[predicted]})
    return table.sort_values(["actual", "predicted"], ignore_index=True)
