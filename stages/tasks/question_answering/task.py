"""Question answering as the stages see it: a question, a context, and where the answers stand in it.

A row of the network is a window of a context; its label is `(start, end, question, first)`: first and last
token of the answer in the window's ids, 0 and 0 ([CLS]) where it holds none; the number of the row it is of;
and the place of the first token of its context.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stages.tasks.base import Places, Sequences
from stages.tasks.moving import Moving
from stages.tasks.question_answering import columns
from stages.tasks.question_answering.windows import Windows, is_cut
from stages.tasks.text import Text

if TYPE_CHECKING:
    from tokenizers import Tokenizer

START, END, QUESTION, FIRST = range(4)
"""places in a window's label"""
LABELS = ["start", "end"]
"""what the two logits of a token say"""


class QuestionAnswering(Text):
    """A question and a context; the answers are spans of the context, or there is none."""

    name = "question-answering"
    family = "spans"
    inputs: tuple[str, ...] = ("question", "title", "text")
    optional: tuple[str, ...] = ("title",)
    truths: tuple[str, ...] = ("label", "start")
    labelled = False
    architectures: tuple[str, ...] = ("lstm", "transformer", "pretrained")
    students: tuple[str, ...] = ("lstm", "transformer")
    per_token = True
    headline = "f1"
    rival = "the first sentence"
    alterable = False
    separators: tuple[str, ...] = ("[SEP]",)

    def joined(self, parts: Sequence[str]) -> str:
        question, title, context = parts
        return columns.join(question, title, context)

    def target(self, cells: Mapping[str, Any], text: str) -> Any:
        """Answers become the JSON of `[start, end]` in the text, those that stand elsewhere put right.

        No answer becomes `[]`.
        """
        asked = columns.part(text)
        spans = columns.placed(columns.answers_of(cells), asked.context)
        return columns.written([(asked.start + start, asked.start + end) for start, end in spans])

    def repaired(self, cells: Mapping[str, Any], target: str, text: str) -> bool:
        """Whether an answer did not stand where the source says."""
        asked = columns.part(text)
        spans = [(start - asked.start, end - asked.start) for start, end in columns.read(target)]
        return not columns.faithful(columns.answers_of(cells), spans, asked.context)

    def compared(self, text: str) -> str:
        """The question, with a digest of what it is asked of: one question of two contexts is two."""
        asked = columns.part(text)
        return f"{hashlib.sha256(asked.context.encode()).hexdigest()[:16]} {asked.question}"

    def anchored(self, text: str, apart: str) -> str:
        """The context, with all its questions; or the question, where contexts are known to everybody."""
        asked = columns.part(text)
        return asked.context if apart == "context" else asked.question

    def classes(self, target: str) -> list[str]:
        return ["answer" if columns.read(target) else "no answer"]

    def moved(self, target: str, before: str, after: str) -> str:
        """Answers keep what they stand on; one that masking rewrote stands on what it wrote.

        An answer of which nothing is left in the context is dropped.
        """
        if before == after:
            return target
        carried, start = Moving(before, after), columns.part(after).start
        kept = []
        for span in columns.read(target):
            first, last = carried(*span)
            first = max(first, start)
            while first < last and after[first].isspace():
                first += 1
            while first < last and after[last - 1].isspace():
                last -= 1
            if first < last:
                kept.append((first, last))
        return columns.written(list(dict.fromkeys(kept)))

    def fate(self, target: str, before: str, moved: str, after: str) -> str | None:
        """What cleaning did to the answers: `kept`, `rewritten` (masked, in part or whole) or `removed`."""
        was = [before[start:end] for start, end in columns.read(target)]
        now = [after[start:end] for start, end in columns.read(moved)]
        return "kept" if was == now else "rewritten" if now else "removed"

    def labels(self, targets: Sequence[str]) -> list[str]:
        return LABELS

    def sequences(
        self,
        tokenizer: "Tokenizer",
        texts: Sequence[str],
        targets: Sequence[str],
        labels: Sequence[str],
        max_length: int,
    ) -> Sequences:
        """The windows of every row. A window that holds only a part of the answer learns that it has none."""
        asked = [columns.part(text) for text in texts]
        cut = Windows(tokenizer, max_length)
        ids: list[Sequence[int]] = []
        rows: list[int] = []
        marks: list[tuple[int, int, int, int]] = []
        for row, (one, target, windows) in enumerate(zip(asked, targets, cut(asked), strict=True)):
            spans = columns.read(target)
            for window in windows:
                span = (spans and window.tokens((spans[0][0] - one.start, spans[0][1] - one.start))) or (0, 0)
                ids.append(window.ids)
                rows.append(row)
                marks.append((*span, row, window.first))
        long = [
            is_cut(len(found.ids), max_length)
            for found in tokenizer.encode_batch([one.question for one in asked], add_special_tokens=False)
        ]
        made = np.array(marks, dtype=np.int64).reshape(-1, 4)
        return Sequences(ids, made, [long[row] for row in rows], rows)

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        raise NotImplementedError("answers are judged by stages.evaluate.judges.spans")

    def answer(
        self, probabilities: np.ndarray, labels: Sequence[str], places: Places | None = None
    ) -> dict[str, Any]:
        raise NotImplementedError("answers are given by stages.deploy.families.spans")
