"""Processes that read texts, each watched: one that answers no more is abandoned, with the text it had."""

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Self

from stages.artifacts import StageError
from stages.clean.masking.detecting import LATE, Found, budget, detect_each
from stages.clean.masking.masker import Masker

GRACE = 10.0
"""Seconds beyond its budget after which a process that has not ended a text by itself is given up."""

# Spawned, not forked: a fork would copy locks that threads of the parent hold.
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    ready: bool = False
    places: tuple[int, ...] = ()
    """the texts it has and has not answered for yet"""
    together: bool = True
    """whether it has not yet begun to read them one by one"""
    since: float = field(default_factory=time.monotonic)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Workers:
    """Reads chunks of texts in several processes. A context manager: at its end the processes are ended.

    Args:
        count: how many processes.
        make: makes the masker, in each of them.
        timeout: `clean.masking.timeout`.
    """

    def __init__(self, count: int, make: Callable[[], Masker], timeout: float) -> None:
        self._make = make
        self._timeout = timeout
        self._workers = [self._start() for _ in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.stop()

    def read(self, texts: Sequence[str], chunks: Iterable[Sequence[int]]) -> dict[int, Found]:
        """Reads the chunks, which are places of texts. Every text has an outcome.

        Raises:
            StageError: the masker cannot be made, or a process died.
        """
        waiting = deque(tuple(chunk) for chunk in chunks)
        found: dict[int, Found] = {}
        while waiting or any(worker.places for worker in self._workers):
            for worker in self._workers:
                if waiting and worker.ready and not worker.places:
                    self._hand(worker, waiting.popleft(), texts)
            soonest = min((self._left(one, texts) for one in self._workers if one.places), default=None)
            answered = wait([worker.pipe for worker in self._workers], soonest)
            for number, worker in enumerate(self._workers):
                if worker.pipe in answered:
                    self._take(worker, found)
                elif worker.places and self._left(worker, texts) <= 0:
                    waiting.extend(_again(worker, found))
                    worker.stop()
                    self._workers[number] = self._start()
        return found

    def _start(self) -> _Worker:
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=_serve, args=(theirs, self._make, self._timeout), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _hand(self, worker: _Worker, places: tuple[int, ...], texts: Sequence[str]) -> None:
        worker.places, worker.together, worker.since = places, True, time.monotonic()
        with suppress(BrokenPipeError):  # it died: noticed when its answer is read
            worker.pipe.send([texts[place] for place in places])

    def _left(self, worker: _Worker, texts: Sequence[str]) -> float:
        longest = max(budget(texts[place], self._timeout) for place in worker.places)
        return worker.since + longest + GRACE - time.monotonic()

    def _take(self, worker: _Worker, found: dict[int, Found]) -> None:
        try:
            answer = worker.pipe.recv()
        except (EOFError, OSError):
            raise StageError(
                "clean.masking.processes: a masking process died, probably for want of memory; "
                "lower their number"
            ) from None
        if isinstance(answer, str):
            raise StageError(answer)
        worker.together = not worker.ready
        worker.ready, worker.since = True, time.monotonic()
        for outcome in answer:
            found[worker.places[0]], worker.places = outcome, worker.places[1:]


def _again(worker: _Worker, found: dict[int, Found]) -> list[tuple[int, ...]]:
    """What of an abandoned worker's texts is to be read again; one that hung alone is given up."""
    if worker.together and len(worker.places) > 1:
        return [(place,) for place in worker.places]
    found[worker.places[0]] = Found(None, LATE)
    return [worker.places[1:]] if worker.places[1:] else []


def _serve(pipe: Connection, make: Callable[[], Masker], timeout: float) -> None:
    """The life of a worker: says that it is ready by an empty answer, then answers chunks."""
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        try:
            masker = make()
        except StageError as error:
            pipe.send(str(error))
            return
        pipe.send([])
        while True:
            for outcomes in detect_each(masker, pipe.recv(), timeout):
                pipe.send(outcomes)
