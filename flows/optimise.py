"""Searches for better settings: each trial is a DVC experiment up to train, judged by its validation score.

The test split takes no part: evaluate is not run by a trial. Trials are kept in `work/optimise/`, so that a
search that was stopped goes on. The experiments are listed by `dvc exp show`.
"""

import json
import re
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import TrialState

from flows import process, space
from flows.errors import Busy, FlowError
from stages import tasks
from stages.artifacts import SOURCE, WORK
from stages.params import Params

STUDIES = WORK / "optimise"
TARGET = "train"
"""the last stage of a trial"""
_METRICS = "reports/train/metrics.json"
_EPOCH = re.compile(r"^\[train\] epoch (?P<epoch>\d+)/\d+: .*; valid (?P<scores>[^;]+);")
_DONE = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

Say = Callable[[str], None]
Run = Callable[[str, dict[str, Any], Callable[[str], None]], dict[str, float]]
"""runs the experiment of a name with its settings, line by line, and gives its validation scores"""


@dataclass(frozen=True)
class Found:
    """The best trial of a search."""

    experiment: str
    score: str
    value: float
    settings: dict[str, Any]
    trials: int

    def words(self) -> str:
        """In one line."""
        about = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        return (
            f"best of {self.trials} trials: {about}: valid {self.score} {self.value:.4f} ({self.experiment})"
        )


class _Pruned(Exception):
    """The trial is worse than the median of the others at the same epoch."""


def optimised(params: Params, say: Say, hold: int | None = None) -> Found:
    """Searches, and takes the best settings into the workspace; raises as `search` and `apply` do."""
    found = search(params, say, lambda name, settings, hear: experiment(name, settings, hear, hold))
    apply(found, hold)
    return found


def search(params: Params, say: Say, run: Run, folder: Path = STUDIES) -> Found:
    """Runs trials until their number or the time is spent, and gives the best one of all.

    Args:
        say: gets a line for each trial.
        run: runs one trial; see `experiment`.
        folder: where the trials are kept.

    Raises:
        FlowError: the space cannot be searched, or no trial came to a score.
        Busy: another DVC process is at work.
    """
    space.check(params)
    task = tasks.get(params.project.task)
    source = SOURCE.read_bytes() if SOURCE.is_file() else b""
    key, score = space.digest(params, source), task.headline
    study = _study(
        folder, key, params.project.seed, StudyDirection.MINIMIZE if task.writes else StudyDirection.MAXIMIZE
    )
    start = space.starting(params)
    if start is not None and not study.trials:
        study.enqueue_trial(start)
    end = time.monotonic() + 60 * params.optimise.minutes
    while _spent(study) < params.optimise.trials and time.monotonic() < end:
        _trial(study, params, key, score, say, run)
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        raise FlowError("optimise: no trial came to a score; see the lines of the trials above")
    best = study.best_trial
    return Found(_name(key, best.number), score, float(best.values[0]), best.params, _spent(study))


def experiment(name: str, settings: dict[str, Any], hear: Say, hold: int | None = None) -> dict[str, float]:
    """Runs `dvc exp run --temp` up to train; gives the validation scores of the epoch that train kept.

    Raises:
        StageFailed: with the stage's own reason.
        Busy: another DVC process is at work.
    """
    import dvc.api

    tail: deque[str] = deque(maxlen=200)

    def listen(line: str) -> None:
        tail.append(line)
        hear(line)

    sets = [part for key, value in settings.items() for part in ("-S", f"{key}={json.dumps(value)}")]
    command = [sys.executable, "-m", "dvc", "exp", "run", "--temp", "-n", name, *sets, TARGET]
    process.run([sys.executable, "-m", "dvc", "exp", "remove", "-q", name], lambda line: None, hold)
    code = process.run(command, listen, hold)
    if code:
        raise process.reason(TARGET, tail, code)
    # `metrics_show` of DVC 3.67 does not find cached metrics of another revision
    return dict(json.loads(dvc.api.read(_METRICS, rev=name))["valid"])


def apply(found: Found, hold: int | None = None) -> None:
    """Takes the settings of the best trial into the workspace.

    Raises:
        FlowError: DVC cannot.
    """
    lines: list[str] = []
    code = process.run([sys.executable, "-m", "dvc", "exp", "apply", found.experiment], lines.append, hold)
    if code:
        why = process.reason("optimise", lines, code)
        raise FlowError(f"optimise: {found.experiment}: {why}; commit dvc.lock after `dvc repro`, then again")


def _trial(study: optuna.Study, params: Params, key: str, score: str, say: Say, run: Run) -> None:
    trial = study.ask()
    settings = space.suggested(trial, params)
    about = ", ".join(f"{name} {value}" for name, value in settings.items())
    say(f"[optimise] trial {trial.number + 1} of {params.optimise.trials}: {about}")

    def hear(line: str) -> None:
        if epoch := _EPOCH.match(line):
            say(line)
            scores = dict(one.rsplit(" ", 1) for one in epoch["scores"].split(", "))
            if score in scores:
                trial.report(float(scores[score]), int(epoch["epoch"]))
                if trial.should_prune():
                    raise _Pruned

    try:
        value = run(_name(key, trial.number), settings, hear)[score]
    except _Pruned:
        study.tell(trial, state=TrialState.PRUNED)
        say(f"[optimise] trial {trial.number + 1}: worse than the median, ended")
    except Busy:
        study.tell(trial, state=TrialState.FAIL)
        raise
    except FlowError as error:
        study.tell(trial, state=TrialState.FAIL)
        say(f"[optimise] trial {trial.number + 1} failed: {error}")
    else:
        study.tell(trial, value)
        say(f"[optimise] trial {trial.number + 1}: valid {score} {value:.4f}")


def _study(folder: Path, key: str, seed: int, direction: StudyDirection) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    return optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(folder / f"{key}.log"))),
        study_name=key,
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3),
        direction=direction,
        load_if_exists=True,
    )


def _spent(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=_DONE))


def _name(key: str, number: int) -> str:
    return f"optimise-{key}-{number + 1}"
