"""The end of an erasure: affected models are retired, and the certificate is written."""

from flows.journal import Journal
from flows.purge import BEYOND, LOOKED
from stages.artifacts import StageError, read_verdict
from stages.deploy.line import JUDGES
from stages.deploy.registry import Registry
from stages.ingest.vault.log import now


def conclude(journals: list[Journal], store: Registry, released: str | None) -> list[str]:
    """Retires the versions that may have met erased people, and finishes the journals as certificates.

    Args:
        journals: the pending erasures, purged.
        store: the registry of the model.
        released: the version that is live now and was built without them; None where none passed.

    Returns:
        A line for each certificate.
    """
    affected = sorted({version for journal in journals for version in journal.read().get("models", [])})
    store.retire([version for version in affected if version != released], "an erasure")
    # a version made anew without them, to the same bytes, has nothing of theirs
    store.unmark([released] if released else [], "built again without them, to the same bytes")
    retired = store.state().retired
    for journal in journals:
        models = [
            {
                "version": version,
                "retired": version in retired,
                "why": "built again without them, to the same bytes" if version == released else "erasure",
            }
            for version in journal.read().get("models", [])
        ]
        journal.write(
            models_affected=models,
            released=released,
            looked_for_in=list(LOOKED),
            beyond_reach=list(BEYOND),
            finished=now(),
        )
    return [
        f"the erasure {journal.erasure.id} is finished; its certificate: {journal.path}"
        for journal in journals
    ]


def unfit() -> bool:
    """Whether a verdict of the line failed, so that nothing could be released, as against an accident."""
    for stage in (*JUDGES, "deploy"):
        try:
            if not read_verdict(stage).passed:
                return True
        except StageError:  # the line did not come so far
            continue
    return False
