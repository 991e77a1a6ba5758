"""The baseline that a network must beat: TF-IDF and logistic regression on the same masked texts."""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from stages.artifacts import StageError

_ANALYZERS = {
    # after lower-casing; [email] and the like stay whole, and one-letter words count
    "en": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\[[a-z_]+\]|\w+|[!?]"},
    # Chinese has no spaces between its words
    "zh": {"analyzer": "char", "ngram_range": (1, 3)},
}


def baseline(language: str) -> Pipeline:
    """Words and word pairs for English, runs of one to three characters for Chinese."""
    words = TfidfVectorizer(**_ANALYZERS[language], sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=10.0, max_iter=500))


def baseline_probabilities(
    texts: Sequence[str], truth: np.ndarray, unseen: Sequence[str], language: str, classes: int
) -> np.ndarray:
    """Learns from `texts` and their classes, shape (rows,); answers for `unseen`.

    Returns:
        Probabilities, shape (unseen rows, classes); zero for a class that `truth` does not hold.

    Raises:
        StageError: the texts hold nothing to learn from.
    """
    model = baseline(language)
    try:
        model.fit(texts, truth)
    except ValueError:  # no word at all, or one class only
        raise StageError(
            "data/clean/train.parquet: no words or only one class to learn from; see reports/validate"
        ) from None
    probabilities = np.zeros((len(unseen), classes))
    probabilities[:, model.classes_] = model.predict_proba(unseen)
    return probabilities
