"""Who is let in, how much at once, how long, and what an answer's headers say."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from flows.command import app as command
from stages.artifacts import StageError
from stages.deploy import tokens
from stages.deploy.entrance import Bucket, Entrance
from stages.deploy.metrics import Metrics
from stages.deploy.model import open_bundle
from stages.deploy.serve import serve_bundle
from stages.deploy.server import create_app
from stages.params.serve import Serve

ROOT = Path(__file__).parents[3]
PLANTED = "zebra.quagga@example.org"


def client(built: Path, limits: Serve, keys: tokens.Tokens | None = None) -> TestClient:
    metrics = Metrics()
    app = create_app(open_bundle(built), limits, metrics=metrics)
    return TestClient(Entrance(app, limits, metrics, keys))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_lets_in_until_it_is_revoked(built: Path):
    first, second = tokens.add("shop"), tokens.add("lab")
    asking = client(built, Serve(), tokens.Tokens())
    body = {"text": "good"}
    assert asking.post("/predict", json=body).status_code == 401
    assert asking.get("/metrics").status_code == 401
    assert asking.get("/health").status_code == asking.get("/ready").status_code == 200
    for key in (first, second):
        assert asking.post("/predict", json=body, headers=bearer(key)).status_code == 200
    for wrong in ("", "rt", "rt_00000000_x", first[:-1], f"{first}x", PLANTED):
        refused = asking.post("/predict", json=body, headers=bearer(wrong))
        assert refused.status_code == 401
        assert "zebra" not in refused.text
        assert refused.headers["www-authenticate"] == "Bearer"
    tokens.revoke(tokens.tokens()[0].id)
    assert asking.post("/predict", json=body, headers=bearer(first)).status_code == 401
    assert asking.post("/predict", json=body, headers=bearer(second)).status_code == 200


def test_keys_are_kept_as_hashes_that_nobody_else_reads():
    key = tokens.add("shop")
    path = tokens.tokens_file()
    assert path.stat().st_mode & 0o777 == 0o600
    assert key.split("_", 2)[2] not in path.read_text()
    path.chmod(0o644)
    with pytest.raises(StageError, match="mode 0644 lets others read"):
        tokens.tokens()
    assert tokens.Tokens().holder(key) is None
    path.chmod(0o600)
    path.write_text("{")
    with pytest.raises(StageError, match="damaged"):
        tokens.tokens()


def test_keys_from_the_command_line():
    run = CliRunner().invoke
    key = run(command, ["tokens", "add", "shop"]).output.strip()
    (kept,) = tokens.tokens()
    assert tokens.Tokens().holder(key) == kept.id
    listed = run(command, ["tokens", "list"]).output
    assert kept.id in listed
    assert "shop" in listed
    assert key not in listed
    assert run(command, ["tokens", "revoke", kept.id]).output == f"{kept.id} is revoked\n"
    refused = run(command, ["tokens", "revoke", kept.id])
    assert refused.exit_code == 1
    assert f"no API key {kept.id}" in refused.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_nothing_is_served_to_others_without_a_key(built: Path, host: str):
    with pytest.raises(StageError, match="there is no API key; run `retort tokens add NAME`"):
        serve_bundle(built, host, 0, Serve())


def test_a_key_is_held_to_its_rate(built: Path):
    asking = client(built, Serve(rate=2), tokens.Tokens())
    first, second = bearer(tokens.add("shop")), bearer(tokens.add("lab"))
    assert [asking.get("/models", headers=first).status_code for _ in range(3)] == [200, 200, 429]
    refused = asking.get("/models", headers=first)
    assert refused.headers["retry-after"] == "1"
    assert asking.get("/models", headers=second).status_code == 200


def test_a_bucket_fills_steadily():
    bucket = Bucket(2.0)
    assert [bucket.take(100.0) for _ in range(3)] == [0, 0, 0.5]
    assert [bucket.take(100.5) for _ in range(2)] == [0, 0.5]
    assert [bucket.take(900.0) for _ in range(3)] == [0, 0, 0.5]
    assert bucket.take(800.0) > 0, "a clock that goes back gives nothing"


def test_an_answer_says_that_nothing_may_be_made_of_it(built: Path):
    asking = client(built, Serve())
    for found in (
        asking.post("/predict", json={"text": "good"}, headers={"Origin": "https://elsewhere.example"}),
        asking.get("/nowhere"),
        asking.post("/predict", content=b"{"),
    ):
        assert found.headers["content-security-policy"].startswith("default-src 'none'")
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["x-frame-options"] == "DENY"
        assert found.headers["referrer-policy"] == "no-referrer"
        assert not [name for name in found.headers if name.startswith("access-control")]


def test_models_and_metrics_say_what_is_served_and_nothing_that_was_asked(built: Path):
    asking = client(built, Serve())
    (described,) = asking.get("/models").json()["models"]
    assert (described["task"], described["labels"]) == ("text-classification", ["negative", "positive"])
    assert asking.post("/predict", json={"texts": [f"good {PLANTED}", "bad"]}).status_code == 200
    asking.get(f"/{PLANTED}?q={PLANTED}")
    found = asking.get("/metrics").text
    assert 'retort_requests_total{route="/predict",status="200"} 1.0' in found
    assert 'retort_requests_total{route="?",status="404"} 1.0' in found
    assert 'retort_masked_total{type="EMAIL"} 1.0' in found
    assert "retort_batch_rows_sum 2.0" in found
    for stage in ("request", "mask", "score"):
        assert f'retort_seconds_count{{stage="{stage}"}}' in found
    assert "zebra" not in found


def asked(app: Any, path: str = "/slow", body: bool = True) -> asyncio.Task[tuple[int, dict[bytes, bytes]]]:
    """A request to an ASGI application in this loop: its status and headers."""

    async def receive() -> dict[str, Any]:
        if not body:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def ask() -> tuple[int, dict[bytes, bytes]]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await app({"type": "http", "path": path, "headers": []}, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"])

    return asyncio.create_task(ask())


class Slow:
    """An application that answers when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["path"] == "/slow":
            await self.let.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def test_what_is_over_capacity_is_told_to_come_again():
    async def body() -> None:
        slow = Slow()
        app = Entrance(slow, Serve(at_once=2), Metrics(), None)
        two = [asked(app), asked(app)]
        await asyncio.sleep(0)
        status, headers = await asked(app)
        assert (status, headers[b"retry-after"]) == (429, b"1")
        assert (await asked(app, "/ready"))[0] == 200, "a probe is always answered"
        slow.let.set()
        assert [(await one)[0] for one in two] == [200, 200]
        assert (await asked(app))[0] == 200

    asyncio.run(body())


