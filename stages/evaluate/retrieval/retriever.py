"""Finds passages by their words and by their meaning, and joins both orders."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from stages.evaluate.retrieval.bm25 import Bm25
from stages.evaluate.retrieval.dense import Embedder
from stages.evaluate.sentences import sentences
from stages.tasks.question_answering.columns import Asked

FUSION = 10
"""what softens the lead of the first ranks (Cormack, Clarke and Büttcher 2009, who took 60 for long lists)"""


@dataclass(frozen=True)
class Passage:
    """A part of the corpus."""

    id: str
    """the first 12 hexadecimal digits of the SHA-256 of title and text"""
    title: str
    text: str

    @property
    def whole(self) -> str:
        """What it is found by."""
        return f"{self.title}\n{self.text}"

    @property
    def pieces(self) -> list[str]:
        """What it has a vector for each of: the whole, and its sentences, which a question is nearer to."""
        return [self.whole, *(f"{self.title}. {one}" for one in sentences(self.text))]


def passages_of(asked: Iterable[Asked]) -> list[Passage]:
    """The contexts that questions are asked of, each once, in the order of their ids."""
    found = {}
    for one in asked:
        digest = hashlib.sha256(f"{one.title}\n{one.context}".encode()).hexdigest()[:12]
        found[digest] = Passage(digest, one.title, one.context)
    return [found[digest] for digest in sorted(found)]


class Retriever:
    """Searches passages: by BM25, and by vectors where there is an encoder.

    Args:
        passages: the corpus.
        embed: the encoder; None: there is none.
        vectors: those of all pieces of the passages, where they are known already, shape (pieces, width).
    """

    def __init__(
        self, passages: Sequence[Passage], embed: Embedder | None = None, vectors: np.ndarray | None = None
    ) -> None:
        self.passages = list(passages)
        self._words = Bm25([passage.whole for passage in passages])
        self._embed = embed
        if embed is not None and vectors is None:
            vectors = embed([piece for passage in passages for piece in passage.pieces])
        self.vectors = vectors
        self._starts = np.cumsum([0, *(len(passage.pieces) for passage in passages)])[:-1]

    def by_words(self, question: str) -> list[int]:
        """Places of passages that share a term with the question, the best first."""
        scores = self._words.scores(question)
        order = np.argsort(-scores, kind="stable")
        return order[: int((scores > 0).sum())].tolist()

    def by_meaning(self, question: str) -> list[int]:
        """Places of all passages, the nearest first; none without an encoder."""
        if self._embed is None or self.vectors is None:
            return []
        nearness = np.maximum.reduceat(self.vectors @ self._embed([question])[0], self._starts)
        return np.argsort(-nearness, kind="stable").tolist()

    def search(self, question: str) -> list[int]:
        """Places of passages, the best first: both orders joined by reciprocal ranks."""
        return fused([self.by_words(question), self.by_meaning(question)])


def fused(orders: Sequence[Sequence[int]]) -> list[int]:
    """One order of all that any of the orders holds; of two that are equal the first named comes first."""
    scores: dict[int, float] = {}
    for order in orders:
        for rank, place in enumerate(order, start=1):
            scores[place] = scores.get(place, 0.0) + 1 / (FUSION + rank)
    return sorted(scores, key=lambda place: -scores[place])


def rank_of(wanted: int, order: Sequence[int]) -> int | None:
    """The rank of a passage in an order, from 1; None where it is not there."""
    return order.index(wanted) + 1 if wanted in order else None
