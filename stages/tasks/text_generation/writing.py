"""Writes answers token by token, with any network that goes on from where it stopped reading."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from stages.tasks.text_generation.sampling import Sampler, Sampling

_BROKEN = "\ufffd"


class Reader(Protocol):
    """A network with the state of what it has read."""

    def read(self, ids: np.ndarray) -> np.ndarray:
        """Reads ids, int64 (batch, length), and gives logits of the next token, float32 (batch, vocabulary).

        The first call holds one row, which all rows of later calls go on from.
        """
        ...


Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True)
class Limits:
    """Where an answer ends."""

    max_tokens: int
    stop: tuple[str, ...] = ()
    """texts before the first of which it ends"""
    end: int | None = None
    """the token that ends a text; it is not part of the answer"""


@dataclass(frozen=True)
class Piece:
    """What an answer gained by a step."""

    choice: int
    """which of the answers"""
    text: str
    tokens: int
    """tokens of the answer so far"""
    finish: str | None = None
    """`stop` or `length` in the last piece of an answer"""


def write(
    reader: Reader, prompt: np.ndarray, how: Sampling, limits: Limits, decode: Decode, seed: int, count: int
) -> Iterator[Piece]:
    """Writes `count` answers to a prompt side by side.

    Args:
        reader: a network that has read nothing yet.
        prompt: token ids, int64 (tokens,), one at least.
        how: how tokens are drawn.
        limits: where answers end.
        decode: the text of token ids.
        seed: what the draws of all answers follow from.
        count: how many answers.

    Yields:
        The pieces of all answers, each of them in order. Text that may yet turn out to begin a stop text, or
        that ends within a letter, is held back.
    """
    logits = np.repeat(reader.read(prompt[None, :]), count, axis=0)
    answers = [
        _Answer(choice, Sampler(how, prompt, logits.shape[-1], (seed, choice)), limits, decode)
        for choice in range(count)
    ]
    while True:
        tokens = []
        for answer, row in zip(answers, logits, strict=True):
            tokens.append(answer.sampler.next(row))
            if not answer.finished:
                yield from answer.take(tokens[-1])
        if all(answer.finished for answer in answers):
            return
        logits = reader.read(np.array(tokens, dtype=np.int64)[:, None])


def written(pieces: Iterator[Piece], count: int) -> list[Piece]:
    """The whole answers, from their pieces."""
    found = list(pieces)
    ends = {piece.choice: piece for piece in found if piece.finish}
    return [
        Piece(
            choice,
            "".join(piece.text for piece in found if piece.choice == choice),
            ends[choice].tokens,
            ends[choice].finish,
        )
        for choice in range(count)
    ]


class _Answer:
    """One answer as it grows."""

    def __init__(self, choice: int, sampler: Sampler, limits: Limits, decode: Decode) -> None:
        self.sampler, self.finished = sampler, False
        self._choice, self._limits, self._decode = choice, limits, decode
        self._ids: list[int] = []
        self._shown = 0

    def take(self, token: int) -> Iterator[Piece]:
        """Adds a token, and gives what may be shown by now."""
        ended = token == self._limits.end
        if not ended:
            self._ids.append(token)
        text = self._decode(self._ids)
        places = [place for stop in self._limits.stop if (place := text.find(stop)) >= 0]
        finish = None
        if places:
            text, finish = text[: min(places)], "stop"
        elif ended:
            finish = "stop"
        elif len(self._ids) >= self._limits.max_tokens:
            finish = "length"
        upto = len(text) if finish else self._safe(text)
        piece = Piece(self._choice, text[self._shown : upto], len(self._ids), finish)
        self._shown = max(self._shown, upto)
        self.finished = finish is not None
        if piece.text or finish:
            yield piece

    def _safe(self, text: str) -> int:
        """Up to where the text can no longer change."""
        upto = len(text.rstrip(_BROKEN))
        held = max((_begun(text[:upto], stop) for stop in self._limits.stop), default=0)
        return max(upto - held, self._shown)


def _begun(text: str, stop: str) -> int:
    """How many of the last characters of `text` may be the first ones of `stop`."""
    most = min(len(stop) - 1, len(text))
    return next((length for length in range(most, 0, -1) if text.endswith(stop[:length])), 0)
