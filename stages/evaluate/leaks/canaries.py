"""Does training by the line's own code learn a secret by heart that stands in one text only?

Secrets are planted into a small copy of the training split, a network is trained on it as the teacher was,
and each secret's loss is ranked among those of secrets that were never planted (Carlini et al. 2019, "The
Secret Sharer"): exposure is log2 of the number of candidates less log2 of the rank. The copy and its network
are thrown away; nothing that is released has read a secret.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.evaluate.leaks.losses import Losses, take
from stages.tokenize.arrays import TokenSplit, make_split

CANDIDATES = 1024
"""secrets among which each is ranked, itself included: exposure is at most 10 bits"""
CHANCE = float(1 / np.log(2))
"""mean exposure of a secret that was never planted, in bits, where candidates are many"""

_CARRIERS = {"en": "my number is {}", "zh": "我的号码是{}"}
_DIGITS = 9
_LABELS = 2
"""labels that the secrets are planted with: every candidate is scored under each"""
_RESAMPLES = 1000

Spread = Callable[[np.ndarray, Sequence[Sequence[int]]], np.ndarray]
"""Makes the labels of rows, as a split holds them, from a class for each row."""


def _classes(known: np.ndarray) -> Spread:
    return lambda classes, rows: classes


def _tokens(known: np.ndarray) -> Spread:
    return lambda classes, rows: np.repeat(classes, [len(row) for row in rows])


def _windows(known: np.ndarray) -> Spread:
    """Of two classes the first has no answer, and the answer of the second is the token after [CLS]."""

    def spread(classes: np.ndarray, rows: Sequence[Sequence[int]]) -> np.ndarray:
        numbers = np.arange(len(classes))
        return np.stack([classes, classes, numbers, np.ones_like(numbers)], axis=1).astype(np.int64)

    return spread


def _labels(known: np.ndarray) -> Spread:
    """A class is one label and no other."""
    return lambda classes, rows: np.eye(known.shape[1], dtype=np.int64)[classes]


def _numbers(known: np.ndarray) -> Spread:
    """Two classes: a low number, and a high one."""
    return lambda classes, rows: np.quantile(known, [0.25, 0.75])[classes]


SPREADS: dict[str, Callable[[np.ndarray], Spread]] = {
    "rows": _classes,
    "tokens": _tokens,
    "spans": _windows,
    "labels": _labels,
    "numbers": _numbers,
}
"""By the family of a task what spreads classes, from the labels of the training split."""

Encode = Callable[[Sequence[str]], list[list[int]]]
Teach = Callable[[TokenSplit], Losses]
"""Trains a network on a split, as the teacher was trained, and gives its losses."""


class UnmeasuredError(Exception):
    """The audit could not be held. The message says why and what to do; it holds no text."""


@dataclass(frozen=True)
class Exposure:
    """Mean exposure in bits of the planted secrets, with its 95% interval, and of as many never planted."""

    planted: float
    interval: tuple[float, float]
    highest: float
    control: float
    canaries: int

    def metrics(self) -> dict[str, Any]:
        """As numbers under names."""
        return {
            "exposure": round(self.planted, 6),
            "exposure_interval": {
                "low": round(self.interval[0], 6),
                "high": round(self.interval[1], 6),
            },
            "highest": round(self.highest, 6),
            "never_planted": round(self.control, 6),
            "canaries": self.canaries,
        }


@dataclass(frozen=True)
class Canaries:
    """Encoded secrets: the planted first, then as many that never are, then those to rank among."""

    rows: list[list[int]]
    labels: np.ndarray
    """the random label of each planted secret, and of each control, int64, shape (count,)"""
    spread: Spread

    @property
    def count(self) -> int:
        return len(self.labels)

    def planted(self, train: TokenSplit, rows: int, repeats: int, seed: int) -> TokenSplit:
        """A copy of at most `rows` rows of `train` with every secret in it `repeats` times."""
        kept = _some(train, rows, seed)
        secrets = self.rows[: self.count] * repeats
        texts = [kept.row(row) for row in range(len(kept))] + secrets
        labels = self.spread(np.tile(self.labels, repeats), secrets)
        return make_split(texts, np.concatenate([kept.labels, labels]))

    def exposures(self, losses: Losses) -> tuple[np.ndarray, np.ndarray]:
        """Bits of exposure of the planted and of the control secrets, each of shape (count,)."""
        table = {
            label: losses(make_split(self.rows, self.spread(np.full(len(self.rows), label), self.rows)))
            for label in sorted(set(self.labels.tolist()))
        }
        found = [
            [
                exposure(table[int(label)][place], table[int(label)][2 * self.count :])
                for place, label in enumerate(self.labels, first)
            ]
            for first in (0, self.count)
        ]
        return np.array(found[0]), np.array(found[1])


@dataclass(frozen=True)
class Sentences:
    """Encoded secrets that stand in a text to be continued, in the same order."""

    rows: list[list[int]]
    count: int

    def planted(self, train: TokenSplit, rows: int, repeats: int, seed: int) -> TokenSplit:
        """A copy of at most `rows` rows of `train` with every secret in it `repeats` times."""
        kept = _some(train, rows, seed)
        secrets = self._split(self.rows[: self.count] * repeats)
        texts = [part.row(row) for part in (kept, secrets) for row in range(len(part))]
        return make_split(texts, np.concatenate([kept.labels, secrets.labels]))

    def exposures(self, losses: Losses) -> tuple[np.ndarray, np.ndarray]:
        """Bits of exposure of the planted and of the control secrets, each of shape (count,)."""
        split = self._split(self.rows)
        # the probability of the whole secret, which may be of more or fewer tokens than another
        whole = losses(split) * split.lengths
        others = whole[2 * self.count :]
        bits = np.array([exposure(one, others) for one in whole[: 2 * self.count]])
        return bits[: self.count], bits[self.count :]

    def _split(self, rows: Sequence[Sequence[int]]) -> TokenSplit:
        """Each token but a row's last, and as its label the token after it."""
        return make_split([row[:-1] for row in rows], np.concatenate([row[1:] for row in rows]))


