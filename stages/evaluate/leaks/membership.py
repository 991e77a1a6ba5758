"""Can it be told from the model's loss whether a row was in the training split?

The loss-threshold attack (Yeom et al. 2018, "Privacy Risk in Machine Learning"): a row with a low loss is
taken for a training row. Beside the area under the curve stands the share of training rows that the attack
recognises while it is wrong about one in a hundred others (Carlini et al. 2022, "Membership Inference
Attacks From First Principles"): an attack that is sure of a few people is one, whatever its average.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.evaluate.leaks.losses import Losses, take
from stages.tokenize.arrays import TokenSplit

FALSE_POSITIVES = 0.01
_RESAMPLES = 500
_LEVEL = 0.95


@dataclass(frozen=True)
class Membership:
    """How well the attack does: 0.5 and 0.01 are chance. Each with the ends of its 95% interval."""

    auc: float
    auc_interval: tuple[float, float]
    tpr: float
    tpr_interval: tuple[float, float]
    rows: int
    """rows on each side"""

    def metrics(self) -> dict[str, Any]:
        """As numbers under names."""
        names = ("low", "high")
        return {
            "auc": round(self.auc, 6),
            "auc_interval": dict(zip(names, np.round(self.auc_interval, 6).tolist(), strict=True)),
            "tpr": round(self.tpr, 6),
            "tpr_interval": dict(zip(names, np.round(self.tpr_interval, 6).tolist(), strict=True)),
            "rows": self.rows,
        }


def audit(train: TokenSplit, valid: TokenSplit, losses: Losses, most: int, seed: int) -> Membership:
    """Attacks a network through the losses of equally many rows that it was and was not trained on.

    The others are validation rows: the same source and cleaning, and no weight was learned from them. They
    chose the epoch, which makes them look a very little more like training rows. The test split stays what is
    read once, for the scores.

    Args:
        train: the training split without augmented rows, which are nobody's.
        valid: the validation split.
        losses: the network's loss of each row.
        most: most rows on each side.
        seed: which rows are drawn, and the resamples.
    """
    draw = np.random.default_rng((seed, 0))
    rows = min(len(train), len(valid), most)
    inside, outside = (
        losses(take(split, np.sort(draw.choice(len(split), rows, replace=False)))) for split in (train, valid)
    )
    return attack(inside, outside, seed)


def attack(inside: np.ndarray, outside: np.ndarray, seed: int) -> Membership:
    """The attack on losses of training rows (`inside`) and of others, each of shape (rows,).

    The intervals are percentiles of resamples of both sides (Efron's bootstrap).
    """
    draw = np.random.default_rng((seed, 1))
    found = np.array(
        [
            _measure(draw.choice(inside, len(inside)), draw.choice(outside, len(outside)))
            for _ in range(_RESAMPLES)
        ]
    )
    tail = (1 - _LEVEL) / 2
    low, high = np.quantile(found, [tail, 1 - tail], axis=0).tolist()
    auc, tpr = _measure(inside, outside)
    return Membership(auc, (low[0], high[0]), tpr, (low[1], high[1]), len(inside))


def _measure(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """Area under the curve, and the true-positive rate at `FALSE_POSITIVES`.

    With fewer than a hundred others no false positive is allowed at all, so the rate is understated.
    """
    ordered = np.sort(outside)
    above = len(ordered) - np.searchsorted(ordered, inside, side="right")
    level = len(ordered) - np.searchsorted(ordered, inside, side="left") - above
    auc = float((above + level / 2).mean() / len(ordered))
    # the threshold below which no more than the allowed share of the others lies
    threshold = ordered[int(FALSE_POSITIVES * len(ordered))]
    return auc, float((inside < threshold).mean())
