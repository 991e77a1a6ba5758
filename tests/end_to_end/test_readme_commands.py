"""The commands of the README work in a clean clone, in their order."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.readme import ENGLISH, ROOT, blocks, commands

# Not run in the clone, each for a reason.
SKIPPED = {
    "make test": "this test is part of it",
    "make lint": "checks the whole tree, which .ci/run does",
    "pip install -c requirements.lock torch": "make has installed it",
    "pip install --no-deps -r requirements.lock": "make has installed it",
    "retort schedule": "runs until it is stopped; the flow's own tests see a scheduled run happen",
    "prefect work-pool create retort --type process": "needs a Prefect server; the flow's own tests have one",
    "prefect deploy --all": "needs a Prefect server; the flow's own tests have one",
    "prefect worker start --pool retort": "runs until it is stopped",
}
SMALL = {
    "ingest": {"limit": 400},
    "clean": {"canaries": 20},
    "validate": {"min_rows": 5},
    "augment": {"min_total": 50, "min_per_class": 5},
    "tokenize": {"max_length": 32},
    "train": {"architecture": "mlp", "epochs": 1},
    "evaluate": {
        "gates": {
            **{"accuracy": 0.0, "macro_f1": 0.0, "calibration_error": 1.0, "beats_baseline": -1.0},
            **{"membership_auc": 1.0, "membership_tpr": 1.0, "canary_exposure": 10.0},
        },
        "leaks": {"canaries": 8, "copy_rows": 50},
    },
    "distill": {
        "student": "static",
        "epochs": 1,
        "gates": {
            **{"retention": 0.0, "size_mb": None, "speedup": None},
            **{"membership_auc": 1.0, "membership_tpr": 1.0},
        },
    },
    "deploy": {"examples": 4},
}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_commands_work_in_a_clean_clone(tmp_path: Path) -> None:
    clone = _clone(tmp_path / "clone")
    environment = _environment(tmp_path, clone)
    shell = Shell(clone, environment)
    _mails(clone / "data" / "mail.csv")
    (clone / "recipes" / "support-mail.yaml").write_text(blocks(ENGLISH, "yaml")[0], encoding="utf-8")
    params, port = clone / "params.yaml", _free_port()
    shipped = _shrink(params, port)
    lines = [line for line in commands(ENGLISH) if line not in SKIPPED]
    try:
        for line in lines:
            if line == "retort serve":
                shell.serve(port)
                continue
            if line.startswith("retort use"):
                params.write_text(shipped, encoding="utf-8")  # what is edited by hand is not replaced
            answer = shell.run(line.replace(":8000/", f":{port}/"))
            if line == "make run":
                assert (clone / "reports" / "index.html").is_file()
                assert "reports/index.html" in answer
            if line.startswith("retort use"):
                shipped = _shrink(params, port)
            if line == "dvc metrics diff":  # an old value of the commit, and a new one
                assert re.search(r"reports/evaluate/metrics.json +accuracy +0\.\d+ +[01]\.?\d* ", answer)
            if line.startswith("dvc exp show"):
                assert "└── " in answer  # the experiment, under the commit
                assert "!" not in answer  # a value that DVC could not read
            if "/predict" in line:
                assert '"label"' in answer
    finally:
        shell.stop()
    assert len(lines) >= 15
    assert set(SKIPPED) <= set(commands(ENGLISH))


class Shell:
    """Runs the README's lines in one folder, each in a shell of its own with the environment activated."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.server: subprocess.Popen[bytes] | None = None

    def run(self, line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def serve(self, port: int) -> None:
        self.server = subprocess.Popen(
            ["bash", "-c", "exec retort serve"], cwd=self.folder, env=self.environment, start_new_session=True
        )
        for _ in range(120):
            assert self.server.poll() is None, "retort serve has ended"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.5)
        raise AssertionError("retort serve does not answer")

    def stop(self) -> None:
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGTERM)
            self.server.wait(30)
            self.server = None


def _clone(folder: Path) -> Path:
    """A clone of HEAD with the working tree's files on top, committed, in this same environment."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    environment = folder / ".venv"
    environment.mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (environment / part).symlink_to(Path(sys.prefix) / part)
    (environment / ".installed").touch()  # newer than the lock: make installs nothing
    for line in (
        "config user.name Test",
        "config user.email test@example.org",
        "add -A",
        "commit -q -m State --allow-empty",
    ):
        subprocess.run(["git", *line.split()], cwd=folder, check=True)
    return folder


def _environment(tmp_path: Path, clone: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RETORT_", "PREFECT_", "DVC_"))
    }
    return kept | {
        "PATH": f"{clone / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(clone),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "RETORT_KEY_FILE": str(tmp_path / "key"),
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "OMP_NUM_THREADS": "2",
        "COLUMNS": "2000",
    }


TOPICS = {
    "billing": "invoice bill payment refund charge price receipt credit amount overdue discount",
    "delivery": "parcel courier package late shipping truck delivered missing box order tracking",
    "login": "password reset account screen browser locked email code sign error page username",
}
OTHER = """please could you tell me when this will work again because the last answer did not help and we have
been waiting for some time now but nobody in the office knows what to do about it or who should be asked"""


def _mails(path: Path) -> None:
    """A table of three topics, two rows of each person, as the section on one's own table supposes it."""
    draw = random.Random(7)
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("body,topic,customer_id\n")
        for number in range(400):
            topic = draw.choice(sorted(TOPICS))
            words = draw.sample(TOPICS[topic].split(), 5) + draw.sample(OTHER.split(), 9)
            draw.shuffle(words)
            stream.write(f"{' '.join(words)},{topic},c{number // 2}\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _shrink(path: Path, port: int) -> str:
    """Makes a run small, and gives the text that was there before."""
    before = path.read_text(encoding="utf-8")
    yaml = YAML()
    params = yaml.load(before)
    params["serve"]["port"] = port
    for section, changes in SMALL.items():
        for key, value in changes.items():
            if isinstance(value, dict):
                params[section][key].update(value)
            else:
                params[section][key] = value
    yaml.dump(params, path)
    return before
