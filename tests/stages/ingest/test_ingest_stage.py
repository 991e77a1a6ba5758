"""The stage as a process."""

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from stages.params import Params
from stages.params.ingest import Ingest
from stages.params.render import render

ROOT = Path(__file__).parents[3]


def launch(module: str, **ingest: object) -> subprocess.CompletedProcess[str]:
    Path("params.yaml").write_text(render(Params(ingest=Ingest(**ingest))))  # type: ignore[arg-type]
    return subprocess.run(
        [sys.executable, "-m", module],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def write(path: Path, rows: int) -> None:
    source = random.Random(0)
    words = [f"word{number}" for number in range(2000)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for _ in range(rows):
            writer.writerow((" ".join(source.choices(words, k=12)), source.choice("abc")))


def test_stage_writes_raw_and_counts_and_says_where_the_key_is(workspace: Path) -> None:
    write(workspace / "data.csv", 100)
    made = launch("stages.ingest.fingerprint", source="data.csv")
    assert made.stdout.count("(mode 0600)") == 2, made.stderr
    assert "keep a copy" in made.stdout
    first = Path("data/source.json").read_bytes()
    done = launch("stages.ingest", source="data.csv", limit=50)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert "100 rows read, 0 left out by the filter, 50 by the limit; 50 sealed, 3 labels" in done.stdout
    counts = json.loads(Path("reports/ingest/metrics.json").read_text())
    assert (counts["read"], counts["kept"], counts["left_out"], counts["labels"]) == (100, 50, 50, 3)
    assert json.loads(Path("data/raw/manifest.json").read_text())["rows"] == 50
    launch("stages.ingest.fingerprint", source="data.csv")
    assert Path("data/source.json").read_bytes() == first


@pytest.mark.parametrize("module", ["stages.ingest", "stages.ingest.fingerprint"])
def test_failure_is_one_line_and_a_code(workspace: Path, module: str) -> None:
    done = launch(module, source="absent.csv")
    assert done.returncode == 1
    stage = "ingest" if module == "stages.ingest" else "source"
    assert done.stderr == f"error: {stage}: absent.csv: no such file or folder; check ingest.source\n"
    assert not Path("data/raw").exists()


@pytest.mark.slow
@pytest.mark.parametrize("limit", [None, 2000])
def test_memory_does_not_grow_with_the_table(workspace: Path, limit: int | None) -> None:
    peaks = []
    for rows in (10_000, 100_000):
        write(workspace / "data.csv", rows)
        done = launch("stages.ingest", source="data.csv", limit=limit)
        assert done.returncode == 0, done.stderr
        peaks.append(json.loads(Path("reports/ingest/resources.json").read_text())["peak_mib"])
    assert peaks[1] - peaks[0] < 25
