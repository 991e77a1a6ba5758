"""Image classification: one picture, one label. Its text is base64 of a PNG, see `pictures`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from stages.tasks import pictures
from stages.tasks.base import Sequences
from stages.tasks.text_classification import TextClassification

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class ImageClassification(TextClassification):
    """One picture, one of several labels."""

    name = "image-classification"
    family = "images"
    architectures = ("mlp", "cnn", "transformer")
    students = ("cnn", "mlp")
    asked = ("image",)
    rival = "logistic regression on pixels"
    prose = False
    tokenized = False
    unmasked = "faces and writing in images are not masked"

    def joined(self, parts: Sequence[str]) -> str:
        (text,) = parts
        pictures.unpacked(text)  # raises where it is none
        return text

    def compared(self, text: str) -> str:
        return pictures.digest(text)

    def anchored(self, text: str, apart: str) -> str:
        return pictures.digest(text)

    def shape(self, text: str) -> tuple[int, ...]:
        return pictures.unpacked(text).shape

    def sequences(
        self,
        tokenizer: "Tokenizer | None",
        texts: Sequence[str],
        targets: Sequence[str],
        labels: Sequence[str],
        max_length: int,
    ) -> Sequences:
        """Pixel values, row by row of each picture, the channels of a pixel side by side."""
        rows: list[np.ndarray] = [pictures.unpacked(text).ravel() for text in texts]
        return Sequences(rows, self.encode(targets, labels), [False] * len(rows))  # type: ignore[arg-type]
