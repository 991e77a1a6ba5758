"""Real Prefect servers, real schedules, real signals: what happens at night, and how it is stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from flows.deployment import schedule
from flows.workspace import claim

ROOT = Path(__file__).parents[2]
RETORT = [sys.executable, "-c", "from flows.command import app; app()"]
PREFECT = [sys.executable, "-m", "prefect"]

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    monkeypatch.setenv("PREFECT_RUNNER_POLL_FREQUENCY", "1")
    monkeypatch.setenv("PREFECT_WORKER_QUERY_SECONDS", "1")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(log.read_text()[-3000:])
        time.sleep(0.1)


@contextmanager
def started(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("w") as output:
        child = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, preexec_fn=_heed_interrupts
        )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
        child.wait(60)


def _heed_interrupts() -> None:
    # where the tests run in the background, SIGINT is ignored, and Prefect's own commands would never end
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def all_gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=15)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def every_minute(folder: Path) -> None:
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace('cron: "0 3 * * *"', 'cron: "* * * * *"'))


def test_a_scheduled_run_happens_and_stopping_leaves_nothing_behind(tiny: Path, tmp_path: Path) -> None:
    every_minute(tiny)
    log, port = tmp_path / "log", free_port()
    with started([*RETORT, "schedule", "--port", str(port)], log) as child:
        until(lambda: Path("reports/index.html").exists(), 200, log)
        until(lambda: "Finished in state Completed" in log.read_text(), 30, log)
        children = family(child.pid)
        assert children
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0
    assert all_gone(children)
    assert Path("total.txt").read_text() == "42"
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_takes_its_stage_with_it(tiny: Path, tmp_path: Path, number: int) -> None:
    Path("double.py").write_text(
        "import os, time\nopen('pid', 'w').write(str(os.getpid()))\n"
        "print('asleep', flush=True)\ntime.sleep(600)\n"
    )
    log = tmp_path / "log"
    with started([*RETORT, "run"], log) as child:
        until(lambda: Path("pid").exists() and "asleep" in log.read_text(), 100, log)
        stage = psutil.Process(int(Path("pid").read_text()))
        children = family(child.pid)
        child.send_signal(number)
        child.wait(60)
    assert child.returncode != 0
    assert all_gone([stage, *children])
    lines = log.read_text().splitlines()
    if number != signal.SIGKILL:
        assert [line for line in lines if line.startswith("error: ")], lines[-5:]
        assert "Traceback" not in log.read_text()
    with claim("the next run"):
        pass


def test_two_runs_at_once_one_of_them_says_who_is_at_work(tiny: Path, tmp_path: Path) -> None:
    Path("double.py").write_text(
        "import os, time\nopen('doubled.txt', 'w').write('42')\nopen('pid', 'w').close()\n"
        "while not os.path.exists('go'): time.sleep(0.1)\n"
    )
    log = tmp_path / "log"
    with started([*RETORT, "run"], log) as child:
        until(lambda: Path("pid").exists(), 100, log)
        second = subprocess.run([*RETORT, "run"], capture_output=True, text=True)
        Path("go").touch()
        assert child.wait(60) == 0
    assert second.returncode == 1
    assert f"(process {child.pid} of " in second.stderr.splitlines()[-1]


def test_prefect_yaml_deploys_the_flow_to_a_work_pool(tiny: Path, tmp_path: Path) -> None:
    every_minute(tiny)
    (tiny / "flows").symlink_to(ROOT / "flows")
    (tiny / "prefect.yaml").write_bytes((ROOT / "prefect.yaml").read_bytes())
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    serving = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    environment = {**os.environ, "PREFECT_API_URL": url}
    log = tmp_path / "log"
    with started(serving, log):
        until(lambda: _listens(port), 100, log)
        for command in (["work-pool", "create", "retort", "--type", "process"], ["deploy", "--all"]):
            shown = subprocess.run([*PREFECT, *command], env=environment, capture_output=True, text=True)
            assert shown.returncode == 0, shown.stdout + shown.stderr
        os.environ["PREFECT_API_URL"] = url
        try:
            with started([*PREFECT, "worker", "start", "--pool", "retort"], tmp_path / "worker"):
                until(lambda: Path("reports/index.html").exists(), 200, tmp_path / "worker")
        finally:
            del os.environ["PREFECT_API_URL"]
    assert Path("total.txt").read_text() == "42"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_deployment_has_the_schedule_of_params(tiny: Path) -> None:
    every_minute(tiny)
    assert schedule() == {"cron": "* * * * *", "timezone": "UTC"}