def test_what_takes_too_long_is_ended():
    async def body() -> None:
        metrics = Metrics()
        app = Entrance(Slow(), Serve(timeout=0.05), metrics, None)
        assert (await asked(app))[0] == 503
        assert (await asked(app, body=False))[0] == 408
        assert b'retort_refused_total{why="time"} 2.0' in metrics.text()
        assert b"retort_busy 0.0" in metrics.text()

    asyncio.run(body())


def test_a_server_that_is_told_to_end_answers_first(built: Path, tmp_path: Path):
    started = tmp_path / "started"
    code = (
        "import sys, time; from pathlib import Path; from stages.deploy.families.predict import ServedModel\n"
        "answer = ServedModel.predict\n"
        "def late(self, texts):\n"
        "    Path(sys.argv[2]).touch(); time.sleep(0.7); return answer(self, texts)\n"
        "ServedModel.predict = late\n"
        "from stages.deploy.serve import serve_bundle; from stages.params.serve import Serve\n"
        "serve_bundle(Path(sys.argv[1]), '127.0.0.1', 0, Serve())"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code, built, started],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
    ) as process:
        port = int(process.stdout.readline().rsplit(b":", 1)[1])
        found: list[int] = []

        def ask() -> None:
            link = HTTPConnection("127.0.0.1", port, timeout=30)
            link.request("POST", "/predict", '{"text": "good"}', {"Content-Type": "application/json"})
            found.append(link.getresponse().status)
            link.close()

        asking = threading.Thread(target=ask)
        asking.start()
        until = time.monotonic() + 30
        while not started.exists() and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGTERM)
        asking.join()
        process.wait(20)
    assert found == [200]
