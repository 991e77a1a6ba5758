"""Text generation: from the tokens before, the next one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stages.tasks.base import Places, Sequences
from stages.tasks.text import Text
from stages.tasks.text_generation.ends import end_token

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CHUNK = 1024


class TextGeneration(Text):
    """Texts without labels; what follows in them is what is learned."""

    name = "text-generation"
    family = "language"
    truths: tuple[str, ...] = ()
    labelled = False
    architectures: tuple[str, ...] = ("lstm", "transformer", "pretrained")
    students: tuple[str, ...] = ("lstm", "transformer")
    levels: tuple[str, ...] = ("bytes",)
    per_token = True
    writes = True
    headline = "bits_per_byte"
    rival = "Kneser-Ney n-grams of bytes"
    figures: tuple[str, ...] = ("bits_per_byte", "perplexity", "accuracy")
    alterable = False

    def target(self, cells: Mapping[str, Any], text: str) -> Any:
        return "text"

    def classes(self, target: str) -> list[str]:
        return [target]

    def moved(self, target: str, before: str, after: str) -> str:
        return target

    def labels(self, targets: Sequence[str]) -> list[str]:
        return []

    def sequences(
        self,
        tokenizer: "Tokenizer",
        texts: Sequence[str],
        targets: Sequence[str],
        labels: Sequence[str],
        max_length: int,
    ) -> Sequences:
        """All texts one after another, in their order, each between two end tokens, packed without padding.

        The label of a token is the token after it. Every sequence but the last is full; nothing is cut off.
        """
        tokenizer.no_padding()
        tokenizer.no_truncation()
        end = end_token(tokenizer)
        stream = [np.array([end], dtype=np.int32)]
        for start in range(0, len(texts), _CHUNK):
            chunk = list(texts[start : start + _CHUNK])
            encoded = tokenizer.encode_batch(chunk, add_special_tokens=False)
            stream += [np.array([*one.ids, end], dtype=np.int32) for one in encoded]
        whole = np.concatenate(stream)
        read = whole[:-1]
        ids: list[Any] = [read[start : start + max_length] for start in range(0, len(read), max_length)]
        return Sequences(ids, whole[1:].astype(np.int64), [False] * len(ids))

    def metrics(self, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
        """Loss, perplexity and accuracy of the next tokens."""
        losses = -np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-300))
        found = scores(float(losses.sum()), len(truth), len(truth))
        return {
            "loss": found["loss"],
            "perplexity": found["perplexity"],
            "accuracy": float((probabilities.argmax(axis=1) == truth).mean()),
        }

    def answer(
        self, probabilities: np.ndarray, labels: Sequence[str], places: Places | None = None
    ) -> dict[str, Any]:
        """The likeliest token after the last one."""
        last = np.atleast_2d(probabilities)[-1]
        return {"token": int(last.argmax()), "score": float(last.max())}


def size_in_bytes(texts: Iterable[str]) -> int:
    """UTF-8 bytes of the texts, and one for the end of each: what bits per byte are measured over.

    Bytes, so that models with different tokens compare.
    """
    return sum(len(text.encode()) + 1 for text in texts)


def scores(nats: float, tokens: int, size: int) -> dict[str, float]:
    """Bits per byte, perplexity and mean loss of a token, from the loss of all tokens together.

    Args:
        nats: the sum of the natural logarithms of the tokens' probabilities, negated.
        tokens: how many tokens.
        size: their text, as `size_in_bytes` counts.
    """
    loss = nats / tokens
    return {
        "bits_per_byte": float(nats / np.log(2) / size),
        "perplexity": float(np.exp(min(loss, 700.0))),
        "loss": float(loss),
    }
