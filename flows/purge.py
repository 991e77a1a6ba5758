"""Removes what was derived from people who were erased. The steps of a killed purge are done again.

Their sealed records are noise already, as the vault has deleted their keys. Masked rows and models are not,
and lie in files with those of others: so everything derived goes, and the next run makes it anew.
"""

from collections.abc import Callable

from flows.journal import Journal
from flows.objects import Objects, drop_experiments, experiments, refuse_beside_dvc, remove, remove_if
from flows.workspace import LOCK
from stages.artifacts import WORK
from stages.deploy.registry import Registry

LOOKED = (
    "the vault: data keys",
    "every DVC remote: what any commit, branch, tag, stash, experiment, run cache or the local cache names",
    "DVC's cache and run cache",
    "DVC's experiments, their references in git and their folders",
    "the outputs of every stage, and what killed runs have left beside them",
    "work/",
    "the registry's versions",
)
BEYOND = (
    "the source itself, which is the user's",
    "copies of the vault that were made before: a new master key (`retort keys rotate`) makes them useless",
    "in a cache or remote that other projects share: the source's fingerprints of runs never committed",
    "models in an object store that keeps former versions of its files, or in a backup of it",
    "copies of derived files, experiments or models that were taken out of this folder and its remotes",
    "what another folder's teacher learned, if train.start_from names it",
)


def purge(journals: list[Journal], store: Registry, say: Callable[[str], None]) -> None:
    """Removes what was derived before these erasures. To be called by the holder of the workspace.

    Args:
        journals: the pending erasures.
        store: the registry of the model.
        say: takes a line for each step.

    Raises:
        FlowError: a remote cannot be reached, or a stage runs; the next run goes on from there.
    """
    refuse_beside_dvc()
    for step, act in STEPS.items():
        due = [journal for journal in journals if not journal.is_done(step)]
        if due:
            act(due, store, lambda line, step=step: say(f"[erase] {step}: {line}"))  # type: ignore[misc]
            for journal in due:
                journal.done(step)


def _models(due: list[Journal], store: Registry, say: Callable[[str], None]) -> None:
    """Marks the versions that may have met the people: those first released after they came."""
    for journal in due:
        affected = store.versions_since(journal.erasure.since)
        store.mark(affected, journal.erasure.id)
        journal.write(models=affected)
        say(f"{len(affected)} versions are marked")


def _remotes(due: list[Journal], store: Registry, say: Callable[[str], None]) -> None:
    objects = Objects()
    for remote in objects.remotes():
        found = objects.in_remote(remote)
        _begin(due, "remotes", {remote: len(found)})
        for files, path in found:
            files.remove(path)
        say(f"{len(found)} objects removed from {remote}")


def _cache(due: list[Journal], store: Registry, say: Callable[[str], None]) -> None:
    found = Objects().in_cache()
    _begin(due, "cache", {"objects": len(found)})
    for path in found:
        remove(path)
    say(f"{len(found)} objects removed")


def _experiments(due: list[Journal], store: Registry, say: Callable[[str], None]) -> None:
    found = experiments()
    _begin(due, "experiments", {"references": len(found)})
    drop_experiments(found)
    say(f"{len(found)} references removed")


def _workspace(due: list[Journal], store: Registry, say: Callable[[str], None]) -> None:
    found = Objects().outputs()
    if WORK.is_dir():
        found += [path for path in WORK.iterdir() if path != LOCK]
    _begin(due, "workspace", {"outputs": len(found)})
    for path in found:
        remove_if(path)
    say(f"{len(found)} outputs removed")


def _begin(due: list[Journal], step: str, found: dict[str, int]) -> None:
    for journal in due:
        journal.begin(step, found)


# remotes and cache before the experiments, whose references name what to look for
STEPS = {
    "models": _models,
    "remotes": _remotes,
    "cache": _cache,
    "experiments": _experiments,
    "workspace": _workspace,
}
