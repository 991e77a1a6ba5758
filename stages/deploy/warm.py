"""Asks an application its own recorded examples, in memory, before anybody else may ask it."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp, Message

from stages.artifacts import StageError
from stages.deploy.families.base import Exchange

EXAMPLES = 4
"""how many are asked: the first answers of a model are its slowest"""
_FINE = {200, 413}
"""an example may be over the limits of this server"""


def warm(app: ASGIApp, examples: Sequence[Exchange]) -> None:
    """Has `app` answer the first of its recorded examples. Not for a thread that runs an event loop.

    Raises:
        StageError: it refuses one of them, or fails on it.
    """
    for number, example in enumerate(examples[:EXAMPLES], 1):
        status = asyncio.run(_asked(app, example["path"], example["body"]))
        if status not in _FINE:
            raise StageError(f"answers its recorded example {number} with status {status}")


async def _asked(app: ASGIApp, path: str, body: dict[str, Any]) -> int:
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": None,
        "server": None,
    }
    await app(scope, receive, send)
    return status
