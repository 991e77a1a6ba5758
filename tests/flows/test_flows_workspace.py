"""Two runs never share a workspace; a dead one is no obstacle."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows.errors import Busy
from flows.workspace import claim

HOLD = """
import pathlib, sys, time
from flows.workspace import claim
with claim("the other run", path=pathlib.Path(sys.argv[1])) as hold:
    print(hold, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "work" / "run.lock"


def start_holder(lock: Path) -> "subprocess.Popen[str]":
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline()
    return other


def test_the_second_says_who_holds_it(lock: Path, tiny: Path) -> None:
    with start_holder(lock) as other:
        with pytest.raises(Busy) as caught, claim("this run", path=lock):
            pass
        other.kill()
    assert f"the other run (process {other.pid} of " in str(caught.value)
    assert "since 20" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_killed_run_is_no_obstacle(lock: Path, tiny: Path) -> None:
    with start_holder(lock) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
    with claim("this run", path=lock):
        assert f'"pid": {os.getpid()}' in lock.read_text()


def test_the_second_waits_when_told_so(lock: Path, tiny: Path) -> None:
    said: list[str] = []
    with start_holder(lock) as other:
        timer = threading.Timer(0.5, other.kill)
        timer.start()
        started = time.monotonic()
        with claim("this run", wait=30, say=said.append, path=lock):
            waited = time.monotonic() - started
    assert waited >= 0.4
    assert len(said) == 1
    assert "the other run" in said[0]


def test_one_after_another_is_fine(lock: Path) -> None:
    for _ in range(2):
        with claim("a run", path=lock):
            pass


def test_whoever_has_the_descriptor_holds_the_workspace(lock: Path) -> None:
    with claim("a run", path=lock) as hold:
        child = subprocess.Popen(["sleep", "600"], pass_fds=(hold,))
    try:
        with pytest.raises(Busy), claim("the next run", path=lock):
            pass
    finally:
        child.kill()
        child.wait()
    with claim("the next run", path=lock):
        pass
