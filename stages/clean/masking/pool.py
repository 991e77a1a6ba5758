"""Masks many texts in several processes; what cannot be vouched for comes back with a reason, not a text."""

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from stages.artifacts import StageError
from stages.clean.masking.masker import Masker
from stages.params.clean import Masking

CHUNK = 200
"""Texts handed to a process at a time."""
WORTH = 400
"""Texts from which starting processes costs less than it saves."""

_masker: Masker | None = None


@dataclass(frozen=True)
class Masked:
    """The outcome for one text: masked, with counts by type and places; or None, with the reason."""

    text: str | None
    counts: dict[str, int] = field(default_factory=dict)
    reason: str | None = None
    places: tuple[tuple[int, int], ...] = ()
    """begin and end of each masked value in the text as it was given"""


def mask_all(texts: Sequence[str], masking: Masking, language: str) -> list[Masked]:
    """Masks texts in `masking.processes` processes, in order; the result does not depend on how many.

    Raises:
        StageError: the tagger is missing or altered, or a process died.
    """
    masker = Masker.from_params(masking, language)
    # Texts of like length together: equal work for the processes, little padding for the tagger.
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]), reverse=True)
    chunks = [order[first : first + CHUNK] for first in range(0, len(order), CHUNK)]
    handed = ([texts[place] for place in chunk] for chunk in chunks)
    results: list[Masked | None] = [None] * len(texts)

    def take(outcomes: Iterable[list[Masked]]) -> None:
        for chunk, found in zip(chunks, outcomes, strict=True):
            for place, outcome in zip(chunk, found, strict=True):
                results[place] = outcome

    if masking.processes == 1 or len(texts) < WORTH:
        take(mask_each(masker, part) for part in handed)
        return [outcome for outcome in results if outcome is not None]
    # Spawned, not forked: a fork would copy locks that threads of the parent hold.
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(masking.processes, context, _start, (masking, language)) as pool:
            take(pool.map(_work, handed))
    except BrokenProcessPool:
        raise StageError(
            "clean.masking.processes: a masking process died, probably for want of memory; lower their number"
        ) from None
    return [outcome for outcome in results if outcome is not None]


def mask_each(masker: Masker, texts: Sequence[str]) -> list[Masked]:
    """Masks texts together; where that fails, one by one, so that only the failing ones go without."""
    try:
        return [_outcome(*found) for found in masker.mask_with_spans(texts)]
    except Exception:  # whatever it was, the texts are tried one by one
        return [_alone(masker, text) for text in texts]


def _alone(masker: Masker, text: str) -> Masked:
    try:
        return _outcome(*masker.mask_with_spans([text])[0])
    except Exception as error:  # its message may quote the text: only its type is told
        return Masked(None, reason=f"the masker could not vouch for the text ({type(error).__name__})")


def _outcome(text: str, spans: Sequence) -> Masked:
    places = tuple((span.start, span.end) for span in spans)
    return Masked(text, dict(Counter(span.type for span in spans)), places=places)


def _start(masking: Masking, language: str) -> None:
    global _masker
    _masker = Masker.from_params(masking, language)


def _work(texts: list[str]) -> list[Masked]:
    if _masker is None:
        raise RuntimeError("the process was not prepared")
    return mask_each(_masker, texts)
