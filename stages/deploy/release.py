"""Releasing, rolling back and retiring: what moves `live`, and only to a version that is fit for it.

The DVC stage never does this: an experiment must not move what is served.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.artifacts import Check, StageError
from stages.deploy import line
from stages.deploy.champion import Comparison, compare
from stages.deploy.manifest import describe, verify
from stages.deploy.moves import State
from stages.deploy.registry import Registry
from stages.params import Params
from stages.params.deploy import Champion


class KeptError(StageError):
    """What is live stays: the test split does not say that the other model may take its place."""


@dataclass(frozen=True)
class Contest:
    """How a release is held against what is live."""

    params: Champion
    seed: int
    """of the bootstrap's draws"""


def contest_of(params: Params) -> Contest:
    """The comparison that `params` ask for."""
    return Contest(params.deploy.champion, params.project.seed)


@dataclass(frozen=True)
class Release:
    """What a release or a rollback did."""

    version: str
    previous: str | None
    """the version that was live before; None where nothing was"""
    changed: bool
    """whether the live version is another one now"""


def release(bundle: Path, store: Registry, why: str, contest: Contest | None = None) -> Release:
    """Copies `bundle` into the registry and makes it live. Releasing what is live already changes nothing.

    Args:
        bundle: a bundle that `dvc repro deploy` built, under the registry's name.
        store: the registry; it is made when it is missing.
        why: kept in the history, with what the comparison said.
        contest: how it is compared with what is live; None counts the gates alone, as after an erasure.

    Raises:
        KeptError: the live model may be better by more than the tolerance.
        StageError: the bundle is damaged, a verdict on its line or its own replay failed, it was retired, or
            another move came first. What was live stays live.
    """
    state = store.state()
    version = verify(bundle)
    description = describe(bundle)
    if description.get("name") != store.name:
        raise StageError(f"{bundle}: built under another name than {store.name}; run `dvc repro deploy`")
    line.recorded(description, bundle)
    checks = line.passed("deploy").checks
    if {check.name: check.value for check in checks}.get("bundle") != version:
        raise StageError(f"{bundle}: {version} is not the bundle that was replayed; run `dvc repro deploy`")
    if version in state.retired:
        raise StageError(f"{bundle}: {version} was retired for good; run `dvc repro` for another")
    verdicts = {**_verdicts(description), "deploy": _values(checks)}
    if state.live != version:
        found = _compared(bundle, store, state, contest)
        if isinstance(found, Comparison):
            if not found.fit:
                raise KeptError(f"{state.live} stays live: {version} may be worse: {found.words()}")
            verdicts["champion"] = found.record()
            why = f"{why}; {found.words()}"
        elif found:
            why = f"{why}; not compared: {found}"
    store.publish(bundle)
    if state.live != version:
        store.move(state, version, "release", why, verdicts)
        store.sweep()
    return Release(version, state.live, state.live != version)


def rollback(store: Registry, version: str | None, why: str) -> Release:
    """Makes an earlier version live again, after checking it as if it were new.

    Args:
        store: the registry.
        version: the version; None takes the one that was live before what is live now.
        why: kept in the history.

    Raises:
        StageError: there is none, it is damaged, retired or about to be, or another move came first.
    """
    state = store.state()
    chosen = version or _before(store, state)
    if chosen in state.marked:
        raise StageError(
            f"{store.place}: {chosen} is to be retired by {state.marked[chosen]}; choose another"
        )
    with store.fetched(chosen) as folder:
        description = describe(folder)
        line.recorded(description, f"{store.place}/{chosen}")
    if state.live != chosen:
        store.move(state, chosen, "rollback", why, _verdicts(description))
        store.sweep()
    return Release(chosen, state.live, state.live != chosen)


def retire(store: Registry, version: str, why: str) -> bool:
    """Takes a version out of service for good: it can never be served again, and its files go.

    Returns:
        Whether it was live, so that nothing is live now.

    Raises:
        StageError: nothing is known of such a version.
    """
    state = store.state()
    known = {*store.folders(), *(record["version"] for record in store.history())}
    if version not in known:
        raise StageError(f"{store.place}: no version {version}; `retort releases` lists them")
    store.retire([version], why)
    return state.live == version


def _compared(
    bundle: Path, store: Registry, state: State, contest: Contest | None
) -> Comparison | str | None:
    """What the test split says of the live model and this one, or why it is not asked; None without one."""
    if state.live is None:
        return None
    if contest is None:
        return "the gates alone count"
    if state.live in state.marked:
        return f"{state.live} is to be retired by {state.marked[state.live]}"
    with ExitStack() as stack:
        try:
            live = stack.enter_context(store.fetched(state.live))
        except StageError:  # it answers nobody: it must not stand in the way of one that does
            return f"{state.live} is damaged or not there"
        return compare(live, bundle, contest.params, contest.seed)


def _before(store: Registry, state: State) -> str:
    """The last version that was live before the one that is, and still may be."""
    there = set(store.versions())
    for record in reversed(store.history()):
        found = record["previous"]
        if found and found != state.live and found in there and found not in state.marked:
            return str(found)
    raise StageError(
        f"{store.place}: no earlier version to go back to; `retort releases` lists what there is"
    )


def _verdicts(description: dict[str, Any]) -> dict[str, Any]:
    """What each check of the line measured, by stage: all of them passed."""
    return {
        stage: _values([Check(**check) for check in checks])
        for stage, checks in description["verdicts"].items()
    }


def _values(checks: Any) -> dict[str, Any]:
    return {check.name: check.value for check in checks}
