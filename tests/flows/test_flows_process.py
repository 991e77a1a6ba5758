"""A stage is a process group: its lines come at once, its end is whole, its reason is the real one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows import process
from flows.errors import Busy, StageFailed

# a child and its own child, both asleep; the second one does not listen to SIGTERM where told so
FAMILY = """
import subprocess, sys, time
stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" if {stubborn} else ""
code = stubborn + "print('ready', flush=True); import time; time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


class Cancelled(BaseException):
    pass


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # an orphan that nobody reaped is dead all the same
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(status.strip()) and not status.startswith("Z")


def gone_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_lines_are_heard_while_the_command_runs(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    code = f"""
import pathlib, sys, time
print('first', flush=True)
while not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.01)
print('second', file=sys.stderr, flush=True)
"""
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        flag.touch()  # the command waits for this: a listener that buffers would hang

    assert process.run([sys.executable, "-c", code], hear) == 0
    assert heard == ["first", "second"]


@pytest.mark.parametrize(
    ("code", "expected"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_the_exit_code_is_the_commands(code: str, expected: int) -> None:
    assert process.run([sys.executable, "-c", code], print) == expected


@pytest.mark.parametrize("stubborn", [False, True])
def test_cancelling_ends_the_whole_group(stubborn: bool) -> None:
    heard: list[int] = []

    def cancel(line: str) -> None:
        heard.append(int(line))
        raise Cancelled

    with pytest.raises(Cancelled):
        process.run([sys.executable, "-c", FAMILY.format(stubborn=stubborn)], cancel, grace=0.5)
    assert gone_within(2, heard[0])


def test_a_signal_in_the_middle_ends_the_whole_group() -> None:
    heard: list[int] = []

    def on_alarm(*_: object) -> None:
        raise Cancelled

    def hear(line: str) -> None:
        heard.append(int(line))
        signal.setitimer(signal.ITIMER_REAL, 0.2)

    before = signal.signal(signal.SIGALRM, on_alarm)
    try:
        with pytest.raises(Cancelled):
            process.run([sys.executable, "-c", FAMILY.format(stubborn=False)], hear)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert gone_within(2, heard[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_group_dies_with_whoever_started_it(number: int, tiny: Path) -> None:
    code = f"""
import sys
from flows import process
process.run([sys.executable, "-c", {FAMILY.format(stubborn=False)!r}], lambda line: print(line, flush=True))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        parent.send_signal(number)
        parent.wait()
        assert gone_within(10, grandchild)


def test_children_left_behind_end_with_the_command() -> None:
    heard: list[int] = []
    code = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
"""
    assert process.run([sys.executable, "-c", code], lambda line: heard.append(int(line))) == 0
    assert gone_within(2, heard[0])


def test_a_stage_runs_through_dvc_without_its_chatter(ran: Path) -> None:
    Path("double.py").write_text(Path("double.py").read_text().replace("2 *", "3 *"))
    lines: list[str] = []
    assert not process.repro("double", lines.append)
    assert lines == ["[double] 1 number"]
    assert Path("doubled.txt").read_text() == "63"


def test_outputs_taken_from_the_run_cache_are_known(ran: Path) -> None:
    Path("doubled.txt").unlink()
    Path("dvc.lock").unlink()
    process.repro("source", print)
    assert process.repro("double", print)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            "import sys; sys.exit('error: double: no such column; name another')",
            "no such column; name another",
        ),
        ("raise ValueError('Ann Smith')", "exited with code 1 (ValueError)"),
    ],
)
def test_a_failed_stage_gives_its_real_reason(ran: Path, script: str, expected: str) -> None:
    Path("double.py").write_text(script)
    with pytest.raises(StageFailed) as caught:
        process.repro("double", lambda line: None)
    assert str(caught.value) == expected


def test_what_dvc_itself_refuses_is_the_reason(tiny: Path) -> None:
    with pytest.raises(StageFailed, match=r"No such file .*source\.txt"):
        process.repro("double", print)


FAILED = "ERROR: failed to reproduce 'double': failed to run: python double.py, exited with {}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([FAILED.format(3)], "exited with code 3"),
        (["ImportError: no torch", FAILED.format(1)], "ImportError: no torch"),
        ([FAILED.format(-9)], "ended by signal 9 (SIGKILL; most often the machine ran out of memory)"),
        ([FAILED.format(137)], "ended by signal 9 (SIGKILL; most often the machine ran out of memory)"),
        (["error: double: first", "error: double: last", FAILED.format(1)], "last"),
        (["error: total: another stage's", FAILED.format(1)], "exited with code 1"),
        ([], "exited with code 255"),
    ],
)
def test_the_reason_is_found_in_the_last_lines(lines: list[str], expected: str) -> None:
    assert str(process.reason("double", lines, 255)) == expected


@pytest.mark.parametrize(
    "line",
    ["ERROR: Unable to acquire lock. Most likely", "ERROR: 'total.txt' is busy, it is being blocked by:"],
)
def test_dvcs_lock_is_named_as_such(line: str) -> None:
    assert isinstance(process.reason("double", [line], 255), Busy)