def draw_sentences(encode: Encode, language: str, known: np.ndarray, count: int, seed: int) -> Sentences:
    """Draws secrets to be planted as text; see `draw_canaries`."""
    draw = np.random.default_rng((seed, 2))
    return Sentences(_secrets(encode, language, known, count, draw), count)


def draw_canaries(
    encode: Encode, language: str, classes: int, spread: Spread, known: np.ndarray, count: int, seed: int
) -> Canaries:
    """Draws secrets of nine digits, and a label for each planted one that tells nothing of it.

    Where a learned vocabulary cannot tell digits apart, secrets are runs of tokens that it does know.

    Args:
        encode: gives the token ids of texts.
        language: `project.language`.
        classes: how many labels there are.
        spread: makes labels of classes.
        known: the token ids of the training split.
        count: secrets to plant.
        seed: draws secrets and labels.

    Raises:
        UnmeasuredError: the vocabulary can tell hardly any tokens apart.
    """
    draw = np.random.default_rng((seed, 2))
    rows = _secrets(encode, language, known, count, draw)
    labels = draw.choice(classes, min(_LABELS, classes), replace=False)
    return Canaries(rows, draw.choice(labels, count), spread)


def _some(train: TokenSplit, rows: int, seed: int) -> TokenSplit:
    draw = np.random.default_rng((seed, 3))
    return take(train, np.sort(draw.choice(len(train), min(rows, len(train)), replace=False)))


def _secrets(
    encode: Encode, language: str, known: np.ndarray, count: int, draw: np.random.Generator
) -> list[list[int]]:
    many = CANDIDATES - 1 + 2 * count
    secrets = draw.choice(10**_DIGITS, many, replace=False)
    rows = encode([_CARRIERS[language].format(f"{secret:0{_DIGITS}}") for secret in secrets.tolist()])
    if _few({tuple(row) for row in rows}, many):
        tokens = np.unique(known)
        rows = draw.choice(tokens, (many, _DIGITS)).tolist() if len(tokens) else []
        if _few({tuple(row) for row in rows}, many):
            raise UnmeasuredError("the vocabulary tells hardly any tokens apart; see reports/tokenize")
    return rows


def _few(different: set[tuple[int, ...]], wanted: int) -> bool:
    return len(different) < 0.9 * wanted


def exposure(loss: float, others: np.ndarray) -> float:
    """log2 of the number of candidates less log2 of the rank of `loss`, equal losses sharing their ranks."""
    rank = 1 + (others < loss).sum() + (others == loss).sum() / 2
    return float(np.log2(len(others) + 1) - np.log2(rank))


def audit(
    canaries: Canaries | Sentences, train: TokenSplit, teach: Teach, rows: int, repeats: int, seed: int
) -> Exposure:
    """Plants, trains and ranks.

    Args:
        train: the training split to copy from.
        rows: most rows of the copy, secrets aside.
        repeats: times that each secret is planted.

    Raises:
        UnmeasuredError: as `teach`.
    """
    losses = teach(canaries.planted(train, rows, repeats, seed))
    planted, control = canaries.exposures(losses)
    draw = np.random.default_rng((seed, 4))
    means = draw.choice(planted, (_RESAMPLES, len(planted))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Exposure(
        float(planted.mean()),
        (float(low), float(high)),
        float(planted.max()),
        float(control.mean()),
        canaries.count,
    )
