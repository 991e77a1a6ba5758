"""A Prefect server to talk to: the one that is set up, or one of our own that ends with us."""

import atexit
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from flows.errors import FlowError
from flows.process import group
from stages.artifacts import WORK

HOST = "127.0.0.1"
LOG = WORK / "prefect-server.log"

_STARTUP = 120.0


def temporary() -> Callable[[], None]:
    """A server for one run: the configured one, else our own, without scheduler and page, on a free port.

    Gives a function that waits until the server answers, so that the caller can load what it needs meanwhile.
    The server ends with this process, as Prefect sends its last log lines and events on the way out.

    Raises:
        FlowError: no server can be had.
    """
    if configured():
        return lambda: None
    until_exit = ExitStack()
    atexit.register(until_exit.close)
    return until_exit.enter_context(_own(_free_port(), "--no-ui", "--no-scheduler", "--no-late-runs"))


@contextmanager
def lasting(port: int) -> Iterator[str]:
    """A server with a scheduler, and its address: the configured one, the one at `port`, else our own there.

    Raises:
        FlowError: no server can be had, or the port serves something else.
    """
    if url := configured():
        yield url
        return
    url = f"http://{HOST}:{port}/api"
    if _answers(url):
        with _settings(url):
            yield url
        return
    if _taken(port):
        raise FlowError(
            f"port {port} is in use by another program; name a free one: retort schedule --port PORT"
        )
    with _own(port) as wait:
        wait()
        yield url


def configured() -> str | None:
    """The address in PREFECT_API_URL or in Prefect's profile.

    Raises:
        FlowError: nothing listens there.
    """
    found = get_current_settings().api.url
    if found is None:
        return None
    url = str(found)
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=10).close()
    except OSError:
        where = f"{parts.hostname}:{port}"
        raise FlowError(
            f"PREFECT_API_URL: nothing listens at {where}; start that server, or unset it"
        ) from None
    return url


@contextmanager
def _own(port: int, *options: str) -> Iterator[Callable[[], None]]:
    url = f"http://{HOST}:{port}/api"
    LOG.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        HOST,
        "--port",
        str(port),
        *options,
    ]
    with LOG.open("w", encoding="utf-8") as log, group(command, log) as server, _settings(url):

        def wait() -> None:
            deadline = time.monotonic() + _STARTUP
            while not _answers(url):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise FlowError(f"Prefect's server did not start; see {LOG}")
                time.sleep(0.1)

        yield wait


@contextmanager
def _settings(url: str) -> Iterator[None]:
    before = os.environ.get("PREFECT_API_URL")
    os.environ["PREFECT_API_URL"] = url  # for the processes that we start
    try:
        with temporary_settings({PREFECT_API_URL: url}):
            yield
    finally:
        if before is None:
            del os.environ["PREFECT_API_URL"]
        else:
            os.environ["PREFECT_API_URL"] = before


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310, our own http address
            return bool(answer.read().strip() == b"true")
    except (urllib.error.URLError, OSError):
        return False


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
