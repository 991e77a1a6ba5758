"""What every request passes first: who asks, how much at a time, how long, and what headers an answer has."""

import asyncio
import math
import time
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stages.deploy.metrics import Metrics
from stages.deploy.tokens import Tokens
from stages.params.serve import Serve

_PROBES = {"/health", "/ready"}
"""asked by whoever runs the server: without an API key, and answered however busy it is"""
_KEYLESS = {*_PROBES, "/"}
"""a page cannot send a key before it has been loaded"""
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_DOCS = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; connect-src 'self'; "
    "script-src 'unsafe-inline' https://cdn.jsdelivr.net; "
    "style-src 'unsafe-inline' https://cdn.jsdelivr.net; img-src data: https://fastapi.tiangolo.com"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class Entrance:
    """ASGI: lets requests in to `app`, or refuses them.

    Args:
        app: what answers.
        limits: how many at once, how many a second for each API key, how long.
        metrics: what is counted.
        tokens: the API keys; None asks for none.
    """

    def __init__(self, app: ASGIApp, limits: Serve, metrics: Metrics, tokens: Tokens | None) -> None:
        self._app = app
        self._limits = limits
        self._metrics = metrics
        self._tokens = tokens
        self._rates: dict[str, Bucket] = {}
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        answering = Answering(scope, receive, send, self._limits.timeout)
        if refusal := self._refusal(scope):
            await refusal(scope, receive, answering.send)
        elif scope["path"] in _PROBES:
            await self._app(scope, receive, answering.send)
        else:
            await self._admitted(scope, answering)
        route = getattr(scope.get("route"), "path", "?")
        self._metrics.answered(route, answering.status, time.perf_counter() - started)

    async def _admitted(self, scope: Scope, answering: "Answering") -> None:
        self._busy += 1
        self._metrics.busy(self._busy)
        try:
            async with asyncio.timeout(self._limits.timeout) as answering.deadline:
                await self._app(scope, answering.receive, answering.send)
        except TimeoutError:
            self._metrics.refused("time")
            if not answering.status:
                late = "the answer took" if answering.read else "the body took"
                line = f"{late} longer than {self._limits.timeout:g} seconds"
                refusal = _refusal(503 if answering.read else 408, line, {"connection": "close"})
                await refusal(scope, answering.receive, answering.send)
        finally:
            self._busy -= 1
            self._metrics.busy(self._busy)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        """What is answered instead, where a request may not come in."""
        path = scope["path"]
        if self._tokens and path not in _KEYLESS:
            scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
            holder = self._tokens.holder(given.strip()) if scheme.lower() == "bearer" else None
            if holder is None:
                self._metrics.refused("key")
                line = "an API key is needed: Authorization: Bearer KEY"
                return _refusal(401, line, {"www-authenticate": "Bearer"})
            bucket = self._rates.setdefault(holder, Bucket(self._limits.rate))
            if wait := bucket.take(time.monotonic()):
                self._metrics.refused("rate")
                line = f"over {self._limits.rate:g} requests a second with this API key"
                return _refusal(429, line, {"retry-after": str(math.ceil(wait))})
        if path not in _PROBES and self._busy >= self._limits.at_once:
            self._metrics.refused("capacity")
            line = f"{self._busy} requests are being answered, which is all that may be"
            return _refusal(429, line, {"retry-after": "1"})
        return None


class Answering:
    """What passes between one request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, timeout: float) -> None:
        self._path = scope["path"]
        self._receive = receive
        self._send = send
        self._timeout = timeout
        self.status = 0
        self.read = False
        """whether the body has come whole"""
        self.deadline: asyncio.Timeout | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        self.read = self.read or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._path == "/docs":
                headers["content-security-policy"] = _DOCS
        await self._send(message)
        # a stream is late only where its next piece is
        if self.deadline and not self.deadline.expired():
            self.deadline.reschedule(asyncio.get_running_loop().time() + self._timeout)


@dataclass
class Bucket:
    """How many requests somebody may still make: a second's worth at most, filled steadily."""

    rate: float
    """requests a second"""
    left: float = math.inf
    at: float = 0.0

    def take(self, now: float) -> float:
        """Takes one; returns 0, or after how many seconds there will be one."""
        most = max(1.0, self.rate)
        self.left = min(most, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / self.rate
        self.left -= 1
        return 0.0


def _refusal(status: int, line: str, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse({"detail": line}, status, headers)
