"""Answers for a text, or for each of its tokens: one class, with its score."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI

from stages import tasks
from stages.clean.masking import TYPES
from stages.clean.masking.marks import mark
from stages.deploy import prepare
from stages.deploy.families import predict_routes
from stages.deploy.families.base import Exchange
from stages.deploy.scoring import Scored, Scorer
from stages.deploy.service import Service
from stages.tasks import Places
from stages.tasks.moving import Moving

_SPELT = re.compile(r"\[ ?([a-z]+(?: ?_ ?[a-z]+)*?)(?: ?_ ?([0-9a-f]{8}))? ?\]")
"""a token as the wordpieces of a pretrained tokenizer spell it, such as `[ birth _ date _ 7f3a2c91 ]`"""


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
        self.task = tasks.get(description["task"]).tuned(description["student"].get("tuning", {}))
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
            Answer(self._said(row, one, text), one.masked)
            for row, one, text in zip(rows, prepared, texts, strict=True)
        ]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """What it says of texts that are masked and normalised already: float64, shape (rows, outputs)."""
        return self.task.probabilities(np.stack([row.logits for row in self._scorer.scored(texts)]))

    def masker(self) -> dict[str, Any]:
        return self._preparer.masker()

    def exchanges(self, rows: Sequence[Sequence[int]], vouched: Callable[[str], bool]) -> Iterator[Exchange]:
        """Asked one by one and all at once: both shapes are served."""
        masked = masked_again(self._preparer, [self._scorer.decode(row) for row in rows])
        texts = [text for text in masked if text and vouched(text)]
        for text in texts:
            yield {"path": "/predict", "body": {"text": text}, "answer": self._recorded([text])}
        if texts:
            yield {"path": "/predict", "body": {"texts": texts}, "answer": self._recorded(texts)}

    def mount(self, app: FastAPI, service: Service, ready: Callable[[], None]) -> frozenset[str]:
        return predict_routes.add(app, self, service, ready)

    def _recorded(self, texts: Sequence[str]) -> dict[str, Any]:
        return {"answers": [answer.value for answer in self.predict(texts)]}

    def _said(self, row: Scored, prepared: prepare.Prepared, text: str) -> dict[str, Any]:
        probabilities = self.task.probabilities(row.logits)
        return self.task.answer(probabilities, self.labels, self._told(row, prepared, text))

    def _told(self, row: Scored, prepared: prepare.Prepared, text: str) -> Places | None:
        """Where the tokens stand in the caller's own text, for a task that tells."""
        if not self.task.per_token:
            return None
        moving = Moving(prepared.text, text)
        return [moving(*place) for place in row.places]


def open_model(folder: Path, version: str, description: dict[str, Any]) -> ServedModel:
    """The classifier in `folder`; see `families.opened`."""
    scorer = Scorer(
        folder / "model.onnx",
        folder / "tokenizer.json",
        int(description["max_length"]),
        int(description["pad_id"]),
    )
    return ServedModel(version, description, scorer, prepare.from_settings(description["prepare"]))


def masked_again(preparer: prepare.Preparer, texts: Sequence[str]) -> Iterator[str]:
    """Texts put together from tokens, as the masker leaves them; those it does not vouch for are left out."""
    known = preparer.own_types().union(TYPES)

    def token(spelt: re.Match[str]) -> str:
        kind = spelt[1].replace(" ", "").upper()
        return mark(kind, spelt[2]) if kind in known else spelt[0]

    for text in texts:
        with suppress(prepare.UnvouchedError):
            (found,) = preparer([_SPELT.sub(token, text)])
            yield found.text
