"""`ingest.limit`: a seeded sample of rows."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import RAW
from stages.ingest.sampling import BottomK, Tally, priority

ROWS = [(f"text {number % 80}", "ab"[number % 80 % 2]) for number in range(100)]


def texts(records: list[Any]) -> list[str]:
    return [record.text for record in records]


@pytest.fixture
def sample(write_csv: Callable[..., Path], ingest: Any) -> Callable[..., list[str]]:
    def take(rows: list[tuple[str, str]] = ROWS, **settings: Any) -> list[str]:
        write_csv(rows)
        return texts(ingest("data.csv", **{"limit": 30, **settings})[1])

    return take


def test_sample_has_the_size_asked_for(sample: Any) -> None:
    assert len(sample()) == 30
    assert sorted(sample(limit=1000)) == sorted(text for text, _ in ROWS)


def test_sample_depends_on_the_seed_alone(
    sample: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    taken = sample()
    assert sample(seed=8) != taken
    assert sample(chunk_rows=3) == taken
    assert sample(random.Random(1).sample(ROWS, len(ROWS))) == taken
    bytes_before = (RAW / "part-00000.parquet").read_bytes()
    assert sample() == taken
    assert (RAW / "part-00000.parquet").read_bytes() == bytes_before
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path / "another"))
    assert sample() == taken
    assert (RAW / "part-00000.parquet").read_bytes() != bytes_before


def test_sample_of_a_grown_table_keeps_to_the_old_order(sample: Any) -> None:
    taken = sample()
    grown = sample([*ROWS, *((f"new {number}", "a") for number in range(20))])
    old = [text for text in grown if text.startswith("text")]
    assert old == taken[: len(old)]


def test_sample_is_uniform_over_rows() -> None:
    hits: Counter[int] = Counter()
    for seed in range(2000):
        chosen: BottomK[int] = BottomK(5)
        # rows 0 to 9 differ; 10 to 19 are equal, and told apart by their occurrence only
        for row in range(20):
            place, occurrence = (bytes([row]), 1) if row < 10 else (b"same", row - 9)
            chosen.add(priority(seed, place, occurrence), row)
        hits.update(chosen.drain())
    assert sum(hits.values()) == 10_000
    assert all(400 < hits[row] < 600 for row in range(20))


def test_tally_counts_beyond_its_cache() -> None:
    with Tally(cache_mib=1) as tally:
        keys = [number.to_bytes(16, "big") for number in range(60_000)]
        assert all(tally.add(key) == 1 for key in keys)
        assert all(tally.add(key) == 2 for key in keys[::100])
