"""Serving: `serve(...)` for the command line, `python -m stages.deploy.serve` for the replay."""

import argparse
import contextlib
import errno
import ipaddress
import logging
import math
import socket
import sys
import threading
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from stages.artifacts import StageError, read_json
from stages.deploy.entrance import Entrance
from stages.deploy.follow import Follower
from stages.deploy.guard import Formatter
from stages.deploy.metrics import Metrics
from stages.deploy.model import open_bundle
from stages.deploy.registry import Registry
from stages.deploy.server import create_app
from stages.deploy.tokens import Tokens, tokens
from stages.deploy.warm import warm
from stages.deploy.watch import Watch
from stages.params.serve import Serve


def serve(store: Registry, host: str, port: int, limits: Serve) -> None:
    """Serves the live version of a model, whichever it is, until it is interrupted.

    Prints its address when it answers. A version that goes live later is loaded beside the one that answers.

    Args:
        store: the registry of the model.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        limits: of requests.

    Raises:
        StageError: nothing is live, the version is damaged or not signed by a key that is trusted, the
            address cannot be listened on, or others can ask there and there is no API key.
    """
    version = store.live()
    if version is None:
        why = "the live version was retired, and none has passed since" if store.state().retired else ""
        raise StageError(f"{store.place}: {why or 'nothing is live'}; run `retort release` first")
    tokens = _tokens(host)
    watch = Watch(store)
    metrics = Metrics()
    metrics.serves(store.name, version)

    def load(version: str) -> ASGIApp:
        with store.fetched(version) as folder:
            examples = read_json(folder / "examples.json")["exchanges"]
            model = open_bundle(folder)
        retired, alert = (lambda: version in watch.state.retired), (lambda: follower.alert())
        app = create_app(model, limits, retired, alert, metrics)
        warm(app, examples)
        return app

    _log_without_input()
    with contextlib.suppress(KeyboardInterrupt), listen(host, port) as listening:
        follower = Follower(watch, version, load(version), load, partial(metrics.moved, store.name))
        metrics.alerts(follower.alert)
        follower.start()
        app = Entrance(follower, limits, metrics, tokens)
        _run(app, limits, f"{store.name} {version}", host, listening)


def serve_bundle(folder: Path, host: str, port: int, limits: Serve, with_parent: bool = False) -> None:
    """Serves the bundle in `folder`, released or not; see `serve`.

    Args:
        with_parent: stop when standard input ends, which it does when the parent dies, however it dies.
    """
    tokens = _tokens(host)
    metrics = Metrics()
    with contextlib.suppress(KeyboardInterrupt), listen(host, port) as listening:
        model = open_bundle(folder)
        metrics.serves(model.name, model.version)
        _log_without_input()
        app = Entrance(create_app(model, limits, metrics=metrics), limits, metrics, tokens)
        _run(app, limits, f"{model.name} {model.version}", host, listening, with_parent)


def _tokens(host: str) -> Tokens | None:
    """The API keys that are asked for: none where only this machine can ask.

    Raises:
        StageError: others can ask, and there is no key.
    """
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return None
    if host == "localhost":
        return None
    if not tokens():
        raise StageError(f"others can reach {host}, and there is no API key; run `retort tokens add NAME`")
    return Tokens()


def _run(
    app: ASGIApp,
    limits: Serve,
    what: str,
    host: str,
    listening: socket.socket,
    with_parent: bool = False,
) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            # on SIGTERM what is being answered is answered, within its time
            timeout_graceful_shutdown=math.ceil(limits.timeout),
        )
    )
    if with_parent:
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    shown = f"[{host}]" if ":" in host else host
    print(f"serving {what} on http://{shown}:{listening.getsockname()[1]}", flush=True)
    server.run(sockets=[listening])


def main() -> None:
    """The command line of `python -m stages.deploy.serve`."""
    defaults = Serve()
    parser = argparse.ArgumentParser(prog="python -m stages.deploy.serve", description=serve.__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=defaults.port)
    parser.add_argument("--max-texts", type=int, default=defaults.max_texts)
    parser.add_argument("--max-characters", type=int, default=defaults.max_characters)
    parser.add_argument("--max-image-kb", type=int, default=defaults.max_image_kb)
    parser.add_argument("--max-pixels", type=int, default=defaults.max_pixels)
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()
    limits = Serve(
        max_texts=given.max_texts,
        max_characters=given.max_characters,
        max_image_kb=given.max_image_kb,
        max_pixels=given.max_pixels,
    )
    try:
        serve_bundle(given.bundle, given.host, given.port, limits, given.with_parent)
    except StageError as error:
        print(f"error: serve: {error}", file=sys.stderr)
        sys.exit(1)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        StageError: the address is in use, not allowed, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named: without it, 40 ms an answer
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
        return listening
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            line = f"port {port} on {host} is in use; stop what listens there, or choose another port"
        elif error.errno == errno.EACCES:
            line = f"port {port} may not be listened on; choose one above 1023"
        else:
            line = f"{host} is not an address of this machine; choose another host, such as 127.0.0.1"
        raise StageError(line) from None


def _log_without_input() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("retort").setLevel(logging.INFO)


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
