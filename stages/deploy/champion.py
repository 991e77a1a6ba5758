"""The live model against the one that would replace it: both answer the same test split.

A paired bootstrap (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13) draws rows
with repeats, the same ones for both, and gives an interval of what the score would gain.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stages import tasks
from stages.artifacts import CLEAN, StageError
from stages.deploy.families import Served
from stages.deploy.families.predict import ServedModel
from stages.deploy.model import open_bundle
from stages.params.deploy import Champion
from stages.tasks import Task

SHARE = 0.95
"""of the interval"""


@dataclass(frozen=True)
class Comparison:
    """What the same rows say of two models. Scores are those of the task's headline."""

    live: str
    score: str
    rows: int
    before: float
    """score of the live model"""
    after: float
    """score of the one that would replace it"""
    low: float
    """lower end of the interval of the difference"""
    high: float
    tolerance: float

    @property
    def difference(self) -> float:
        return self.after - self.before

    @property
    def fit(self) -> bool:
        """Whether it is better, or no loss beyond the tolerance is in the interval."""
        return self.difference > 0 or self.low >= -self.tolerance

    def words(self) -> str:
        """Both scores, the difference and its interval, in one line."""
        return (
            f"{self.score} {self.after:.4f} against {self.before:.4f} of {self.live}, {self.difference:+.4f} "
            f"({SHARE:.0%} interval {self.low:+.4f} to {self.high:+.4f}, tolerance {self.tolerance:g}, "
            f"{self.rows} rows)"
        )

    def record(self) -> dict[str, Any]:
        """As plain JSON."""
        return {**asdict(self), "difference": self.difference}


def compare(live: Path, candidate: Path, params: Champion, seed: int) -> Comparison | str:
    """Scores the two bundles on the test split that the line cleaned last.

    Args:
        live: the folder of the live bundle.
        candidate: that of the one that would replace it.
        seed: of the bootstrap's draws.

    Returns:
        The comparison, or why there can be none.

    Raises:
        StageError: a bundle cannot be opened, or the test split cannot be read.
    """
    champion, challenger = open_bundle(live), open_bundle(candidate)
    for why in obstacles(champion.description, challenger.description):
        return why
    task = tasks.get(challenger.description["task"])
    labels: list[str] = challenger.description["labels"]
    texts, targets = _test_split(task)
    try:
        truth = task.encode(targets, labels)
    except ValueError:
        return "the test split has labels that neither model knows"
    if not len(truth):
        return "the test split is empty"
    score = _SCORES[task.family]
    before, after = (score(one, texts, truth, labels) for one in (champion, challenger))
    everything = np.arange(len(truth))
    differences = bootstrap(lambda rows: after(rows) - before(rows), len(truth), params.resamples, seed)
    low, high = np.quantile(differences, [(1 - SHARE) / 2, (1 + SHARE) / 2]).tolist()
    scores = before(everything), after(everything)
    return Comparison(champion.version, task.headline, len(truth), *scores, low, high, params.tolerance)


def obstacles(live: dict[str, Any], candidate: dict[str, Any]) -> Iterator[str]:
    """Why two models cannot be held against each other, by their descriptions; nothing where they can."""
    family = tasks.get(candidate["task"]).family
    if live["task"] != candidate["task"]:
        yield f"the live model is for {live['task']}, this one for {candidate['task']}"
    elif family not in _SCORES:
        yield f"models for {candidate['task']} are not compared yet"
    elif live["labels"] != candidate["labels"]:
        yield "the live model has other labels"
    elif any(live["prepare"].get(key) != candidate["prepare"].get(key) for key in ("repair", "normalise")):
        yield "the live model reads text that was repaired or normalised in another way"


def bootstrap(score: Callable[[np.ndarray], float], rows: int, resamples: int, seed: int) -> np.ndarray:
    """What `score` gives for draws of `rows` rows with repeats: float64, shape (resamples,)."""
    random = np.random.default_rng(seed)
    return np.array([score(random.integers(0, rows, rows)) for _ in range(resamples)])


def _answers(
    model: Served, texts: Sequence[str], truth: np.ndarray, labels: list[str]
) -> Callable[[np.ndarray], float]:
    """The headline score of one answer for each row, as a function of the rows that count."""
    if not isinstance(model, ServedModel):
        raise StageError(f"{model.version}: not a model of one answer for each text; run `dvc repro deploy`")
    found, task = model.probabilities(texts), model.task
    return lambda rows: float(task.metrics(truth[rows], found[rows], labels)[task.headline])


_SCORES = {"rows": _answers, "labels": _answers, "numbers": _answers}
"""how models are scored, by family; those that are not here have no comparison yet"""


def _test_split(task: Task) -> tuple[list[str], list[str]]:
    import pandas as pd

    path = CLEAN / "test.parquet"
    (text,) = task.text_columns
    try:
        table = pd.read_parquet(path, columns=[text, task.target_column])
    except FileNotFoundError:
        raise StageError(f"{path}: not found, so nothing can be compared; run `dvc repro clean`") from None
    except (ValueError, OSError, KeyError):
        raise StageError(f"{path}: cannot be read; run `dvc repro --force clean`") from None
    return table[text].tolist(), table[task.target_column].tolist()
