"""What a run of the flow leaves in Prefect: a table of its steps, with verdicts and times, and no data."""

from dataclasses import dataclass

from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State

from flows.summary import verdict


@dataclass(frozen=True)
class Step:
    """One step of a run: a stage of DVC, or what the flow adds to them."""

    name: str
    done: str
    """ran, restored (from DVC's cache), unchanged, kept (the live model), failed, or not run"""
    seconds: float
    note: str
    """why it failed, or why the live model stays"""
    stage: bool = False
    """whether it is a stage of DVC"""

    @property
    def failed(self) -> bool:
        return self.done == "failed"

    @classmethod
    def of(cls, name: str, state: State, seconds: float, stage: bool = False) -> "Step":
        """A step from the state its task ended in."""
        if state.is_completed():
            done = (state.name or "ran").lower()
            note = state.message or "" if done == "kept" else ""
            return cls(name, done, round(seconds, 2), note, stage)
        return cls(name, "failed", round(seconds, 2), state.message or state.type.value, stage)


def publish(steps: list[Step]) -> None:
    """Makes the table an artifact of the current flow run."""
    rows = [
        {
            "step": step.name,
            "done": step.done,
            "verdict": verdict(step.name) if step.stage and step.done != "not run" else "",
            "seconds": step.seconds,
            "note": step.note,
        }
        for step in steps
    ]
    create_table_artifact(rows, key="lifecycle", description="What each step of the run did")
