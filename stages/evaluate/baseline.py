"""The baselines that a network must beat: TF-IDF and a linear model on the same masked texts."""

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from stages.artifacts import StageError

_ANALYZERS = {
    # after lower-casing; [email] and the like stay whole, and one-letter words count
    "en": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\[[a-z_]+\]|\w+|[!?]"},
    # Chinese has no spaces between its words
    "zh": {"analyzer": "char", "ngram_range": (1, 3)},
}


def baseline(language: str) -> Pipeline:
    """Logistic regression on words and word pairs for English, runs of up to three characters for Chinese."""
    return make_pipeline(vectorizer(language), _logistic())


def vectorizer(language: str) -> TfidfVectorizer:
    """Words and word pairs for English, runs of up to three characters for Chinese, by TF-IDF."""
    return TfidfVectorizer(**_ANALYZERS[language], sublinear_tf=True)


def _logistic() -> LogisticRegression:
    return LogisticRegression(C=10.0, max_iter=500)


def baseline_probabilities(
    texts: Sequence[str], truth: np.ndarray, unseen: Sequence[str], language: str, classes: int
) -> np.ndarray:
    """Learns from `texts` and their classes, shape (rows,); answers for `unseen`.

    Returns:
        Probabilities, shape (unseen rows, classes); zero for a class that `truth` does not hold.

    Raises:
        StageError: the texts hold nothing to learn from.
    """
    model = _fitted(baseline(language), texts, truth)
    probabilities = np.zeros((len(unseen), classes))
    probabilities[:, model.classes_] = model.predict_proba(unseen)
    return probabilities


def label_probabilities(
    texts: Sequence[str], truth: np.ndarray, unseen: Sequence[Sequence[str]], language: str
) -> list[np.ndarray]:
    """One logistic regression for each label: learns from `truth`, shape (rows, labels), 0 or 1.

    Returns:
        For each of `unseen` its probabilities, shape (texts, labels).

    Raises:
        StageError: the texts hold nothing to learn from.
    """
    model = make_pipeline(vectorizer(language), OneVsRestClassifier(_logistic()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a label that every row has, or none, is no mistake here
        _fitted(model, texts, truth)
    return [_wide(model.predict_proba(part), truth.shape[1]) for part in unseen]


def predicted_numbers(
    texts: Sequence[str], truth: np.ndarray, unseen: Sequence[str], language: str
) -> np.ndarray:
    """Ridge regression: learns numbers of shape (rows,), answers with shape (unseen rows, 1).

    Raises:
        StageError: the texts hold nothing to learn from.
    """
    model = _fitted(make_pipeline(vectorizer(language), Ridge()), texts, truth)
    return np.asarray(model.predict(unseen)).reshape(-1, 1)


def _wide(probabilities: np.ndarray, labels: int) -> np.ndarray:
    """Of a single label the library gives both classes."""
    return probabilities[:, -1:] if labels == 1 else probabilities


def _fitted(model: Pipeline, texts: Sequence[str], truth: np.ndarray) -> Pipeline:
    try:
        return model.fit(texts, truth)
    except ValueError:  # no word at all, or one class only
        raise StageError(
            "data/clean/train.parquet: no words or only one class to learn from; see reports/validate"
        ) from None
