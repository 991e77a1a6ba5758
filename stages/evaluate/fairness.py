"""Whether a classifier serves groups of people alike: measured on columns that it never reads.

A value is named only where at least `min_group` rows of the test split have it; the rows of rarer ones are
taken together. Of several classes each is held against all others, and the largest gap counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference

from stages.tasks.text_classification import confusion_matrix

OTHERS, UNSAID = "(rarer values)", "(not said)"
GAPS = ("accuracy", "demographic_parity", "equalised_odds")
MOST = 50
"""groups that can still be compared; more are no groups but something like names"""
_DRAWS = 1000
_LEAST = 10
"""rows of a class, and of the others, that a group must have for its error rates to count"""


def fairness(
    truth: np.ndarray,
    guess: np.ndarray,
    labels: Sequence[str],
    columns: Mapping[str, Sequence[Any]],
    min_group: int,
    seed: int,
) -> dict[str, Any]:
    """Scores and error rates of each group, and the gaps between groups, with 95% bootstrap intervals.

    Args:
        truth: classes, shape (rows,).
        guess: the answers, the same.
        labels: names of the classes.
        columns: a value for each row, by the name of the column.
        min_group: rows from which a group is shown.
        seed: for the bootstrap.

    Returns:
        For each column a `note` in words, or None; its `groups`; and its `gaps`, each with `value`, `low` and
        `high`, or None where it cannot be measured.
    """
    return {
        name: _column(truth, guess, labels, values, min_group, np.random.default_rng((seed, 11)))
        for name, values in columns.items()
    }


def _column(
    truth: np.ndarray,
    guess: np.ndarray,
    labels: Sequence[str],
    values: Sequence[Any],
    min_group: int,
    random: np.random.Generator,
) -> dict[str, Any]:
    said = [UNSAID if value is None or value != value else str(value) for value in values]
    counts = Counter(said)
    if len(counts) == 1:
        return _nothing("every row has the same value: there is nothing to compare")
    large = {name for name, rows in counts.items() if rows >= min_group}
    if len(large) > MOST:
        return _nothing(f"{len(counts)} values: too many to compare; group them in the source")
    pooled = np.array([name if name in large else OTHERS for name in said])
    rare = len(counts) - len(large)
    names = sorted(large) + ([OTHERS] if (pooled == OTHERS).sum() >= min_group else [])
    if len(names) < 2:
        return _nothing(
            f"{len(counts)} values, of which {len(large)} have {min_group} rows in the test split: "
            "there is nothing to compare; lower evaluate.fairness.min_group or measure on more rows"
        )
    note = None
    if rare:
        shown = "are shown together" if OTHERS in names else "are left out, being too few even together"
        note = f"{rare} values have fewer than {min_group} rows each; they {shown}"
    counted = np.stack(
        [confusion_matrix(truth[pooled == name], guess[pooled == name], len(labels)) for name in names]
    )
    drawn = np.stack([_drawn(own, random) for own in counted])
    return {
        "note": note,
        "groups": {
            name: _rates(own, draws, labels) for name, own, draws in zip(names, counted, drawn, strict=True)
        },
        "gaps": _gaps(truth, guess, pooled, names, counted, drawn),
    }


def _nothing(note: str) -> dict[str, Any]:
    return {"note": note, "groups": {}, "gaps": dict.fromkeys(GAPS)}


def _drawn(counts: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Confusion matrices of samples from the rows of a group, shape (draws, classes, classes).

    A row is to these scores no more than its cell, so drawing rows, with replacement, is drawing cells.
    """
    draws = random.multinomial(counts.sum(), counts.ravel() / counts.sum(), _DRAWS)
    return draws.reshape(_DRAWS, *counts.shape)


def _accuracy(counts: np.ndarray) -> np.ndarray:
    return np.trace(counts, axis1=-2, axis2=-1) / counts.sum(axis=(-2, -1))


def _selected(counts: np.ndarray) -> np.ndarray:
    """Of confusion matrices, shape (..., classes, classes), the share of rows that get each class."""
    return counts.sum(axis=-2) / counts.sum(axis=(-2, -1))[..., None]


def _found(counts: np.ndarray) -> np.ndarray:
    """The share of each class that is recognised: true positives; NaN where there is none."""
    return _share(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1))


def _alarms(counts: np.ndarray) -> np.ndarray:
    """The share of all other classes that is taken for each: false positives; NaN where there is none."""
    own = counts.sum(axis=-1)
    wrong = counts.sum(axis=-2) - np.diagonal(counts, axis1=-2, axis2=-1)
    return _share(wrong, own.sum(axis=-1, keepdims=True) - own)


def _share(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)


def _rates(counts: np.ndarray, draws: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    found = {"rows": int(counts.sum()), "accuracy": _interval(_accuracy(counts), _accuracy(draws))}
    for name, rate in (
        ("selection_rate", _selected),
        ("true_positive_rate", _found),
        ("false_positive_rate", _alarms),
    ):
        value, drawn = rate(counts), rate(draws)
        found[name] = {
            label: _interval(value[place], drawn[:, place])
            for place, label in enumerate(labels)
            if not np.isnan(value[place])
        }
    return found


def _interval(value: Any, draws: np.ndarray) -> dict[str, float]:
    low, high = np.nanquantile(draws, (0.025, 0.975))
    return {"value": round(float(value), 6), "low": round(float(low), 6), "high": round(float(high), 6)}


def _gaps(
    truth: np.ndarray,
    guess: np.ndarray,
    pooled: np.ndarray,
    names: Sequence[str],
    counted: np.ndarray,
    drawn: np.ndarray,
) -> dict[str, Any]:
    classes = range(counted.shape[-1])
    own = counted.sum(axis=-1)
    others = own.sum(axis=-1, keepdims=True) - own
    parity, odds, parities, rates = [], [], [], []
    for one in classes:
        parity.append(_difference(demographic_parity_difference, one, truth, guess, pooled, names))
        parities.append(_spread(_selected(drawn)[..., one]))
        able = [place for place in range(len(names)) if min(own[place, one], others[place, one]) >= _LEAST]
        if len(able) < 2:
            continue
        kept = [names[place] for place in able]
        odds.append(_difference(equalized_odds_difference, one, truth, guess, pooled, kept))
        rates += [_spread(rate(drawn[able])[..., one]) for rate in (_found, _alarms)]
    accuracy = _accuracy(counted)
    return {
        "accuracy": _interval(accuracy.max() - accuracy.min(), _spread(_accuracy(drawn))),
        "demographic_parity": _interval(max(parity), _largest(parities)),
        "equalised_odds": _interval(max(odds), _largest(rates)) if odds else None,
    }


def _difference(
    measure: Any, one: int, truth: np.ndarray, guess: np.ndarray, pooled: np.ndarray, names: Sequence[str]
) -> float:
    """A gap of fairlearn's between the named groups, for one class against all others."""
    inside = np.isin(pooled, names)
    return float(measure(truth[inside] == one, guess[inside] == one, sensitive_features=pooled[inside]))


def _spread(rates: np.ndarray) -> np.ndarray:
    """The largest difference between groups in each draw, from shape (groups, draws)."""
    return np.nanmax(rates, axis=0) - np.nanmin(rates, axis=0)


def _largest(spreads: Iterable[np.ndarray]) -> np.ndarray:
    return np.max(np.stack(list(spreads)), axis=0)
