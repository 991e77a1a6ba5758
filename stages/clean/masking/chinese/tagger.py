"""The Chinese tagger: which characters of a text it holds for names of people and for addresses.

The model is the project's own: `recipes/tagger-zh.yaml` makes it, CARD.md says of what. It reads characters
and runs on ONNX Runtime, one thread.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from stages.clean.masking.chinese.common import WORDS
from stages.clean.masking.chinese.traditional import simplified
from stages.clean.masking.reading import session, trusted, windows
from stages.clean.masking.spans import Span

FOLDER = Path(__file__).parent
DIGESTS = {
    "model.onnx": "450d582dc2c09b5edcff9c3ed8fefa48b860b46f762e53761ebad90cef237ef0",
    "tokenizer.json": "b41fe3bdf0480d14d00aa77d4b1834471070ab1a8f60c683e1c94af1784d2d80",
    "labels.json": "e2f2a026a75c1d8b92ab69563f60c9344868a9dc96fa77d41edcb7f9012598be",
}
"""SHA-256 of the files that were measured; any other is not to be trusted with what must be masked."""

DETECTOR = "tagger-zh"
WEAK = 0.1
"""A name that is found goes on over neighbours with this share of the score that was asked for."""
LONE = 0.9
"""The score that one character alone needs: Chinese names have two and more, titles betray a lone surname."""


class Tagger:
    """The loaded model. Use `load`."""

    def __init__(self, place: Path) -> None:
        from tokenizers import Tokenizer

        content = {
            name: trusted(place / name, digest, "the Chinese tagger", "restore it from the repository")
            for name, digest in DIGESTS.items()
        }
        self._tokenizer = Tokenizer.from_str(content["tokenizer.json"].decode())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        (self._start,) = self._tokenizer.encode("").ids
        labels = json.loads(content["labels.json"])
        self._types = sorted({label[2:] for label in labels if label != "O"})
        self._begins = [labels.index(f"B-{kind}") for kind in self._types]
        self._insides = [labels.index(f"I-{kind}") for kind in self._types]
        self._session = session(content["model.onnx"])

    def tag(self, texts: Sequence[str], min_score: float) -> list[list[Span]]:
        """Spans in order: runs of characters, the surest of which has its type with this probability or more.

        A long text is read in overlapping windows; nothing is cut. Its spans do not depend on other texts.
        """
        plain = [simplified(text) for text in texts]
        encoded = self._tokenizer.encode_batch(plain, add_special_tokens=False)
        found = self._probabilities([one.ids for one in encoded])
        return [
            [
                span
                for span in self._spans(one.offsets, scores, min_score)
                if text[span.start : span.end] not in WORDS
            ]
            for text, one, scores in zip(plain, encoded, found, strict=True)
        ]

    def _probabilities(self, ids: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Per text the probabilities of its tokens' classes, shape (tokens, 2, types): begins, goes on."""
        scores = [np.zeros((len(one), 2, len(self._types)), dtype=np.float32) for one in ids]
        for window in (window for text, one in enumerate(ids) for window in windows(text, len(one))):
            read = self._run(ids[window.piece][window.first : window.last])
            scores[window.piece][window.own_first : window.own_last] = read[window.own]
        return scores

    def _run(self, ids: Sequence[int]) -> np.ndarray:
        """The probabilities of one window's tokens, shape (tokens, 2, types).

        Alone: dynamic int8 takes its scales from the whole batch, so a text's spans would depend on the texts
        beside it. At a fifth of a millisecond a window, batches would gain nothing either.
        """
        tokens = np.array([[self._start, *ids]], dtype=np.int64)
        (logits,) = self._session.run(["logits"], {"ids": tokens, "mask": np.ones_like(tokens)})[0]
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        powers /= powers.sum(axis=-1, keepdims=True)
        return np.stack([powers[:, self._begins], powers[:, self._insides]], axis=1)[1:]

    def _spans(
        self, offsets: Sequence[tuple[int, int]], scores: np.ndarray, min_score: float
    ) -> Iterator[Span]:
        whole = scores.sum(axis=1)
        kinds, tops = whole.argmax(axis=1), whole.max(axis=1)
        for run in _runs(scores, kinds, np.flatnonzero(tops >= min_score * WEAK).tolist()):
            score = round(float(tops[run].max()), 4)
            if score >= (min_score if len(run) > 1 else max(min_score, LONE)):
                yield Span(
                    offsets[run[0]][0], offsets[run[-1]][1], self._types[kinds[run[0]]], DETECTOR, score
                )


def _runs(scores: np.ndarray, kinds: np.ndarray, places: Sequence[int]) -> Iterator[list[int]]:
    """Neighbouring places of one type, parted where another span is likelier to begin than this to go on."""
    run: list[int] = []
    for place in places:
        begins, goes_on = scores[place, :, kinds[place]]
        if run and place == run[-1] + 1 and kinds[place] == kinds[run[-1]] and begins <= goes_on:
            run.append(place)
            continue
        if run:
            yield run
        run = [place]
    if run:
        yield run


@cache
def load(place: Path = FOLDER) -> Tagger:
    """The tagger of a folder, once a process.

    Raises:
        StageError: a file is missing or is not the one that was measured.
    """
    return Tagger(place)
