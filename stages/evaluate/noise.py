"""Which training rows are probably labelled wrongly: confident learning.

Northcutt, Jiang and Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels". It
rests on a linear model on TF-IDF, asked about rows that it did not learn from; rows are named by their ids.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from stages.evaluate.baseline import vectorizer

SHOWN = 50
"""suspicious rows that are named at most"""
ROWS = 20_000
"""training rows that are looked through at most"""
_FOLDS = 5


def label_noise(
    ids: Sequence[str],
    texts: Sequence[str],
    given: np.ndarray,
    labels: Sequence[str],
    language: str,
    seed: int,
) -> dict[str, Any]:
    """Looks for wrong labels among training rows.

    Args:
        ids: row ids.
        texts: masked texts.
        given: their classes, shape (rows,).
        labels: names of the classes.
        language: of the texts.
        seed: draws rows where there are more than `ROWS`, and the folds.

    Returns:
        `rows` looked through, the estimated `share` of wrong labels, and the most `suspicious` rows, worst
        first: `row_id`, the `given` and the `likelier` label, and the `margin` in probability. Where a class
        has a single row, or the texts have no word, only a `note`.
    """
    chosen = np.arange(len(given))
    if len(chosen) > ROWS:
        chosen = np.sort(np.random.default_rng((seed, 12)).choice(chosen, ROWS, replace=False))
    own = given[chosen]
    folds = min(_FOLDS, int(np.bincount(own)[np.unique(own)].min()))
    if folds < 2 or len(np.unique(own)) < 2:
        return {"note": "a class has one training row only, so none can be checked"}
    try:
        words = vectorizer(language).fit_transform([texts[int(place)] for place in chosen])
    except ValueError:
        return {"note": "the texts hold no words"}
    probabilities = np.zeros((len(own), len(labels)))
    # rough weights tell a wrong label as well as exact ones do, in a tenth of the time
    model = LogisticRegression(C=3.0, max_iter=100, tol=1e-2)
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    found = cross_val_predict(model, words, own, cv=split, method="predict_proba")
    probabilities[:, np.unique(own)] = found
    likelier = confident(own, probabilities)
    margin = probabilities[np.arange(len(own)), own] - probabilities[np.arange(len(own)), likelier]
    wrong = np.flatnonzero((likelier != own) & (likelier >= 0))
    worst = wrong[np.argsort(margin[wrong], kind="stable")][:SHOWN]
    return {
        "rows": len(own),
        "share": round(noise_share(own, likelier, len(labels)), 6),
        "suspicious": [
            {
                "row_id": str(ids[chosen[place]]),
                "given": labels[int(own[place])],
                "likelier": labels[int(likelier[place])],
                "margin": round(float(margin[place]), 6),
            }
            for place in worst
        ],
    }


def confident(given: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """The class that each row is confidently counted to, shape (rows,); -1 where to none.

    A row counts to a class where its probability is at least the mean one of the rows with that label; of
    several such classes to the likeliest.
    """
    known = np.unique(given)
    limits = np.full(probabilities.shape[1], np.inf)
    limits[known] = [probabilities[given == label, label].mean() for label in known]
    able = np.where(probabilities >= limits, probabilities, -1.0)
    return np.where(able.max(axis=1) >= 0, able.argmax(axis=1), -1)


def noise_share(given: np.ndarray, counted: np.ndarray, classes: int) -> float:
    """The share of wrong labels, from the joint counts of given labels and confident ones."""
    sure = counted >= 0
    joint = np.bincount(given[sure] * classes + counted[sure], minlength=classes**2).reshape(classes, classes)
    rows = joint.sum(axis=1)
    right = np.divide(np.diag(joint), rows, out=np.ones(classes), where=rows > 0)
    return float(1 - (right * np.bincount(given, minlength=classes)).sum() / len(given))
