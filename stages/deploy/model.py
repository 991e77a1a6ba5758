"""A bundle opened for answering: the verified ONNX model, its tokenizer, and what comes before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages import tasks
from stages.artifacts import StageError
from stages.deploy import prepare
from stages.deploy.manifest import describe, verify
from stages.deploy.scoring import Scored, Scorer
from stages.tasks import Places
from stages.tasks.moving import Moving


@dataclass(frozen=True)
class Answer:
    """The answer to one text."""

    value: dict[str, Any]
    """what the task gives, such as label, score and scores"""
    masked: dict[str, int]
    """how many values of each type were masked before scoring"""


class ServedModel:
    """An open bundle. Safe to use from several threads."""

    def __init__(
        self, version: str, description: dict[str, Any], scorer: Scorer, preparer: prepare.Preparer
    ) -> None:
        self.version = version
        self.description = description
        self.name: str = description["name"]
        self.labels: list[str] = description["labels"]
        self.task = tasks.get(description["task"])
        self._scorer = scorer
        self._preparer = preparer

    def predict(self, texts: Sequence[str]) -> list[Answer]:
        """Masks `texts`, then answers each, in their order. Nothing but the masker sees them as they were.

        Raises:
            UnvouchedError: the masker cannot vouch for one of them; none is scored.
        """
        if not texts:
            return []
        prepared = self._preparer(texts)
        rows = self._scorer.scored([one.text for one in prepared])
        return [
            Answer(self.task.answer(row.probabilities, self.labels, self._told(row, one, text)), one.masked)
            for row, one, text in zip(rows, prepared, texts, strict=True)
        ]

    def _told(self, row: Scored, prepared: prepare.Prepared, text: str) -> Places | None:
        """Where the tokens stand in the caller's own text, for a task that tells."""
        if not self.task.per_token:
            return None
        moving = Moving(prepared.text, text)
        return [moving(*place) for place in row.places]


def open_bundle(folder: Path) -> ServedModel:
    """Verifies and opens a bundle.

    Raises:
        StageError: a file is missing, extra or changed, the format is newer, or a part cannot be loaded.
    """
    version = verify(folder)
    found = describe(folder)
    try:
        scorer = Scorer(
            folder / "model.onnx", folder / "tokenizer.json", int(found["max_length"]), int(found["pad_id"])
        )
        return ServedModel(version, found, scorer, prepare.from_settings(found["prepare"]))
    except (KeyError, TypeError, ValueError):
        raise StageError(f"{folder / 'bundle.json'}: incomplete; run `dvc repro deploy`") from None
