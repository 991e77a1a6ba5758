"""The flow of an erasure: what was derived from erased people goes, the line is run without them, a model
that passes is released, those that may have met them are retired, and a certificate is written.

`retort forget` has deleted the people's keys before, so nothing here knows who they are. Every run of the
lifecycle does the same where an erasure is not finished: so the next run finishes what a crash has cut off.

A release needs the verdicts of its own line only, and no comparison with the live model, which may not stay.
Where they fail, that model is retired all the same, and nothing is live until another passes.
"""

from prefect import flow
from prefect.client.schemas.objects import State

from flows.lifecycle import whole


@flow(name="erasure", persist_result=False, cache_result_in_memory=False)
def erasure(wait: float = 600.0) -> State:
    """Finishes the erasures that are not finished. Runs in the project's folder.

    Args:
        wait: seconds to wait for another run in the same workspace.
    """
    return whole("an erasure", wait)
