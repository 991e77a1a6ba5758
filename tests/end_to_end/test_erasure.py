"""People planted in a table leave no trace outside the sealed files; erased, not even in what was derived."""

import csv
import gzip
import json
import random
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SMALL = {"train": {"architecture": "mlp"}, "distill": {"student": "static"}, "schedule": {"release": True}}
# in two pieces, as the project that is searched holds this file too
MARK = "auber" + "gine"
ERASED = "customer Qu" + "ill 7042"
FIRST = ["Margaret", "Robert", "Susan", "Michael", "Jennifer", "William", "Patricia", "Daniel"]
LAST = ["Thompson", "Anderson", "Mitchell", "Roberts", "Campbell", "Harrison", "Sullivan", "Bennett"]
SAID = {
    "a": "the service was great and the staff were kind and quick and I would come again",
    "b": "the delivery came late and broken and nobody answered my angry complaint for days",
}
# steps of the purge, and what comes before and after it
KILLED = """
import os, sys
from flows import conclusion, forgetting, purge
from stages.ingest.vault.base import Base
place = sys.argv[1]
def killed(*arguments, **options):
    os._exit(9)
def halfway(path, real=purge.remove, seen=[]):
    seen.append(path)
    killed() if len(seen) > 3 else real(path)
if place == "scrub":
    Base.scrub = killed
elif place == "halfway":
    purge.remove = halfway
elif place == "conclude":
    conclusion.conclude = killed
else:
    purge.STEPS[place] = killed
from flows.command import app
app(sys.argv[2:])
"""


def plant(path: Path) -> list[str]:
    """Writes a table about made-up people; returns every value of theirs that must not be seen again."""
    rng = random.Random(11)
    secrets: list[str] = []
    rows = []
    for number in range(60):
        name = f"{FIRST[number % 8]} {LAST[number // 8]}"
        who = ERASED if number == 7 else f"{ERASED[:-4]}{8000 + number}"
        mail = f"quill{number}@example.com"
        phone = f"+1 202-555-01{number:02d}"
        secrets += [who, name, mail, phone]
        for turn in range(8):
            label = "ab"[turn % 2]
            words = rng.choices(SAID[label].split(), k=10)
            said = [f"My name is {name}.", f"Write to {mail} please.", f"Call me at {phone}.", ""][turn % 4]
            rows.append((f"{' '.join(words)} {MARK if who == ERASED else ''} {said}", label, who))
    rng.shuffle(rows)
    path.parent.mkdir()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label", "who"))
        writer.writerows(rows)
    return secrets


def unzstd(data: bytes) -> bytes:
    return pa.CompressedInputStream(data, "zstd").read()


def contents(file: Path) -> Iterator[bytes]:
    """The bytes of a file, and what they hold once unpacked."""
    data = file.read_bytes()
    yield data
    if data[:4] == b"PAR1":
        for column in pq.read_table(pa.BufferReader(data)).columns:
            yield "\n".join(map(str, column.to_pylist())).encode()
    for unpack in (
        zlib.decompress,
        gzip.decompress,
        lambda data: pa.CompressedInputStream(data, "zstd").read(),
    ):
        try:
            yield unpack(data)
        except (zlib.error, OSError, TypeError, pa.ArrowException):
            continue


def traces(folders: list[Path], values: list[str]) -> set[str]:
    """Where a value stands: in a name or in the content of any file of the folders."""
    found = set()
    for folder in folders:
        for file in folder.rglob("*"):
            inside = str(file.relative_to(folder))
            if any(value in inside for value in values):
                found.add(inside)
            if file.is_file() and not file.is_symlink():
                for content in contents(file):
                    if any(value.encode() in content for value in values):
                        found.add(inside)
    return found


