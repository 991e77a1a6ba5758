"""Answers questions: reads a context that is given, or the passages of the bundle that a search finds."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from tokenizers import Tokenizer

from stages.artifacts import CLEAN, SPLITS, StageError, read_json, read_table, write_json
from stages.deploy import prepare
from stages.deploy.families import spans_routes
from stages.deploy.families.base import Exchange
from stages.deploy.families.predict import masked_again
from stages.deploy.scoring import Scorer
from stages.deploy.service import Service
from stages.evaluate.answers import Found, Reader, Reading
from stages.evaluate.retrieval import Passage, Retriever, passages_of
from stages.evaluate.retrieval.dense import MAX_LENGTH, Embedder
from stages.tasks.moving import Moving
from stages.tasks.question_answering.columns import join, part
from stages.tasks.question_answering.decode import Calibration

PASSAGES, VECTORS, ENCODER, TOKENIZER = "passages.json", "passages.npy", "sentences.onnx", "sentences.json"


@dataclass(frozen=True)
class Answer:
    """The answer to one question."""

    value: dict[str, Any]
    """`answer` (null: it is not known), `score`, `start`, `end` and `passage`"""
    masked: dict[str, int]
    """how many values of each type were masked before reading"""


class Answering:
    """An open bundle. Safe to use from several threads."""

    def __init__(
        self,
        version: str,
        description: dict[str, Any],
        scorer: Scorer,
        reader: Reader,
        retriever: Retriever,
        preparer: prepare.Preparer,
    ) -> None:
        self.version, self.description = version, description
        self.name: str = description["name"]
        student = description["student"]
        self._sure = Calibration(float(student["threshold"]), float(student["slope"]))
        self._scorer, self._reader, self._retriever, self._preparer = scorer, reader, retriever, preparer

    def answer(self, question: str, context: str | None = None) -> Answer:
        """Masks the question, and the context with it, then answers; without a context it searches for one.

        Raises:
            UnvouchedError: the masker cannot vouch for what is asked; nothing is read.
        """
        if context is not None:
            return self._read(question, context)
        (asked,) = self._preparer([" ".join(question.split())])
        found = self._reader.find(asked.text, self._retriever)
        return Answer(self._from_corpus(found), asked.masked)

    def masker(self) -> dict[str, Any]:
        return self._preparer.masker()

    def exchanges(self, rows: Sequence[Sequence[int]], vouched: Callable[[str], bool]) -> Iterator[Exchange]:
        """Questions of encoded windows, asked of the corpus, and one of them of a context that is given."""
        asked = masked_again(self._preparer, [self._question(row) for row in rows])
        questions = [text for text in dict.fromkeys(asked) if text and vouched(text)]
        for question in questions:
            yield self._recorded({"question": question})
        for question in questions[:1]:
            for place in self._retriever.search(question)[:1]:
                yield self._recorded({"question": question, "context": self._retriever.passages[place].text})

    def mount(self, app: FastAPI, service: Service, ready: Callable[[], None]) -> frozenset[str]:
        return spans_routes.add(app, self, service, ready)

    def _recorded(self, body: dict[str, Any]) -> Exchange:
        return {"path": "/answer", "body": body, "answer": self.answer(**body).value}

    def _question(self, row: Sequence[int]) -> str:
        return self._scorer.decode(row[: self._reader.windows.question_end(row)])

    def _read(self, question: str, context: str) -> Answer:
        text = join(question, "", context)
        (seen,) = self._preparer([text])
        asked = part(seen.text)
        (reading,) = self._reader.read([asked])
        moved = Moving(seen.text, text)(asked.start + reading.start, asked.start + reading.end)
        own = part(text).start
        start, end = (max(place - own, 0) for place in moved)
        return Answer({**self._said(reading, start, end), "passage": None}, seen.masked)

    def _from_corpus(self, found: Found | None) -> dict[str, Any]:
        if found is None:
            return {"answer": None, "score": 0.0, "start": None, "end": None, "passage": None}
        said = self._said(found.reading, found.reading.start, found.reading.end)
        return {**said, "passage": asdict(found.passage) if said["answer"] is not None else None}

    def _said(self, reading: Reading, start: int, end: int) -> dict[str, Any]:
        score = self._sure.probability(reading.margin)
        known = reading.margin > self._sure.threshold and bool(reading.text)
        return {
            "answer": reading.text if known else None,
            "score": score,
            "start": start if known else None,
            "end": end if known else None,
        }


def open_model(folder: Path, version: str, description: dict[str, Any]) -> Answering:
    """What answers questions in `folder`; see `families.opened`."""
    length = int(description["max_length"])
    scorer = Scorer(folder / "model.onnx", folder / "tokenizer.json", length, int(description["pad_id"]))
    # one of its own: the scorer's cuts what is too long
    reader = Reader(scorer.logits, Tokenizer.from_file(str(folder / "tokenizer.json")), length)
    passages = [Passage(**found) for found in read_json(folder / PASSAGES)]
    embed = _embedder(folder)
    vectors = None if embed is None else np.load(folder / VECTORS, allow_pickle=False)
    retriever = Retriever(passages, embed, vectors)
    return Answering(
        version, description, scorer, reader, retriever, prepare.from_settings(description["prepare"])
    )


def provide(folder: Path, student: Path, vouched: Callable[[str], bool]) -> None:
    """Puts the corpus into a bundle: every masked context that may be shown, and what it is searched by.

    Raises:
        StageError: no passage may be shown.
    """
    texts = [text for name in SPLITS for text in read_table(CLEAN / f"{name}.parquet")["text"]]
    passages = [one for one in passages_of(part(text) for text in texts) if vouched(one.whole)]
    if not passages:
        raise StageError(f"{CLEAN}: no context that may be shown; there is nothing to search")
    write_json(folder / PASSAGES, [asdict(passage) for passage in passages])
    if (student / ENCODER).exists():
        for name in (ENCODER, TOKENIZER):
            shutil.copyfile(student / name, folder / name)
        embed = _embedder(folder)
        if embed is not None:
            vectors = embed([piece for one in passages for piece in one.pieces])
            np.save(folder / VECTORS, vectors, allow_pickle=False)


def _embedder(folder: Path) -> Embedder | None:
    if not (folder / ENCODER).exists():
        return None
    scorer = Scorer(folder / ENCODER, folder / TOKENIZER, MAX_LENGTH, 0)
    return Embedder(scorer.batch, Tokenizer.from_file(str(folder / TOKENIZER)))
