"""The commands around the vault: forgetting people, keys, the log. Free of Prefect; DVC is imported late."""

import json
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from flows.errors import FlowError
from stages.artifacts import StageError
from stages.ingest.key import key_file
from stages.ingest.vault import Vault, open_or_make_vault, open_vault
from stages.params import Params, load


def named(subjects: list[str], file: Path | None) -> list[str]:
    """The people to forget. No message repeats a name.

    Raises:
        FlowError: none is named, or several without a file.
    """
    if file is not None:
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise FlowError(
                "--file: not a readable UTF-8 file; name one that holds a person a line"
            ) from None
        subjects = [*subjects, *text.splitlines()]
    elif len(subjects) > 1:
        raise FlowError("more than one name; put a person's name in quotes, and several people in --file")
    found = [name.strip() for name in subjects if name.strip()]
    if not found:
        raise FlowError("nobody is named; give a person in quotes, or --file")
    return found


def forget(people: list[str], say: Callable[[str], None], wait: float) -> bool:
    """Deletes people's keys and everything derived from them in this folder, its caches and remotes.

    Args:
        people: in plain, as the source names them.
        say: takes a line for each thing done; none names a person.
        wait: seconds to wait for another run in the same workspace.

    Returns:
        Whether models must be trained again.

    Raises:
        StageError: the vault cannot be opened.
        FlowError: the keys are deleted, but what was derived is not yet; the next run does it.
    """
    from flows.journal import pending
    from flows.purge import purge
    from flows.workspace import claim
    from stages.deploy.registry import registry_of

    params = load()
    vault, _ = open_or_make_vault(params.project.name, params.ingest.vault)
    done = vault.forget(people)
    say(
        f"{done.people} named: {done.known} erased, {done.before} erased before, "
        f"{done.people - done.known - done.before} never seen; none of them will be let in again"
    )
    if not done.known and params.ingest.columns.subject is None:
        say("ingest.columns.subject is null: no row says whom it is about, so no row can be found")
    with claim("an erasure", wait, say):
        journals = pending(params)
        if journals:
            purge(journals, registry_of(params), say)
    return bool(journals)


def conclude_after_release(params: Params, version: str) -> Iterator[str]:
    """Finishes the erasures that a release by hand ends: those that were purged before it."""
    from flows.conclusion import conclude
    from flows.journal import pending
    from flows.purge import STEPS
    from stages.deploy.registry import registry_of

    purged = [journal for journal in pending(params) if all(map(journal.is_done, STEPS))]
    if purged:
        yield from conclude(purged, registry_of(params), version)


def refuse_before_purge(params: Params) -> None:
    """Raises FlowError where an erasure is not purged yet: the bundle at hand may have met the people."""
    from flows.journal import pending
    from flows.purge import STEPS

    for journal in pending(params):
        if not all(map(journal.is_done, STEPS)):
            raise FlowError(f"the erasure {journal.erasure.id} is not finished; run `retort run` first")


def state() -> str:
    """Counts, ids, modes and times."""
    facts = _vault().state()
    path = key_file()
    if path.exists():
        facts["key file"] = f"{path} (mode {stat.S_IMODE(path.stat().st_mode):04o})"
    for former in sorted(path.parent.glob(f"{path.name}.*.old")):
        facts["former key"] = f"{former} (delete it once no vault or copy of one needs it)"
    return "\n".join(f"{name + ':':<18} {value}" for name, value in facts.items())


def rotate() -> str:
    """Rotates the master key; a line says what was done."""
    from stages.ingest.vault.rotation import rotate as rotate_keys

    params = load()
    done = rotate_keys(params.project.name, params.ingest.vault)
    return (
        f"the master key is {done.now} now (before: {done.before}); {done.keys} keys in {done.vaults} "
        f"{'vault' if done.vaults == 1 else 'vaults'} are wrapped by it. Keep a copy of {key_file()}; delete "
        f"{done.former} once no vault elsewhere needs it"
    )


def log_lines() -> Iterator[str]:
    """The entries of the log as JSON, oldest first."""
    for entry in _vault().log_entries():
        yield json.dumps(entry)


def verified() -> str:
    """A line that says that the log is whole.

    Raises:
        StageError: it is not.
    """
    found = _vault().verify_log()
    if found.complaint:
        raise StageError(f"the log is broken: {found.complaint}; what stands before it is whole")
    return f"the log is whole: {found.entries} entries"


def _vault() -> Vault:
    params = load()
    return open_vault(params.project.name, params.ingest.vault)