@pytest.fixture
def project(make_project: Any, tmp_path: Path) -> Any:
    """A project on a table of planted people, with a remote, a Prefect home and a temporary folder."""
    project = make_project("tweets", SMALL)
    project.secrets = plant(tmp_path / "source" / "people.csv")
    project.change(
        {
            "ingest": {
                "source": str(tmp_path / "source" / "people.csv"),
                "columns": {"text": "text", "label": "label", "subject": "who"},
                "filter": None,
                "limit": None,
            },
            "clean": {"near_duplicates": None},
            "validate": {"language_share": 0.0},
        }
    )
    project.remote = tmp_path / "remote"
    secret = Path(project.env["RETORT_KEY_FILE"]).parent
    project.folders = [project.root, secret, project.remote]
    for name, variable in (("prefect", "PREFECT_HOME"), ("temp", "TMPDIR")):
        (tmp_path / name).mkdir()
        project.env[variable] = str(tmp_path / name)
        project.folders.append(tmp_path / name)
    project.env |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "OMP_NUM_THREADS": "1"}
    project.dvc("remote", "add", "-d", "store", str(project.remote))
    return project


def kill(project: Any, place: str, *command: str) -> None:
    done = project.run(sys.executable, "-c", KILLED, place, *command, check=False)
    assert done.returncode == 9, f"{place}: {done.stdout} {done.stderr}"


def hashes(project: Any) -> list[str]:
    """What stands for the one who is erased: the keyed hash of the person, and the ids of their rows."""
    code = (
        f"from stages.ingest.vault import open_vault; print(open_vault('tweets', None).subject({ERASED!r}))"
    )
    subject = project.run(sys.executable, "-c", code).stdout.strip()
    rows = pq.read_table(project.root / "data/raw/part-00000.parquet").to_pylist()
    return [subject, *(row["row_id"] for row in rows if row["subject"] == subject)]


@pytest.mark.slow
def test_people_leave_no_trace_and_the_erased_one_not_even_in_what_was_derived(project: Any) -> None:
    project.run("retort", "run")
    project.run("git", "add", "-A")
    project.run("git", "commit", "-q", "-m", "first run")
    project.dvc("push")
    project.dvc("push", "--run-cache")
    assert traces(project.folders, project.secrets) == set(), "only the source itself holds them"

    mine = [*hashes(project), MARK]
    assert len(mine) == 10
    before = traces(project.folders, mine)
    assert any("data/clean" in place for place in before), "the scan finds what is there"
    assert any(place.startswith("files/md5") for place in before), "in the remote too"
    store = project.root / "registry" / "tweets"
    old = project.live("tweets")

    forget = ("forget", ERASED, "--later")
    for place in ("scrub", "models", "remotes", "cache", "halfway", "experiments", "workspace"):
        kill(project, place, *forget)
    again = project.run("retort", *forget)
    assert "1 named: 0 erased, 1 erased before, 0 never seen" in again.stdout
    assert traces(project.folders, mine) <= {f"registry/tweets/{old}/{name}" for name in ("tokenizer.json",)}
    kill(project, "conclude", "run")
    project.run("retort", "run")

    assert traces(project.folders, mine) == set()
    assert traces(project.folders, project.secrets) == set()
    new = project.live("tweets")
    assert new != old
    assert not (store / old).exists()
    (certificate,) = (json.loads(path.read_text()) for path in (project.root / "erasures").glob("*.json"))
    assert certificate["finished"] and certificate["released"] == new
    assert certificate["models_affected"] == [{"version": old, "retired": True, "why": "erasure"}]
    assert certificate["removed"]["remotes"]["store"] > 0
    counts = json.loads((project.root / "reports/ingest/metrics.json").read_text())
    assert (counts["forgotten"], counts["subjects"]) == (8, 59)
    log = project.run("retort", "audit", "log", "--verify").stdout
    assert log.startswith("the log is whole")


def test_the_scan_finds_what_is_packed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(zlib.compress(b"a secret"))
    (tmp_path / "b").write_bytes(gzip.compress(b"a secret"))
    pq.write_table(pa.table({"x": ["a secret"]}), tmp_path / "c", compression="zstd")
    subprocess.run(["git", "init", "-q", "secret"], cwd=tmp_path, check=True)
    found = traces([tmp_path], ["secret"])
    assert {"a", "b", "c", "secret"} <= found
