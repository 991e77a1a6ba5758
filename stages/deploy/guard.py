"""The outermost layer of the server: limits bodies, logs requests, and keeps input out of logs and errors."""

import logging
import time
import traceback
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG = logging.getLogger("retort.server")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Guard:
    """ASGI middleware. A path or a query may hold personal data, so the log names the matched route only.

    Args:
        app: what is guarded.
        body_limit: largest body in bytes; a larger one is answered with 413.
    """

    def __init__(self, app: ASGIApp, body_limit: int) -> None:
        self._app = app
        self._limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = read = 0
        declared = _declared(scope)

        async def limited() -> Message:
            nonlocal read
            message = await receive() if declared <= self._limit else {"body": b""}
            read += len(message.get("body", b""))
            if max(read, declared) > self._limit:
                raise HTTPException(413, f"the body is too large; at most {self._limit} bytes")
            return message

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, limited, noted)
        except Exception as error:  # the server would log its text and its frames, which may quote the input
            _LOG.error("unforeseen %s at %s; its text is withheld", type(error).__name__, _place(error))
            if not status:
                await JSONResponse({"detail": "unforeseen error; see the server's log"}, 500)(
                    scope, receive, noted
                )
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "?"
            route = getattr(scope.get("route"), "path", "?")
            _LOG.info("%s %s %d %.1f ms", method, route, status, 1000 * (time.perf_counter() - started))


def _declared(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"


class Formatter(logging.Formatter):
    """Shows of an exception nothing but its type."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatException(self, ei: object) -> str:
        return str(getattr(ei[0], "__name__", "")) if isinstance(ei, tuple) else ""
