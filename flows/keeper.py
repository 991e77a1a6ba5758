"""Runs a command in a process group of its own, and ends the whole group when the parent asks or is gone.

    python keeper.py GRACE COMMAND...

Standard input is a pipe that the parent holds open. When it ends, because the parent closed it or was killed,
the group gets SIGTERM, and SIGKILL after GRACE seconds. It is a process of its own since SIGTERM to `dvc`
leaves the stage running, and since a parent that is killed can clean up nothing. Standard library only, so
that it starts in 20 ms.
"""

import os
import select
import signal
import subprocess
import sys
import time


def main() -> int:
    grace, command = float(sys.argv[1]), sys.argv[2:]
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    # handlers, not SIG_IGN, which the command would inherit
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    while child.poll() is None:
        ready, _, _ = select.select([sys.stdin, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
        if sys.stdin in ready:
            break
    end(child, grace)
    code = child.wait()
    return code if code >= 0 else 128 - code


def end(child: "subprocess.Popen[bytes]", grace: float) -> None:
    """Ends every process of the child's group, the child's own children included."""
    deadline = time.monotonic() + grace
    _signal(child.pid, signal.SIGTERM)
    while time.monotonic() < deadline:
        child.poll()  # takes the dead child away, else its group seems to live
        if not _signal(child.pid, 0):
            return
        time.sleep(0.02)
    _signal(child.pid, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS answers so for a group of dead processes
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
