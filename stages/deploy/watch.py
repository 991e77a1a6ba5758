"""What the registry says, read anew by a thread of its own, so that no answer waits for a store."""

import logging
import threading
import time

from stages.artifacts import StageError
from stages.deploy.registry import Registry

_EVERY = 1.0
"""seconds from one reading to the next"""

_log = logging.getLogger("retort")


class Watch:
    """The state of a registry, a second old at most while the registry answers, else the last that it told.

    Args:
        store: the registry.

    Raises:
        StageError: the registry cannot be read at the start.
    """

    def __init__(self, store: Registry) -> None:
        self._store = store
        self.state = store.state()
        self.problem: str | None = None
        """why the last reading failed"""
        self.read = threading.Event()
        """set after every reading, for who waits for the next"""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            time.sleep(_EVERY)
            try:
                self.state, problem = self._store.state(), None
            except (StageError, OSError) as error:
                problem = str(error) if isinstance(error, StageError) else type(error).__name__
            if problem != self.problem:
                _log.warning("registry: %s", problem or "answers again")
            self.problem = problem
            self.read.set()
