"""Runs a stage through `dvc repro -s` as a process group, line by line, and finds out why it failed."""

import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flows.errors import Busy, StageFailed

GRACE = 5.0
"""seconds between SIGTERM and SIGKILL"""

_KEEPER = Path(__file__).with_name("keeper.py")
_TAIL = 200

# what DVC says about itself, not about the stage
_CHATTER = re.compile(
    r"^\s*$|^Running stage |^> |^(Generating|Updating) lock file|^To track the changes with git|^\s+git add "
    r"|^To enable auto staging|^\s+dvc config core.autostage|^Use `dvc push`|^Stage '.*' didn't change"
)
_CACHED = re.compile(r"^Stage '.*' is cached - skipping run")
_DOOR = re.compile(r"^error: (?P<stage>[^:]+): (?P<reason>.+)$")
_EXIT = re.compile(r"^ERROR: failed to reproduce .*exited with (?P<code>-?\d+)")
_DVC = re.compile(r"^ERROR: (?P<reason>.+)$")
_LOCKED = re.compile(r"Unable to acquire lock|is busy, it is being blocked by")
# these cannot quote data; of any other exception only the name is shown
_SAFE = re.compile(r"^(ModuleNotFoundError|ImportError|SyntaxError|IndentationError): .+")
_RAISED = re.compile(r"^(?P<name>[A-Za-z_][\w.]*(Error|Exception|Interrupt))(:|$)")
_SIGNALS = {9: "SIGKILL; most often the machine ran out of memory", 15: "SIGTERM", 11: "SIGSEGV"}


def repro(stage: str, hear: Callable[[str], None], hold: int | None = None) -> bool:
    """Runs one stage by `dvc repro -s`; true where DVC took all its outputs from the run cache instead.

    Args:
        stage: the stage's name in dvc.yaml.
        hear: gets every line the stage writes, as it is written.
        hold: a file descriptor that stays open until the last process of the stage is gone.

    Raises:
        StageFailed: with the stage's own reason.
        Busy: another DVC process is at work.
    """
    tail: deque[str] = deque(maxlen=_TAIL)
    restored = False

    def listen(line: str) -> None:
        nonlocal restored
        restored = restored or bool(_CACHED.match(line))
        tail.append(line)
        if not _CHATTER.match(line) and not _DVC.match(line):
            hear(line)

    code = run([sys.executable, "-m", "dvc", "repro", "-s", stage], listen, hold)
    if code:
        raise reason(stage, tail, code)
    return restored


def run(
    command: list[str], hear: Callable[[str], None], hold: int | None = None, grace: float = GRACE
) -> int:
    """Runs a command in a process group of its own and returns its exit code.

    When this function is left by an exception (Ctrl-C, Prefect's termination), or this process dies, the
    whole group ends: SIGTERM, then SIGKILL after `grace` seconds.

    Args:
        command: program and arguments.
        hear: gets every line of its output, standard error included, without the line's end.
        hold: a file descriptor that stays open until the last process of the group is gone.
        grace: seconds.
    """
    with group(command, subprocess.PIPE, hold, grace) as keeper:
        for line in keeper.stdout or ():
            hear(line.rstrip())
        return keeper.wait()


@contextmanager
def group(
    command: list[str], output: int | IO[str], hold: int | None = None, grace: float = GRACE
) -> Iterator["subprocess.Popen[str]"]:
    """Starts a command in a process group of its own, which ends with the block or with this process.

    Gives the keeper's process: it ends when the command does, with its exit code.
    """
    # stages are called as `python -m ...`: let that be this Python, activated or not
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_KEEPER), str(grace), *command],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"},
        pass_fds=() if hold is None else (hold,),
        start_new_session=True,
    )
    try:
        yield keeper
    finally:
        if keeper.stdin:
            keeper.stdin.close()
        keeper.wait()
        if keeper.stdout:
            keeper.stdout.close()


def reason(stage: str, lines: Iterable[str], code: int) -> StageFailed | Busy:
    """Why a stage failed, from the last lines of its output: DVC itself exits with 255 whatever happened."""
    lines = list(lines)
    if any(_LOCKED.search(line) for line in lines):
        return Busy("another DVC process is at work in this folder; wait until it ends")
    for line in reversed(lines):
        if (door := _DOOR.match(line)) and door["stage"] == stage:
            return StageFailed(door["reason"])
    found = next((match for line in reversed(lines) if (match := _EXIT.match(line))), None)
    if found is None:
        dvc = [match["reason"] for line in lines if (match := _DVC.match(line))]
        return StageFailed(dvc[-1] if dvc else _code(code))
    for line in reversed(lines):
        if safe := _SAFE.match(line):
            return StageFailed(safe[0])
        if raised := _RAISED.match(line):
            return StageFailed(f"{_code(int(found['code']))} ({raised['name']})")
    return StageFailed(_code(int(found["code"])))


def _code(code: int) -> str:
    number = -code if code < 0 else code - 128
    if 0 < number < 64:
        return f"ended by signal {number} ({_SIGNALS.get(number, 'see `kill -l`')})"
    return f"exited with code {code}"
