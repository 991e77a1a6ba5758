"""Starts the real server on a bundle and asks it again what was recorded."""

import http.client
import json
import math
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from stages.artifacts import StageError, read_json
from stages.deploy.families.base import VOLATILE, Exchange
from stages.params.serve import Serve

_START = 120.0
"""seconds that the server may take to start"""
_ANSWER = 60.0
"""seconds that an answer may take"""


@dataclass(frozen=True)
class Replay:
    """What the served bundle did with the recorded examples."""

    examples: int
    difference: float
    """largest difference between a served and a recorded number; infinite where an answer differs in kind"""
    milliseconds: float
    """median time of a request with one text, masking and HTTP included"""


def replay(bundle: Path, limits: Serve) -> Replay:
    """Serves `bundle` on a free port of this machine and replays its recorded examples, alone and together.

    Raises:
        StageError: the server does not start, does not answer, or refuses an example.
    """
    recorded: list[Exchange] = read_json(bundle / "examples.json")["exchanges"]
    # what was asked all at once is asked for so again, if that is allowed
    allowed = [one for one in recorded if _together(one["body"]) <= limits.max_texts]
    with serving(bundle, limits) as address:
        link = http.client.HTTPConnection(address, timeout=_ANSWER)
        try:
            health = _ask(link, "GET", "/health")
            if health.get("status") != "ok":
                raise StageError("the server of the bundle says that it is not well")
            gaps, times = [0.0], []
            for one in allowed:
                started = time.perf_counter()
                served = _ask(link, "POST", one["path"], one["body"])
                if not _together(one["body"]):
                    times.append(time.perf_counter() - started)
                gaps.append(difference(_lasting(served), _lasting(one["answer"])))
        finally:
            link.close()
    return Replay(len(times), max(gaps), 1000 * statistics.median(times or [0.0]))


@contextmanager
def serving(bundle: Path, limits: Serve) -> Iterator[str]:
    """The real server, on `bundle`, as a process that never outlives the block: gives `host:port`.

    Raises:
        StageError: the server ends before it answers, or takes too long.
    """
    command = [
        sys.executable,
        "-m",
        "stages.deploy.serve",
        "--bundle",
        str(bundle),
        "--port",
        "0",
        "--with-parent",
    ]
    command += ["--max-texts", str(limits.max_texts), "--max-characters", str(limits.max_characters)]
    command += ["--max-image-kb", str(limits.max_image_kb), "--max-pixels", str(limits.max_pixels)]
    home = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([home, os.environ.get("PYTHONPATH", "")])}
    with tempfile.TemporaryFile() as errors:
        # in the process group of the stage: a signal to the group reaches the server too
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment
        )
        try:
            yield _address(process, errors)
        finally:
            _end(process)


def difference(served: Any, recorded: Any) -> float:
    """Largest difference between the numbers of two answers; infinite where anything else differs."""
    if isinstance(served, bool) or isinstance(recorded, bool):
        return 0.0 if served is recorded else math.inf
    if isinstance(served, int | float) and isinstance(recorded, int | float):
        gap = abs(served - recorded)
        return gap if math.isfinite(gap) else math.inf
    if isinstance(served, dict) and isinstance(recorded, dict) and served.keys() == recorded.keys():
        return max((difference(served[key], recorded[key]) for key in served), default=0.0)
    if isinstance(served, list) and isinstance(recorded, list) and len(served) == len(recorded):
        return max((difference(*pair) for pair in zip(served, recorded, strict=True)), default=0.0)
    return 0.0 if served == recorded else math.inf


def _together(body: dict[str, Any]) -> int:
    """How many texts or images a request asks about at once; 0 where it asks about one."""
    return len(body.get("texts", body.get("images", ())))


def _lasting(answer: Any) -> Any:
    """An answer without what differs from one asking to the next."""
    if isinstance(answer, dict):
        return {name: _lasting(value) for name, value in answer.items() if name not in VOLATILE}
    return [_lasting(one) for one in answer] if isinstance(answer, list) else answer


def _ask(link: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    try:
        link.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = link.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise StageError(
            f"the server of the bundle does not answer {path} ({type(error).__name__})"
        ) from None
    if answer.status != 200:
        raise StageError(f"the server of the bundle answers {path} with status {answer.status}")
    return json.loads(content)


def _address(process: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    """Reads `host:port` from the line with which the server says that it answers."""
    assert process.stdout is not None  # noqa: S101
    deadline = time.monotonic() + _START
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise StageError(f"the server of the bundle did not start within {_START:.0f} seconds")
        block = os.read(process.stdout.fileno(), 4096)
        if not block:
            raise StageError(f"the server of the bundle did not start: {_last_line(errors)}")
        line += block
    return urlsplit(line.decode().split()[-1]).netloc


def _last_line(errors: IO[bytes]) -> str:
    """The server's own one-line error; of a trace, which may quote data, only its type."""
    errors.seek(0)
    lines = errors.read().decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
    own = "error: serve: "
    return lines[-1].removeprefix(own) if lines[-1].startswith(own) else lines[-1].split(":")[0]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
