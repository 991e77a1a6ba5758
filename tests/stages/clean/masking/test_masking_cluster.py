"""A real Dask scheduler with worker processes on this machine."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster

from stages.artifacts import StageError
from stages.clean.masking import cluster, mask_all
from stages.clean.masking.cluster import Cluster
from stages.clean.masking.detecting import LATE, Found
from stages.params.clean import Masking, OwnType

PLAIN = Masking(tagger="none", processes=1)


@contextmanager
def started(folder: Path) -> Iterator[str]:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            local_directory=str(folder),
            silence_logs=50,
        ) as local,
    ):
        yield local.scheduler_address


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.fixture
def shaken(tmp_path: Path) -> Iterator[str]:
    """A cluster of one's own, since what is done to it harms it."""
    with started(tmp_path) as found:
        yield found


def test_a_cluster_gives_the_same_result(address: str):
    masking = PLAIN.model_copy(update={"custom": [OwnType(name="TICKET", pattern="T-[0-9]+")]})
    texts = [
        f"row {number}: T-{number} bob{number}@example.com" + " etc" * (number % 5) for number in range(900)
    ]
    assert mask_all(texts, masking, "en", address) == mask_all(texts, masking, "en", "local")


def test_a_masker_that_cannot_be_made_there_stops_everything(address: str):
    with Cluster(address, PLAIN, "fr") as reader, pytest.raises(StageError, match=r"project\.language"):
        reader.read(["a"], [[0]])


def _sleepy(settings: str, texts: list[str]) -> list[tuple[list, None]]:
    import time

    time.sleep(30 if "hang" in texts else 0)
    return [([], None) for _ in texts]


@pytest.mark.slow
def test_a_worker_that_hangs_is_started_anew_and_its_text_given_up(shaken: str, monkeypatch):
    monkeypatch.setattr(cluster, "GRACE", 0.5)
    monkeypatch.setattr(cluster, "_read", _sleepy)
    with Cluster(shaken, PLAIN.model_copy(update={"timeout": 0.5}), "en") as reader:
        found = reader.read(["a", "hang", "b"], [[0, 1], [2]])
    assert found == {0: Found(()), 1: Found(None, LATE), 2: Found(())}


@pytest.mark.slow
def test_a_worker_that_dies_is_one_line(shaken: str, monkeypatch):
    monkeypatch.setattr(cluster, "_read", lambda settings, texts: os._exit(3))
    with Cluster(shaken, PLAIN, "en") as reader, pytest.raises(StageError, match="died"):
        reader.read(["bob"], [[0]])


def test_workers_with_another_masker_are_refused(address: str, monkeypatch):
    monkeypatch.setattr(cluster, "code", lambda: str(os.getpid()))
    with pytest.raises(StageError, match="another version"):
        Cluster(address, PLAIN, "en")


def test_no_scheduler_is_one_line(monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER", 0.3)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(StageError, match=f"no Dask scheduler answers at {free}"):
        mask_all(["a"], PLAIN, "en", free)
