"""Masks many texts, wherever `clean.scheduler` says; what cannot be vouched for has a reason, not a text."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from stages.clean.masking.cache import Cache
from stages.clean.masking.detecting import Found, detect_each
from stages.clean.masking.masker import Masker
from stages.clean.masking.spans import Span
from stages.params.clean import Masking

CHUNK = 200
"""Texts read at a time."""
CHUNK_LENGTH = 400_000
"""Characters of them, about."""
BLOCK = 20 * CHUNK
"""Texts in memory at a time."""
BLOCK_LENGTH = 20 * CHUNK_LENGTH
WORTH = 400
"""Texts from which starting processes costs less than it saves."""

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Masked:
    """The outcome for one text: masked, with counts by type and places; or None, with the reason."""

    text: str | None
    counts: dict[str, int] = field(default_factory=dict)
    reason: str | None = None
    spans: tuple[Span, ...] = field(default=(), repr=False)


class Reader(Protocol):
    """Finds personal values, somewhere."""

    def read(self, texts: Sequence[str], chunks: Iterable[Sequence[int]]) -> dict[int, Found]:
        """What was found in each text, by its place; `chunks` are places of texts to be read together."""


def mask_all(
    texts: Sequence[str], masking: Masking, language: str, scheduler: str = "processes"
) -> list[Masked]:
    """Masks texts, in order. See `mask_stream`."""
    return list(mask_stream(texts, masking, language, scheduler))


def mask_stream(
    texts: Iterable[str],
    masking: Masking,
    language: str,
    scheduler: str = "processes",
    key: bytes | None = None,
    cache: Cache | None = None,
) -> Iterator[Masked]:
    """Masks texts, in order, some thousand at a time: memory does not grow with their number.

    The result depends neither on where nor in what parts the texts are read. Only the reading is done
    elsewhere; what is written in place of a value is decided here, so the key stays in this process. Where
    surrogates are asked for, the texts hold the tokens that stand for them.

    Args:
        texts: read as they are needed.
        masking: `clean.masking`.
        language: `project.language`.
        scheduler: `clean.scheduler`.
        key: secret bytes for pseudonyms and surrogates; without them, they hold within a text only.
        cache: what was found in texts before.

    Raises:
        StageError: the masker cannot be made, a process died, or no cluster is there.
    """
    masker = Masker.from_params(masking, language, key)
    with ExitStack() as stack:
        reader: Reader | None = None
        for block in _blocks(texts):
            found = dict(enumerate(cache.get(block))) if cache else {}
            fresh = [place for place in range(len(block)) if found.get(place) is None]
            if fresh:
                if reader is None or isinstance(reader, _Here):
                    reader = stack.enter_context(_reader(masker, masking, language, scheduler, len(fresh)))
                read = reader.read(block, _chunks(block, fresh))
                if cache:
                    cache.put((block[place], one) for place, one in read.items())
                found.update(read)
            for place, text in enumerate(block):
                yield _outcome(masker, text, found[place])


def _outcome(masker: Masker, text: str, found: Found | None) -> Masked:
    if found is None or found.spans is None:
        return Masked(None, reason=found.reason if found else "the masker gives no reason")
    counts = dict(Counter(span.type for span in found.spans))
    return Masked(masker.style.marked(text, found.spans), counts, spans=found.spans)


class _Here(AbstractContextManager[Reader]):
    """Reads in this process."""

    def __init__(self, masker: Masker, timeout: float) -> None:
        self._masker, self._timeout = masker, timeout

    def __exit__(self, *error: object) -> None:
        pass

    def read(self, texts: Sequence[str], chunks: Iterable[Sequence[int]]) -> dict[int, Found]:
        found: dict[int, Found] = {}
        for chunk in chunks:
            parts = detect_each(self._masker, [texts[place] for place in chunk], self._timeout)
            found.update(zip(chunk, (one for part in parts for one in part), strict=True))
        return found


def _reader(
    masker: Masker, masking: Masking, language: str, scheduler: str, count: int
) -> AbstractContextManager[Reader]:
    if scheduler.startswith("tcp://"):
        from stages.clean.masking.cluster import Cluster

        return Cluster(scheduler, masking, language)
    if scheduler == "local" or masking.processes == 1 or count < WORTH:
        return _Here(masker, masking.timeout)
    from stages.clean.masking.workers import Workers

    return Workers(masking.processes, partial(Masker.from_params, masking, language), masking.timeout)


def _blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    yield from _parts(texts, len, BLOCK, BLOCK_LENGTH)


def _chunks(texts: Sequence[str], places: Iterable[int]) -> Iterator[list[int]]:
    """Texts of like length together: equal work for the processes, little padding for the tagger."""
    order = sorted(places, key=lambda place: len(texts[place]), reverse=True)
    yield from _parts(order, lambda place: len(texts[place]), CHUNK, CHUNK_LENGTH)


def _parts(
    items: Iterable[_Item], length: Callable[[_Item], int], most: int, longest: int
) -> Iterator[list[_Item]]:
    """The items in parts of at most so many, and of at most so many characters if no item has more."""
    part: list[_Item] = []
    total = 0
    for item in items:
        if part and (len(part) == most or total + length(item) > longest):
            yield part
            part, total = [], 0
        part.append(item)
        total += length(item)
    if part:
        yield part
