"""One run at a time in a workspace. The lock is the operating system's, so a dead run is no obstacle."""

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flows.errors import Busy
from stages.artifacts import WORK

LOCK = WORK / "run.lock"


@contextmanager
def claim(
    purpose: str, wait: float = 0.0, say: Callable[[str], None] = lambda line: None, path: Path = LOCK
) -> Iterator[int]:
    """Holds the workspace while the block runs, and gives the lock's file descriptor.

    A process that is given the descriptor holds the workspace too, until it ends.

    Args:
        purpose: what the run is, for the one who waits.
        wait: seconds to wait for another run to end.
        say: told once whom we wait for.
        path: the lock file.

    Raises:
        Busy: another run still has the workspace; the message says who, since when, and its process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline, told = time.monotonic() + wait, False
        while not _taken(lock):
            if time.monotonic() >= deadline:
                raise Busy(f"{_holder(path)} has this workspace; wait until it ends, or stop it")
            if not told:
                say(f"{_holder(path)} has this workspace; waiting up to {wait:.0f} s")
                told = True
            time.sleep(0.1)
        holder = {
            "purpose": purpose,
            "pid": os.getpid(),
            "who": f"{getpass.getuser()}@{socket.gethostname()}",
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(lock, 0)
        os.pwrite(lock, json.dumps(holder).encode(), 0)
        yield lock
    finally:
        # closing frees the lock once no other process holds the descriptor; LOCK_UN would free it at once
        os.close(lock)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"{holder['purpose']} (process {holder['pid']} of {holder['who']}, since {holder['since']})"
    except (OSError, ValueError, KeyError):  # between taking the lock and writing who took it
        return "another run"
