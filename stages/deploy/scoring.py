"""From masked texts to logits, with ONNX Runtime."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer, decoders

from stages.artifacts import StageError
from stages.deploy import tally
from stages.tasks import Places

GROUP = 8
"""most texts scored together"""
SPREAD = 1.25
"""longest over shortest text of a group: padding never costs more than a quarter"""


@dataclass(frozen=True)
class Scored:
    """What the model says of a text."""

    logits: np.ndarray
    """float32, shape (classes,); or (tokens, classes) where every token has a class"""
    places: Places
    """where its tokens stand in it, in characters"""


class Session:
    """A model in ONNX Runtime, on one thread for each request.

    Raises:
        StageError: it cannot be loaded.
    """

    def __init__(self, model: Path) -> None:
        options = ort.SessionOptions()
        # one thread a request: several requests run side by side, and a spinning thread takes from them
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception:  # onnxruntime has no common base of its errors
            raise StageError(
                f"{model}: ONNX Runtime cannot load it; run `dvc repro distill deploy`"
            ) from None
        inputs = {node.name for node in self._session.get_inputs()}
        outputs = [node.name for node in self._session.get_outputs()]
        if inputs != {"ids", "mask"} or "logits" not in outputs:
            raise StageError(f"{model}: its inputs must be ids and mask, its output logits")

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Logits, float32 (batch, classes) or (batch, length, classes), of int64 (batch, length)."""
        with tally.timed("score"):
            found = self._session.run(["logits"], {"ids": ids, "mask": mask})[0]
        if told := tally.listener.get():
            told.scored(len(ids))
        return np.asarray(found)


class Scorer:
    """Token ids and logits of masked texts. Free of the masker.

    Raises:
        StageError: the model or the tokenizer cannot be loaded.
    """

    def __init__(self, model: Path, tokenizer: Path, max_length: int, pad_id: int) -> None:
        self._session = Session(model)
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception:  # tokenizers raises bare exceptions
            raise StageError(f"{tokenizer}: not a tokenizer; run `dvc repro distill deploy`") from None
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length)
        self._pad = pad_id
        # a blank text has no token where the tokenizer adds none: it is read as one that nobody knows
        self._unknown = self._tokenizer.token_to_id(_unknown_token(self._tokenizer)) or 0

    def scored(self, texts: Sequence[str]) -> list[Scored]:
        """Each of the masked `texts` scored, in their order.

        Texts are scored in groups of near-equal length. A dynamically quantised model is not invariant to the
        shape of its batch, so an answer may differ in its last digits with the company it is scored in.
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        rows = [np.array(one.ids or [self._unknown], dtype=np.int64) for one in encoded]
        return [Scored(logits, one.offsets) for logits, one in zip(self.logits(rows), encoded, strict=True)]

    def logits(self, rows: Sequence[Sequence[int] | np.ndarray]) -> list[np.ndarray]:
        """The logits of rows of token ids, each of shape (classes,), or (tokens, classes) for tokens."""
        arrays = [np.asarray(row, dtype=np.int64) for row in rows]
        parts: dict[int, np.ndarray] = {}
        for group in groups([len(row) for row in arrays]):
            parts.update(zip(group, self._logits([arrays[index] for index in group]), strict=True))
        return [
            parts[index][: len(row)] if parts[index].ndim == 2 else parts[index]
            for index, row in enumerate(arrays)
        ]

    def batch(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """What the model says of padded rows: ids and mask, int64 (batch, length)."""
        return self._session.logits(ids, mask)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids, without the tokens that frame every text."""
        frame = set(self._tokenizer.encode("").ids)
        if self._tokenizer.decoder is None:  # a learned vocabulary brings none
            self._tokenizer.decoder = decoders.WordPiece()
        return self._tokenizer.decode([one for one in ids if one not in frame], skip_special_tokens=False)

    def _logits(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        longest = max(map(len, rows))
        ids = np.full((len(rows), longest), self._pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        return self.batch(ids, mask)


def groups(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in groups of at most `GROUP` near-equal lengths, the shortest first."""
    order = sorted(range(len(lengths)), key=lambda index: lengths[index])
    group: list[int] = []
    for index in order:
        if group and (len(group) == GROUP or lengths[index] > lengths[group[0]] * SPREAD):
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def _unknown_token(tokenizer: Tokenizer) -> str:
    return getattr(tokenizer.model, "unk_token", None) or "[UNK]"
