"""What DVC and Prefect cost: the same stages in one process, through `dvc repro`, and through the flow.

    python benchmarks/overhead.py [ROWS]

Works in a temporary copy of the project, on the recipe tweets with few rows and a small network, so that the
overhead is not lost in the work. Each full run starts from nothing; each second run finds nothing to do.
Aims: a second `dvc repro` under 2 s, the flow at most 20 s over DVC.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from stages.params.model import Params
from stages.params.render import recipe, render

ROOT = Path(__file__).resolve().parents[1]
NOTHING = 3
"""how often a run with nothing to do is repeated; the median counts"""

IN_PROCESS = """
import importlib, sys
from flows.dag import Dag
from stages.params import load
params = load()
for stage in Dag().stages:
    module = stage.command.removeprefix("python -m ")
    name = module if module.count(".") > 1 else f"{module}.__main__"
    importlib.import_module(name).body(params)
"""
RETORT = [sys.executable, "-c", "from flows.command import app; app()", "run"]
REPRO = [sys.executable, "-m", "dvc", "repro"]


class Cost(NamedTuple):
    """What a command took. On a busy machine the CPU seconds are the ones to trust."""

    wall: float
    cpu: float


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    upgrade = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
    costs: dict[str, tuple[Cost, Cost | None]] = {}
    with tempfile.TemporaryDirectory(prefix="retort-overhead-") as folder:
        project = Path(folder) / "project"
        environment = prepare(project, rows)
        database = cost(upgrade, project, environment)
        clear(project)
        costs["one process"] = cost([sys.executable, "-c", IN_PROCESS], project, environment), None
        for name, command in {"dvc repro": REPRO, "the flow": RETORT}.items():
            clear(project)
            full = cost(command, project, environment)
            again = sorted(cost(command, project, environment) for _ in range(NOTHING))
            costs[name] = full, again[NOTHING // 2]
    show(rows, costs, database)


def prepare(project: Path, rows: int) -> dict[str, str]:
    """Copies the project, reduces its recipe, and gives the environment of a user of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project / name)
    who = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "a copy"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    values = recipe(project / "recipes/tweets.yaml").model_dump(by_alias=True)
    values["ingest"]["limit"] = rows
    values["clean"]["canaries"] = 20
    values["augment"] |= {"min_total": 100, "min_per_class": 10}
    values["train"] |= {"architecture": "mlp", "epochs": 1}
    values["evaluate"]["gates"] = dict.fromkeys(values["evaluate"]["gates"]) | {"accuracy": 0.0}
    values["distill"] |= {"student": "static", "epochs": 1}
    values["distill"]["gates"] |= {"retention": None, "size_mb": None, "speedup": None}
    values["schedule"]["release"] = False
    (project / "params.yaml").write_text(render(Params.model_validate(values)), encoding="utf-8")
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{project}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "PREFECT_HOME": str(project.parent / "prefect"),
        "RETORT_KEY_FILE": str(project.parent / "key"),
    }


def clear(project: Path) -> None:
    """Back to a fresh clone: no outputs, no lock, no cache."""
    for name in ("data", "reports", "models", "work", ".dvc/cache", ".dvc/tmp"):
        shutil.rmtree(project / name, ignore_errors=True)
    (project / "dvc.lock").unlink(missing_ok=True)


def cost(command: list[str], project: Path, environment: dict[str, str]) -> Cost:
    """Wall and CPU seconds of a command, which must succeed."""
    started, before = time.perf_counter(), os.times()
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - started, os.times()
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(round(wall, 2), round(cpu, 2))


def show(rows: int, costs: dict[str, tuple[Cost, Cost | None]], database: Cost) -> None:
    """Prints the table and, as the last line, the same as JSON."""
    base = costs["one process"][0]
    print(f"recipe tweets, {rows} rows, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; seconds\n")
    print(f"{'':<14}{'full':>8}{'ratio':>8}{'CPU':>8}{'ratio':>8}{'nothing to do':>16}{'CPU':>8}")
    for name, (full, again) in costs.items():
        line = f"{name:<14}{full.wall:>8.1f}{full.wall / base.wall:>8.2f}"
        line += f"{full.cpu:>8.1f}{full.cpu / base.cpu:>8.2f}"
        print(line if again is None else f"{line}{again.wall:>16.2f}{again.cpu:>8.2f}")
    (dvc, second), (flow, _) = costs["dvc repro"], costs["the flow"]
    if second:
        print(f"\nsecond dvc repro: {second.wall:.2f} s (aim: 2)")
    print(f"the flow over dvc repro: {flow.wall - dvc.wall:.1f} s in full (aim: 20)")
    print(f"once per machine: {database.wall:.1f} s to make Prefect's database")
    print(json.dumps({"rows": rows, "costs": costs, "database": database, "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
