"""A Dask cluster that reads texts. Its workers need this project installed, in the very version at hand.

They are sent texts and give back places and types: no key, and nothing that was masked. A Dask worker reads
in a thread, which nothing can interrupt from inside, so each chunk is watched from here: one that takes too
long is read again text by text, a text that does is given up, and its worker is started anew.
"""

import json
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, Self

from stages.artifacts import StageError
from stages.clean.masking.cache import code
from stages.clean.masking.detecting import LATE, Found, budget, detect_each
from stages.clean.masking.masker import Masker
from stages.clean.masking.spans import Span
from stages.params.clean import Masking

if TYPE_CHECKING:
    from distributed import Future

GRACE = 10.0
"""Seconds for the way there and back."""
ANSWER = 15
"""Seconds in which the scheduler must answer."""

_maskers: dict[str, Masker] = {}


@dataclass
class _Task:
    places: tuple[int, ...]
    until: float


class Cluster:
    """Reads chunks of texts on a cluster. A context manager.

    Args:
        address: the scheduler, `tcp://HOST:PORT`.
        masking: `clean.masking`.
        language: `project.language`.

    Raises:
        StageError: no scheduler answers, it has no workers, or they do not have this very masker.
    """

    def __init__(self, address: str, masking: Masking, language: str) -> None:
        from distributed import Client

        self._address = address
        self._timeout = masking.timeout
        self._settings = json.dumps([masking.model_dump(), language])
        try:
            self._client = Client(address, timeout=ANSWER, set_as_default=False)
        except (OSError, TimeoutError):
            raise StageError(
                f"clean.scheduler: no Dask scheduler answers at {address}; start it, or choose processes"
            ) from None
        try:
            self._check()
        except BaseException:  # raised again: an interrupt too must not leave the connection open
            self._client.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def read(self, texts: Sequence[str], chunks: Iterable[Sequence[int]]) -> dict[int, Found]:
        """Reads the chunks, which are places of texts. Every text has an outcome.

        Raises:
            StageError: the masker cannot be made, or the cluster is lost.
        """
        from distributed import wait

        waiting = deque(tuple(chunk) for chunk in chunks)
        running: dict[Future, _Task] = {}
        found: dict[int, Found] = {}
        try:
            while waiting or running:
                # no more than are read at once: the time that a chunk waits is not its own
                while waiting and len(running) < self._threads():
                    self._hand(waiting.popleft(), texts, running)
                left = min(task.until for task in running.values()) - time.monotonic()
                done: set[Future] = set()
                with suppress(TimeoutError), self._client.as_current():
                    done = wait(list(running), timeout=max(0.1, left), return_when="FIRST_COMPLETED").done
                for future in done:
                    self._take(future, running.pop(future), found)
                for future in [one for one, task in running.items() if task.until <= time.monotonic()]:
                    waiting.extend(self._abandon(future, running.pop(future), found))
        finally:
            for future in running:
                future.cancel()
        return found

    def _hand(self, places: tuple[int, ...], texts: Sequence[str], running: "dict[Future, _Task]") -> None:
        own = [texts[place] for place in places]
        # not pure: a pure task would be named by a digest of its texts
        future = self._client.submit(_read, self._settings, own, pure=False, retries=0)
        longest = max(budget(text, self._timeout) for text in own)
        running[future] = _Task(places, time.monotonic() + longest + GRACE)

    def _take(self, future: "Future", task: _Task, found: dict[int, Found]) -> None:
        if future.status != "finished":  # its error may quote a text
            raise StageError(
                f"clean.scheduler: a worker of {self._address} died, probably for want of memory"
            )
        answer = future.result()
        if isinstance(answer, str):
            raise StageError(answer)
        for place, (spans, reason) in zip(task.places, answer, strict=True):
            spans = None if spans is None else tuple(Span(*fields) for fields in spans)
            found[place] = Found(spans, reason)

    def _abandon(self, future: "Future", task: _Task, found: dict[int, Found]) -> list[tuple[int, ...]]:
        busy = [name for name, keys in self._client.processing().items() if future.key in keys]
        future.cancel(force=True)
        if busy:
            self._client.restart_workers(busy, timeout=60, raise_for_error=False)
        if len(task.places) > 1:
            return [(place,) for place in task.places]
        found[task.places[0]] = Found(None, LATE)
        return []

    def _threads(self) -> int:
        return max(1, sum(self._client.nthreads().values()))

    def _check(self) -> None:
        if not self._client.nthreads():
            raise StageError(f"clean.scheduler: {self._address} has no workers; start some")
        try:
            theirs = self._client.run(code)
        except Exception:  # whatever it was, they cannot read
            theirs = {}
        if set(theirs.values()) != {code()}:
            raise StageError(
                f"clean.scheduler: workers of {self._address} have another version of this project or of its "
                "packages; install this one there"
            )


def _read(settings: str, texts: list[str]) -> list[tuple[Any, str | None]] | str:
    """On a worker: what was found in each text, or in one line why there is no masker.

    It never raises, since a worker logs an error with the arguments of the call.
    """
    try:
        masking, language = json.loads(settings)
        masker = _maskers.get(settings)
        if masker is None:
            masker = Masker.from_params(Masking.model_validate(masking), language)
            _maskers.clear()
            _maskers[settings] = masker
        parts = detect_each(masker, texts, masking["timeout"])
        found = [one for part in parts for one in part]
    except StageError as error:
        return str(error)
    except Exception as error:  # only its type is told
        return f"clean.scheduler: unforeseen {type(error).__name__} on a worker"
    return [
        (None if one.spans is None else [astuple(span) for span in one.spans], one.reason) for one in found
    ]
