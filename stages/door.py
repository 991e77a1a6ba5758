"""The door of every stage: reads params, runs the body, measures it, turns every failure into one line."""

import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from stages.artifacts import FULL, WORK, StageError, full_disk, report, write_json
from stages.params import Params, ParamsError, load

# Read by OpenMP when torch is imported, which is later: threads that spin while they wait for each other make
# training several times slower on a machine that has anything else to do.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def enter(stage: str, body: Callable[[Params], None]) -> NoReturn:
    """Runs `body` as the process of `stage` and exits: 0 when it ends well, 1 with one line when it does not.

    Writes `reports/<stage>/resources.json`: wall and CPU seconds, peak memory in MiB, energy in watt-hours
    (CPU seconds times `evaluate.watts` over the number of cores).
    """
    started = time.monotonic()
    try:
        params = load()
        body(params)
        _measure(stage, started, params.evaluate.watts)
    except (StageError, ParamsError) as error:
        _fail(stage, " ".join(str(error).split()))
    except MemoryError:
        _fail(stage, "out of memory; lower the batch size, chunk_rows or limit")
    except Exception as error:  # the message of an unforeseen error may quote a row: only its place is shown
        if full_disk(error, WORK):  # a library's own file, written around stages.artifacts
            _fail(stage, f"the project's folder or the temporary one: {FULL}")
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if f"{os.sep}stages{os.sep}" in frame.filename] or frames
        place = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
        _fail(
            stage, f"unforeseen {type(error).__name__} at {place}; its text is withheld, as it may quote data"
        )
    sys.exit(0)


def say(stage: str, line: str) -> None:
    """One line of progress. Counts and names of columns only, never data."""
    print(f"[{stage}] {line}", flush=True)


def _fail(stage: str, line: str) -> NoReturn:
    print(f"error: {stage}: {line}", file=sys.stderr, flush=True)
    sys.exit(1)


def _measure(stage: str, started: float, watts: float) -> None:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    peak = max(usage.ru_maxrss for usage in usages)
    unit = 1 if sys.platform == "darwin" else 1024
    write_json(
        report(stage) / "resources.json",
        {
            "seconds": round(time.monotonic() - started, 2),
            "cpu_seconds": round(cpu, 2),
            "peak_mib": round(peak * unit / 2**20, 1),
            "energy_wh": round(cpu * watts / (os.cpu_count() or 1) / 3600, 4),
        },
    )
