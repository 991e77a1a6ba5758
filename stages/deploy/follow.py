"""Follows what is live: the next version is loaded and warmed beside the old one, then requests move."""

import gc
import logging
import threading
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from stages.artifacts import StageError
from stages.deploy.watch import Watch

_AGAIN = 30.0
"""seconds after which a version that could not be served is tried again: it may have been put right"""

_log = logging.getLogger("retort.server")


class Follower:
    """An ASGI application that is always the one of the live version, as far as that can be served.

    A request goes to its end to the version that it came to: only the reference to the next moves, whole.

    Args:
        watch: what is live.
        version: what `app` serves.
        app: the application to begin with.
        load: makes the warmed application of a version; whatever it raises leaves the old one serving.
        moved: told after every try which version was tried, and whether requests moved to it.
    """

    def __init__(
        self,
        watch: Watch,
        version: str,
        app: ASGIApp,
        load: Callable[[str], ASGIApp],
        moved: Callable[[str, bool], None] = lambda version, done: None,
    ) -> None:
        self._watch = watch
        self._app = app
        self._load = load
        self._moved = moved
        self.version = version
        """what is served"""
        self._failed: tuple[str, float] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def start(self) -> None:
        """Follows from now on, in a thread that ends with the process."""
        threading.Thread(target=self._follow, daemon=True).start()

    def alert(self) -> str | None:
        """Why what is served may not be what is live: one line that holds no address; the log says more."""
        if self._failed:
            return (
                f"{self._failed[0]} is live but cannot be served; {self.version} stays; see the server's log"
            )
        return "the registry cannot be read; see the server's log" if self._watch.problem else None

    def _follow(self) -> None:
        while True:
            self._watch.read.wait()
            self._watch.read.clear()
            self.step()

    def step(self) -> None:
        """Moves to what is live, if that is another version and not one that has failed just now."""
        live = self._watch.state.live
        if live is None or live == self.version:
            self._failed = None
        elif not self._failed or self._failed[0] != live or time.monotonic() > self._failed[1] + _AGAIN:
            self._try(live)

    def _try(self, version: str) -> None:
        try:
            app = self._load(version)
        except Exception as error:  # whatever is wrong with it, the old version must go on
            why = str(error) if isinstance(error, StageError) else type(error).__name__
            _log.error("%s cannot be served, %s stays: %s", version, self.version, why)
            self._failed = (version, time.monotonic())
            self._moved(version, False)
            return
        self._app, self.version, self._failed = app, version, None
        _log.info("%s is served", version)
        self._moved(version, True)
        gc.collect()  # an application is full of cycles, and holds a whole model
