"""What tasks on one text have in common."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from stages.tasks.base import Places, Sequences

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CHUNK = 4096


class Text:
    """One text with one target, which the network reads as one sequence, cut where it is too long."""

    family = "rows"
    text_columns: tuple[str, ...] = ("text",)
    asked: tuple[str, ...] = ("text",)
    target_column = "label"
    inputs: tuple[str, ...] = ("text",)
    optional: tuple[str, ...] = ()
    truths: tuple[str, ...] = ("label",)
    separators: tuple[str, ...] = ()
    labelled = True
    tokenized = True
    unmasked: str | None = None
    prose = True
    per_token = False
    rival = "TF-IDF and logistic regression"
    figures: tuple[str, ...] = ("accuracy", "macro_f1", "calibration_error")
    writes = False
    levels: tuple[str, ...] = ("wordpiece", "character")

    def joined(self, parts: Sequence[str]) -> str:
        (text,) = parts
        return text

    def target(self, cells: Mapping[str, Any], text: str) -> Any:
        return cells["label"]

    def compared(self, text: str) -> str:
        return text

    def anchored(self, text: str, apart: str) -> str:
        return text

    def fate(self, target: str, before: str, moved: str, after: str) -> str | None:
        return None

    def repaired(self, cells: Mapping[str, Any], target: str, text: str) -> bool:
        return False

    def shape(self, text: str) -> tuple[int, ...] | None:
        return None

    def encode(
        self, targets: Sequence[str], labels: Sequence[str], places: Sequence[Places] | None = None
    ) -> np.ndarray:
        raise NotImplementedError

    def sequences(
        self,
        tokenizer: "Tokenizer",
        texts: Sequence[str],
        targets: Sequence[str],
        labels: Sequence[str],
        max_length: int,
    ) -> Sequences:
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length)
        ids: list[Sequence[int]] = []
        cut: list[bool] = []
        places: list[Places] = []
        for start in range(0, len(texts), _CHUNK):
            for encoding in tokenizer.encode_batch(list(texts[start : start + _CHUNK])):
                cut.append(bool(encoding.overflowing))
                # a tokenizer without a start token makes nothing of a blank text; networks need one token
                ids.append(encoding.ids or [max(unknown_token(tokenizer), 0)])
                if self.per_token:
                    places.append(encoding.offsets or [(0, 0)])
        return Sequences(ids, self.encode(targets, labels, places if self.per_token else None), cut)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Softmax."""
        raised = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
        return raised / raised.sum(axis=-1, keepdims=True)

    def agreement(self, wanted: np.ndarray, found: np.ndarray) -> float:
        """Share of the rows or tokens whose class is the same."""
        return float((found.argmax(axis=1) == wanted.argmax(axis=1)).mean())

    def tuning(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
        return {}

    def tuned(self, tuning: Mapping[str, Any]) -> Self:
        return self


def unknown_token(tokenizer: "Tokenizer") -> int:
    """The id of what the vocabulary does not hold, or -1 where it holds everything (byte-level)."""
    name = getattr(tokenizer.model, "unk_token", None) or "[UNK]"
    found = tokenizer.token_to_id(name)
    return -1 if found is None else int(found)
