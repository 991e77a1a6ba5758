"""What DVC and Prefect cost: the same stages in one process, through `dvc repro`, and through the flow.

    python benchmarks/overhead.py [ROWS]

Works in a temporary copy of the project, on the recipe tweets with few rows and a small network, so that the
overhead is not lost in the work. Each full run starts from nothing; each second run finds nothing to do.
Aims: a second `dvc repro` under 2 s, the flow at most 20 s over DVC.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    with tempfile.TemporaryDirectory(prefix="retort-overhead-") as folder:
        project = Path(folder) / "project"
        environment = prepare(project, rows)
        database = timed(
            [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"], project, environment
        )
        times: dict[str, tuple[float, float | None]] = {}
        clear(project)
        times["one process"] = timed([sys.executable, "-c", IN_PROCESS], project, environment), None
        for name, command in {"dvc repro": REPRO, "the flow": RETORT}.items():
            clear(project)
            full = timed(command, project, environment)
            again = statistics.median(timed(command, project, environment) for _ in range(NOTHING))
            times[name] = full, again
    show(rows, times, database)


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
    values["evaluate"]["gates"] = dict.fromkeys(values["evaluate"]["gates"]) | {"accuracy": 0.2}
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


def timed(command: list[str], project: Path, environment: dict[str, str]) -> float:
    """Wall seconds of a command, which must succeed."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(
            f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
    return seconds


def show(rows: int, times: dict[str, tuple[float, float | None]], database: float) -> None:
    """Prints the table and, as the last line, the same as JSON."""
    base = times["one process"][0]
    print(f"recipe tweets, {rows} rows, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':<14}{'full, s':>10}{'ratio':>8}{'nothing to do, s':>20}")
    for name, (full, again) in times.items():
        print(f"{name:<14}{full:>10.1f}{full / base:>8.2f}{'' if again is None else f'{again:.2f}':>20}")
    (dvc, dvc_again), (flow, flow_again) = times["dvc repro"], times["the flow"]
    over = {"full": round(flow - dvc, 1), "nothing to do": round((flow_again or 0) - (dvc_again or 0), 1)}
    print(
        f"\nflow over dvc: {over['full']} s in full, {over['nothing to do']} s with nothing to do (aim: 20)"
    )
    print(f"second dvc repro: {dvc_again:.2f} s (aim: 2)")
    print(f"once per machine: {database:.1f} s to make Prefect's database")
    print(json.dumps({"rows": rows, "seconds": times, "flow_over_dvc": over, "database": database}))


if __name__ == "__main__":
    main()
