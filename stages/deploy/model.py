"""A bundle opened for answering: the verified ONNX model, its tokenizer, and what comes before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages import tasks
from stages.artifacts import StageError
from stages.deploy import prepare
from stages.deploy.manifest import describe, verify
from stages.deploy.scoring import Scorer


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
        rows = self._scorer.probabilities([one.text for one in prepared])
        return [
            Answer(self.task.answer(row, self.labels), one.masked)
            for row, one in zip(rows, prepared, strict=True)
        ]


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
