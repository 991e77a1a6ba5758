"""A question and a long context as sequences that a reader can take: windows of the context that overlap.

Each is `[CLS] question [SEP] title [SEP] window [SEP]`, the title left out where there is none (Devlin et al.
2019 read SQuAD so, without titles). A title stands in every window, since it says what a passage speaks of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stages.tasks.question_answering.columns import Asked, Span

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

QUESTION = 64
"""most tokens of a question; the rest of a longer one is left out"""
TITLE = 24
"""most tokens of a title"""
OVERLAP = 1 / 3
"""share of a window that the next one has in common with it: an answer up to so long is whole in one"""

_STARTS, _ENDS = ("[CLS]", "<s>"), ("[SEP]", "</s>")


@dataclass(frozen=True)
class Window:
    """One sequence for the reader."""

    ids: list[int]
    first: int
    """place in `ids` of the first token of the context"""
    places: list[Span]
    """where the tokens of the context stand in it, in characters"""

    def tokens(self, span: Span) -> Span | None:
        """First and last token, in `ids`, of a span of the context; None where it is not whole in here."""
        start, end = span
        inside = [at for at, (first, last) in enumerate(self.places) if first < end and last > start]
        if not inside or self.places[inside[0]][0] > start or self.places[inside[-1]][1] < end:
            return None
        return self.first + inside[0], self.first + inside[-1]


class Windows:
    """Cuts contexts into windows.

    Args:
        tokenizer: of the reader; its start and separating tokens are used.
        max_length: longest sequence, in tokens.

    Raises:
        ValueError: the tokenizer has no such tokens, or `max_length` leaves no room for a context.
    """

    def __init__(self, tokenizer: "Tokenizer", max_length: int) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer, self._length = tokenizer, max_length
        self._start, self._end = (_known(tokenizer, names) for names in (_STARTS, _ENDS))
        if max_length < 16:
            raise ValueError("questions with their contexts need a tokenize.max_length of 16 at least")

    def __call__(self, asked: Sequence[Asked]) -> list[list[Window]]:
        """The windows of each question with its context; at least one each."""
        # a context is often asked more than one question, and is by far the longer
        contexts = list(dict.fromkeys(one.context for one in asked))
        encoded = dict(zip(contexts, self._encoded(contexts), strict=True))
        questions = self._encoded([one.question for one in asked])
        titles = self._encoded([one.title for one in asked])
        return [
            self._windows(question.ids, title.ids, encoded[one.context])
            for one, question, title in zip(asked, questions, titles, strict=True)
        ]

    def question_end(self, ids: Sequence[int]) -> int:
        """Where the question ends in the ids of a window: the place of the first separator."""
        return list(ids).index(self._end) if self._end in ids else len(ids)

    def _encoded(self, texts: Sequence[str]) -> "list[Encoding]":
        return self._tokenizer.encode_batch(list(texts), add_special_tokens=False)

    def _windows(self, question: list[int], title: list[int], context: "Encoding") -> list[Window]:
        # a short sequence is for the context before all else
        head = [self._start, *question[: min(QUESTION, self._length // 2 - 2)], self._end]
        if title and len(head) + TITLE + 1 <= self._length // 2:
            head += [*title[:TITLE], self._end]
        room = self._length - len(head) - 1
        step = max(1, room - int(room * OVERLAP))
        last = max(len(context.ids) - room, 0)
        starts = [*range(0, last, step), last]
        return [
            Window(
                [*head, *context.ids[at : at + room], self._end], len(head), context.offsets[at : at + room]
            )
            for at in starts
        ]


def is_cut(question: int, max_length: int) -> bool:
    """Whether a question of so many tokens is too long to be read whole."""
    return question > min(QUESTION, max_length // 2 - 2)


def _known(tokenizer: "Tokenizer", names: Sequence[str]) -> int:
    for name in names:
        found = tokenizer.token_to_id(name)
        if found is not None:
            return int(found)
    raise ValueError(f"the tokenizer has no {names[0]}; a reader needs an encoder's")
