"""A server that follows what is live, while it is asked all the time."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stages.artifacts import StageError
from stages.deploy.follow import Follower
from stages.deploy.manifest import seal, verify
from stages.deploy.moves import State
from stages.deploy.registry import Registry
from stages.deploy.release import release, rollback
from stages.deploy.warm import warm

ROOT = Path(__file__).parents[3]
CODE = (
    "from stages.deploy import watch; watch._EVERY = 0.05; "
    "from stages.deploy.registry import Registry; from stages.deploy.serve import serve; "
    "from stages.params.serve import Serve; serve(Registry('registry', 'tiny'), '127.0.0.1', 0, Serve())"
)


@contextmanager
def serving() -> Iterator[int]:
    """A process that serves the registry of the working folder; gives its port."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", CODE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as process:
        try:
            yield int(process.stdout.readline().rsplit(b":", 1)[1])
        finally:
            process.terminate()


def asked(link: http.client.HTTPConnection, path: str, body: Any = None) -> tuple[int, Any]:
    link.request(
        "POST" if body else "GET", path, body and json.dumps(body), {"Content-Type": "application/json"}
    )
    answer = link.getresponse()
    return answer.status, json.loads(answer.read())


def numbers(port: int) -> str:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("GET", "/metrics")
    found = link.getresponse().read().decode()
    link.close()
    return found


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def released(replayed, store: Registry, bundle: Path) -> str:
    replayed(verify(bundle))
    return release(bundle, store, "test").version


def test_requests_move_with_what_is_live_and_none_is_lost(bundle: Path, another, replayed, store: Registry):
    first = released(replayed, store, bundle)
    second = another(2.0)
    statuses: list[int] = []
    versions: list[str] = []
    done = threading.Event()

    def ask_on(port: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not done.is_set():
            status, answer = asked(link, "/predict", {"text": "a good day"})
            statuses.append(status)
            versions.append(answer.get("version"))
            # logits are twice as large in the second
            score = answer["answers"][0]["score"]
            assert (score > 0.95) == (answer["version"] != first)
        link.close()

    with serving() as port:
        askers = [threading.Thread(target=ask_on, args=(port,)) for _ in range(4)]
        for one in askers:
            one.start()
        next_one = released(replayed, store, second)
        assert soon(lambda: versions[-1:] == [next_one])
        rollback(store, None, "test")
        assert soon(lambda: versions[-1:] == [first])
        released(replayed, store, second)
        assert soon(lambda: versions[-1:] == [next_one])
        store.retire([first], "test")
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert asked(link, "/ready")[1] == {
            "status": "ready",
            "name": "tiny",
            "version": next_one,
            "alert": None,
        }
        done.set()
        for one in askers:
            one.join()
        link.close()
    assert set(statuses) == {200}
    assert set(versions) == {first, next_one}


def test_a_bad_version_leaves_the_old_one_serving_and_is_told(
    bundle: Path, another, replayed, store: Registry
):
    first = released(replayed, store, bundle)
    with serving() as port:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        broken = another(3.0)
        (broken / "model.onnx").write_bytes(b"no model")
        seal(broken)
        bad = released(replayed, store, broken)
        assert soon(lambda: asked(link, "/ready")[1]["alert"] is not None)
        status, ready = asked(link, "/ready")
        assert (status, ready["version"]) == (200, first)
        assert ready["alert"] == f"{bad} is live but cannot be served; {first} stays; see the server's log"
        assert asked(link, "/predict", {"text": "good"})[0] == 200
        assert "retort_failed_swaps_total 1.0" in numbers(port)
        assert f'retort_model{{name="tiny",version="{first}"}} 1.0' in numbers(port)
        assert "retort_alert 1.0" in numbers(port)
        rollback(store, first, "test")
        assert soon(lambda: "retort_alert 0.0" in numbers(port))
        good = released(replayed, store, another(4.0))
        assert soon(lambda: asked(link, "/ready")[1]["version"] == good)
        assert asked(link, "/ready")[1]["alert"] is None
        store.retire([good], "nothing is live then")
        assert soon(lambda: asked(link, "/predict", {"text": "good"})[0] == 503)
        link.close()


def test_a_version_that_failed_is_tried_again_after_a_while(monkeypatch: pytest.MonkeyPatch):
    tried: list[str] = []
    moves: list[tuple[str, bool]] = []

    def load(version: str) -> Any:
        tried.append(version)
        if len(tried) < 2:
            raise ValueError("a text that may quote data")
        return object()

    watch: Any = SimpleNamespace(state=State(live="b"), problem=None)
    follower = Follower(watch, "a", object(), load, lambda *move: moves.append(move))
    follower.step()
    follower.step()
    assert tried == ["b"]
    monkeypatch.setattr("stages.deploy.follow._AGAIN", -1.0)
    follower.step()
    assert (tried, moves, follower.version) == (["b", "b"], [("b", False), ("b", True)], "b")
    assert follower.alert() is None
    watch.problem = "s3://somewhere is away"
    assert follower.alert() == "the registry cannot be read; see the server's log"


def test_what_fails_on_its_own_example_is_not_warm():
    async def failing(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})

    with pytest.raises(StageError, match="recorded example 1 with status 500"):
        warm(failing, [{"path": "/predict", "body": {"text": "good"}, "answer": {}}])
