"""Answers that go on from a text, in the format of OpenAI's completions."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI

from stages.deploy import prepare
from stages.deploy.families import write_routes
from stages.deploy.families.base import Exchange
from stages.deploy.families.completions import RefusedError, Wish, choice, wish
from stages.deploy.families.predict import masked_again
from stages.deploy.reading import Network, Prompts
from stages.deploy.service import Service
from stages.tasks.text_generation.writing import Limits, Piece, write

_RECORDED = 16
"""tokens of a recorded answer"""


@dataclass
class Usage:
    """Tokens read and written so far."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    masked: dict[str, int] = field(default_factory=dict)
    """how many values of each type were masked in the prompts"""

    def counts(self) -> dict[str, int]:
        """As OpenAI writes it."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


@dataclass(frozen=True)
class _Prompt:
    """A prompt as the network reads it."""

    text: str
    ids: np.ndarray


class ServedWriter:
    """An open bundle that writes. Safe to use from several threads."""

    def __init__(
        self,
        version: str,
        description: dict[str, Any],
        network: Network,
        prompts: Prompts,
        preparer: prepare.Preparer,
    ) -> None:
        self.version = version
        self.description = description
        self.name: str = description["name"]
        self.context = int(description["max_length"])
        self._network, self._prompts, self._preparer = network, prompts, preparer

    def begin(self, asked: Wish) -> tuple[Usage, Iterator[Piece]]:
        """Masks the prompts; then the pieces of all answers come as they are written, prompt after prompt.

        Answers are numbered through: those to the first prompt come first. The counts grow with the pieces.

        Raises:
            RefusedError: the masker cannot vouch for a prompt, or it and its answer do not fit the context.
        """
        try:
            prepared = self._preparer(asked.prompts)
        except prepare.UnvouchedError as error:
            raise RefusedError(f"prompt: {error}", "prompt") from None
        usage = Usage()
        prompts = []
        for given, one in zip(asked.prompts, prepared, strict=True):
            # white space at the ends says where a text goes on, and is nobody's; preparing strips it
            lead, tail = _around(given)
            text = f"{lead}{one.text}{tail}"
            prompts.append(_Prompt(text, self._prompts.ids(text)))
            usage.prompt_tokens += len(prompts[-1].ids)
            for kind, count in one.masked.items():
                usage.masked[kind] = usage.masked.get(kind, 0) + count
        for prompt in prompts:
            self._must_fit(len(prompt.ids), asked.max_tokens)
        seed = secrets.randbits(63) if asked.seed is None else asked.seed % 2**63
        return usage, self._pieces(asked, prompts, seed, usage)

    def complete(self, asked: Wish) -> dict[str, Any]:
        """The whole answer, as OpenAI writes it."""
        usage, pieces = self.begin(asked)
        texts = [""] * (len(asked.prompts) * asked.count)
        ends: list[str | None] = [None] * len(texts)
        for piece in pieces:
            texts[piece.choice] += piece.text
            ends[piece.choice] = piece.finish
        choices = [choice(place, text, ends[place]) for place, text in enumerate(texts)]
        return {**self.head(), "choices": choices, "usage": usage.counts(), "masked": usage.masked}

    def head(self) -> dict[str, Any]:
        """What every answer, and every piece of a streamed one, begins with."""
        return {
            "id": f"cmpl-{secrets.token_hex(12)}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": self.name,
        }

    def masker(self) -> dict[str, Any]:
        return self._preparer.masker()

    def exchanges(self, rows: Sequence[Sequence[int]], vouched: Callable[[str], bool]) -> Iterator[Exchange]:
        """What follows the beginnings of rows, by the likeliest tokens."""
        begun = [self._prompts.text(row[: self.context // 2]) for row in rows]
        for text in masked_again(self._preparer, begun):
            body = {"model": self.name, "prompt": text, "max_tokens": _RECORDED, "temperature": 0}
            with suppress(RefusedError):  # masked, the text may have become too long
                answer = self.complete(wish(body, self.name))
                if vouched(text) and vouched(text + answer["choices"][0]["text"]):
                    yield {"path": write_routes.PATH, "body": body, "answer": answer}

    def mount(self, app: FastAPI, service: Service, ready: Callable[[], None]) -> frozenset[str]:
        return write_routes.add(app, self, service, ready)

    def _must_fit(self, prompt: int, answer: int) -> None:
        if prompt + answer > self.context:
            raise RefusedError(
                f"the context is {self.context} tokens, but {prompt + answer} were asked for: {prompt} "
                f"in the prompt, its start included, and {answer} to be written; shorten the prompt, "
                "or lower max_tokens",
                "prompt" if prompt >= self.context else "max_tokens",
                "context_length_exceeded",
            )

    def _pieces(self, asked: Wish, prompts: Sequence[_Prompt], seed: int, usage: Usage) -> Iterator[Piece]:
        limits = Limits(asked.max_tokens, asked.stop, self._prompts.end)
        for place, prompt in enumerate(prompts):
            first = place * asked.count
            if asked.echo:
                for number in range(asked.count):
                    yield Piece(first + number, prompt.text, 0)
            found = write(
                self._network.reader(), prompt.ids, asked.how, limits, self._prompts.text, seed, asked.count
            )
            for piece in found:
                if piece.finish:
                    usage.completion_tokens += piece.tokens
                yield Piece(first + piece.choice, piece.text, piece.tokens, piece.finish)


def open_writer(folder: Path, version: str, description: dict[str, Any]) -> ServedWriter:
    """The writer in `folder`; see `families.opened`."""
    network = Network(folder / "model.onnx", description["student"]["state"])
    prompts = Prompts(folder / "tokenizer.json")
    return ServedWriter(version, description, network, prompts, prepare.from_settings(description["prepare"]))


def _around(text: str) -> tuple[str, str]:
    bare = text.strip()
    if not bare:
        return text, ""
    start = text.index(bare)
    return text[:start], text[start + len(bare) :]
