"""Tables for `dvc plots`: labels and counts, never a text."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stages.tasks.text_classification import calibration_bins


def confusion_table(truth: np.ndarray, guess: np.ndarray, labels: Sequence[str]) -> pd.DataFrame:
    """One line per row of the split, with its actual and its predicted label.

    DVC's confusion template counts lines itself. They are sorted, so that no line leads back to its row.
    """
    names = np.array(labels)
    table = pd.DataFrame({"actual": names[truth], "predicted": names[guess]})
    return table.sort_values(["actual", "predicted"], ignore_index=True)


def reliability_table(truth: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """Mean confidence, accuracy and rows of every bin of confidence."""
    return bins_table(calibration_bins(truth, probabilities))


def bins_table(bins: Sequence[dict[str, float]]) -> pd.DataFrame:
    """The same, from the bins."""
    return pd.DataFrame(bins, columns=["confidence", "accuracy", "rows"]).round(6)
