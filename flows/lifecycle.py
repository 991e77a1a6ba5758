"""The whole line as a Prefect flow: one task per DVC stage, then the release and the report.

DVC decides what runs and keeps the results; nothing is cached a second time by Prefect.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator

from prefect import Task, flow
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed

from flows import conclusion, process, records
from flows.dag import Dag, Stage
from flows.errors import FlowError, StageFailed, one_line
from flows.journal import Journal, pending
from flows.purge import purge
from flows.records import Step
from flows.summary import verdict
from flows.workspace import claim
from stages.artifacts import BUNDLE, StageError
from stages.deploy.registry import Registry, registry_of
from stages.params import Params, ParamsError, load


def _no_empty_traceback(record: logging.LogRecord) -> bool:
    # Prefect logs a task that returns Failed with the traceback of no exception, a line `NoneType: None`
    if record.exc_info and record.exc_info[0] is None:
        record.exc_info = None
    return True


logging.getLogger("prefect.task_runs").addFilter(_no_empty_traceback)


@flow(name="lifecycle", persist_result=False, cache_result_in_memory=False)
def lifecycle(wait: float = 600.0) -> State:
    """Brings every stage up to date, releases a model that passes, and writes the report.

    An erasure that is not finished is finished first: see `flows.erasure`.

    Runs in the project's folder. Ends Failed with `stage: reason` where a stage fails.

    Args:
        wait: seconds to wait for another run in the same workspace.
    """
    return whole("a run of the flow", wait)


def whole(purpose: str, wait: float) -> State:
    """The body of the flow, within a flow run."""
    log = get_run_logger()
    try:
        params = load()
        with claim(purpose, wait, log.info) as hold:
            return _line(params, pending(params), hold)
    except (ParamsError, FlowError, StageError) as error:
        return Failed(message=one_line(error))


def _line(params: Params, erasures: list[Journal], hold: int) -> State:
    store = registry_of(params)
    steps = [_step("erase", _erase, erasures, store)] if erasures else []
    if not any(step.failed for step in steps):
        line = list(_stages(Dag(), hold))
        # an erasure ends with what there is: a search would keep the people's models for longer
        if not erasures and params.optimise.when == "failed" and _unfit(line):
            steps.append(_step("optimise", _optimise, params, hold))
            if not steps[-1].failed:
                line = list(_stages(Dag(), hold))
        steps += line
    failure = next((step for step in steps if step.failed), None)
    if failure is None and params.schedule.release:
        # after an erasure the models that met the people must go: only the gates count then
        steps.append(_step("release", _release, store, None if erasures else params))
    if erasures:
        steps += _concluded(steps, erasures, store)
    steps.append(_step("report", _report, hold))
    records.publish(steps)
    failure = failure or next((step for step in steps if step.failed), None)
    if failure:
        searched = any(step.name == "optimise" and not step.failed for step in steps)
        short = "not good enough: " if searched and _unfit(steps) else ""
        return Failed(message=f"{short}{failure.name}: {failure.note}")
    ran = sum(step.done == "ran" for step in steps if step.stage)
    kept = "".join(f"; {step.note}" for step in steps if step.done == "kept")
    return Completed(message=f"{ran} of {sum(step.stage for step in steps)} stages ran{kept}")


def _unfit(steps: list[Step]) -> bool:
    """Whether these steps came to evaluate, and its verdict failed."""
    judged = any(step.name == "evaluate" and step.done not in ("failed", "not run") for step in steps)
    return judged and verdict("evaluate") == "failed"


def _stages(dag: Dag, hold: int) -> Iterator[Step]:
    states: dict[str, State] = {}
    failed = False
    for stage in dag.stages:
        if failed:
            yield Step(stage.name, "not run", 0.0, "", stage=True)
            continue
        started = time.monotonic()
        task = _task(stage.name, _stage).with_options(description=stage.command)
        state = task(stage, dag, hold, wait_for=[states[name] for name in stage.upstream], return_state=True)
        states[stage.name] = state
        failed = not state.is_completed()
        yield Step.of(stage.name, state, time.monotonic() - started, stage=True)


def _concluded(steps: list[Step], erasures: list[Journal], store: Registry) -> Iterator[Step]:
    """The end of an erasure: after a release, or where the line shows that there can be none."""
    erased, *others = steps
    if erased.failed:  # the verdicts at hand may still be those of the models that met the people
        return
    released = any(step.name == "release" and not step.failed for step in others)
    if released or (any(step.failed for step in others) and conclusion.unfit()):
        yield _step("conclude", _conclude, erasures, store, released)


def _step(name: str, function: Callable[..., State], *arguments: object) -> Step:
    started = time.monotonic()
    state: State = _task(name, function)(*arguments, return_state=True)
    return Step.of(name, state, time.monotonic() - started)


def _task(name: str, function: Callable[..., State]) -> Task[..., State]:
    return Task(
        fn=function,
        name=name,
        task_run_name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        cache_result_in_memory=False,
    )


def _stage(stage: Stage, dag: Dag, hold: int) -> State:
    """One stage: nothing where DVC calls it unchanged, else `dvc repro -s` with its lines in the log."""
    log = get_run_logger()
    try:
        if not dag.changed(stage.name):
            return Completed(name="Unchanged")
        restored = process.repro(stage.name, log.info, hold)
    except StageFailed as error:
        return Failed(message=f"{one_line(error)} (by hand: dvc repro -s {stage.name})")
    except FlowError as error:
        return Failed(message=one_line(error))
    return Completed(name="Restored") if restored else Completed(name="Ran")


def _erase(erasures: list[Journal], store: Registry) -> State:
    """Removes what was derived from people who were erased."""
    try:
        purge(erasures, store, get_run_logger().info)
    except (FlowError, StageError) as error:
        return Failed(message=one_line(error))
    return Completed(name="Ran")


def _conclude(erasures: list[Journal], store: Registry, released: bool) -> State:
    """Retires the models that may have met them, and writes the certificates."""
    try:
        live = store.live() if released else None
        for line in conclusion.conclude(erasures, store, live):
            get_run_logger().info(f"[erase] {line}")
    except StageError as error:
        return Failed(message=one_line(error))
    return Completed(name="Ran")


def _optimise(params: Params, hold: int) -> State:
    """Searches for better settings, and takes the best into the workspace."""
    from flows.optimise import optimised  # Optuna takes a second to import

    log = get_run_logger()
    try:
        log.info(f"[optimise] {optimised(params, log.info, hold).words()}")
    except (FlowError, StageError) as error:
        return Failed(message=f"{one_line(error)} (by hand: retort optimise)")
    return Completed(name="Ran")


def _report(hold: int) -> State:
    """Writes reports/index.html, after a failure too."""
    lines: list[str] = []
    code = process.run([sys.executable, "-m", "stages.report"], lines.append, hold)
    if code:
        return Failed(message=one_line(process.reason("report", lines, code)))
    for line in lines:
        get_run_logger().info(line)
    return Completed(name="Ran")


def _release(store: Registry, params: Params | None) -> State:
    """Makes the bundle that passed the live one, unless the one that is live may be better."""
    from stages.deploy.release import KeptError, contest_of, release

    contest = None if params is None else contest_of(params)
    try:
        done = release(BUNDLE, store, "a run of the line", contest)
    except KeptError as kept:
        get_run_logger().warning(f"[release] {one_line(kept)}")
        return Completed(name="Kept", message=one_line(kept))
    except StageError as error:
        return Failed(message=one_line(error))
    get_run_logger().info(
        f"[release] {store.name} {done.version} is live" + ("" if done.changed else " already")
    )
    return Completed(name="Ran" if done.changed else "Unchanged", message=done.version)
