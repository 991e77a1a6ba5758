"""The real server as a process: what it answers, what it refuses, and what it never repeats."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import StageError
from stages.deploy import tokens
from stages.deploy.manifest import verify
from stages.deploy.registry import Registry
from stages.deploy.release import release
from stages.deploy.replay import serving
from stages.deploy.serve import listen, serve, serve_bundle
from stages.params.serve import Serve

ROOT = Path(__file__).parents[3]
PLANTED = "zebra.quagga@example.org"


class Running:
    """A server process and what it logs."""

    def __init__(self, bundle: Path, log: Path) -> None:
        self.log = log
        command = [sys.executable, "-m", "stages.deploy.serve", "--bundle", str(bundle), "--port", "0"]
        command += ["--max-texts", "8", "--max-characters", "2000", "--with-parent"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log.open("wb"), cwd=ROOT
        )
        self.line = self.process.stdout.readline().decode()
        self.port = int(self.line.rsplit(":", 1)[1])

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request(method, path, body, {"Content-Type": "application/json", **headers})
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()

    def predict(self, question: Any) -> tuple[int, Any]:
        status, content = self.ask("POST", "/predict", json.dumps(question).encode())
        return status, json.loads(content)


@pytest.fixture(scope="module")
def server(built: Path, tmp_path_factory: pytest.TempPathFactory):
    running = Running(built, tmp_path_factory.mktemp("deploy") / "log")
    yield running
    running.process.terminate()
    running.process.communicate(timeout=30)


def test_it_prints_its_address_and_says_what_it_serves(server: Running, built: Path):
    assert server.line == f"serving tiny {verify(built)} on http://127.0.0.1:{server.port}\n"
    status, content = server.ask("GET", "/health")
    assert (status, json.loads(content)) == (200, {"status": "ok", "name": "tiny", "version": verify(built)})


def test_one_text_and_many(server: Running):
    status, one = server.predict({"text": f"the day is good {PLANTED}"})
    assert status == 200
    assert one["answers"][0]["label"] == "positive"
    assert one["answers"][0]["masked"] == {"EMAIL": 1}
    status, many = server.predict({"texts": ["good", "bad", "good day"]})
    assert status == 200
    assert [answer["label"] for answer in many["answers"]] == ["positive", "negative", "positive"]


def test_the_openapi_document_shows_an_answer_with_the_labels(server: Running):
    status, content = server.ask("GET", "/openapi.json")
    assert status == 200
    found = json.loads(content)["paths"]["/predict"]["post"]["responses"]
    example = found["200"]["content"]["application/json"]["example"]
    assert set(example["answers"][0]["scores"]) == {"negative", "positive"}
    assert {"413", "422"} <= set(found)


@pytest.mark.parametrize(
    ("question", "status", "said"),
    [
        ({"texts": ["x"] * 9}, 413, "9 texts; at most 8 in one request"),
        ({"text": "x" * 2001}, 413, "a text of 2001 characters; at most 2000"),
        ({}, 422, "give either text or texts"),
        ({"text": "a", "texts": ["b"]}, 422, "give either text or texts"),
        ({"texts": []}, 422, "give either text or texts"),
        ({"texts": ["a", ""]}, 422, "texts.1"),
        ({"texts": [PLANTED, 7]}, 422, "texts.1"),
        ({"text": {PLANTED: PLANTED}}, 422, "text"),
        ({PLANTED: "a"}, 422, "unknown key; allowed: text, texts"),
        ([PLANTED], 422, "body"),
        (PLANTED, 422, "body"),
    ],
)
def test_a_refusal_says_why_and_quotes_nothing(server: Running, question: Any, status: int, said: str):
    found, answer = server.predict(question)
    assert found == status
    assert set(answer) == {"detail"}
    assert said in answer["detail"]
    assert "zebra" not in json.dumps(answer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        PLANTED.encode(),
        b'{"text": "' + PLANTED.encode(),
        b"\xff\xfe\x00",
        b'{"text": "\xff"}',
        rb'{"text": "\ud800"}',
        rb'{"text": "good \u0000 day"}',
        b'{"text": "' + b"a" * 2000 + b'"}',
        b'{"texts": [' + b"1," * 1_000_000 + b"1]}",
        b"[" * 200_000,
        b'{"text": ' + b"9" * 10_000 + b"}",
        b'{"text": NaN}',
        b'{"text": "' + b"x" * 90_000 + b'"}',
        b'{"text": "' + PLANTED.encode() * 420_000 + b'"}',
    ],
    ids=lambda body: f"{len(body)} bytes, {body[:4].hex()}",
)
def test_no_body_makes_the_server_fail(server: Running, body: bytes):
    try:
        status, content = server.ask("POST", "/predict", body)
    except (BrokenPipeError, ConnectionResetError):
        # a body over the limit is refused before it is read
        assert len(body) > 65_536
    else:
        assert status in {200, 400, 413, 422}
        assert b"zebra" not in content
    assert server.ask("GET", "/health")[0] == 200


def test_a_body_without_a_length_is_limited_too(server: Running):
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    link.request("POST", "/predict", iter([b'{"text": "' + b"x" * 200_000, b'"}']), encode_chunked=True)
    assert link.getresponse().status == 413
    link.close()


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/plain"}, {"Content-Type": PLANTED}, {"Content-Length": "-1"}]
)
def test_odd_headers_are_refused_and_not_quoted(server: Running, headers: dict[str, str]):
    status, content = server.ask("POST", "/predict", b'{"text": "good"}', **headers)
    assert 400 <= status < 500
    assert b"zebra" not in content


def test_requests_at_the_same_time_get_their_own_answers(server: Running):
    def right(index: int) -> bool:
        word, label = (("good", "positive"), ("bad", "negative"))[index % 2]
        status, answer = server.predict({"texts": [word] * (1 + index % 8)})
        return status == 200 and {one["label"] for one in answer["answers"]} == {label}

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(right, range(100)))


def test_the_log_names_requests_and_holds_no_value_of_theirs(server: Running):
    server.predict({"text": f"write to {PLANTED}"})
    server.ask("GET", f"/{PLANTED}?q={PLANTED}")
    server.ask("POST", f"/predict?q={PLANTED}", b"{}", **{"X-From": PLANTED})
    server.ask("QUAGGA", "/predict")
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(f"{PLANTED} is no HTTP\r\n\r\n".encode())
        raw.recv(1000)
    time.sleep(0.2)
    log = server.log.read_text()
    assert "POST /predict 200" in log
    assert "GET ? 404" in log
    assert "zebra" not in log.lower()
    assert "quagga" not in log.lower()
    assert "Traceback" not in log


def test_an_unforeseen_error_is_withheld_from_answer_and_log(built: Path, caplog: pytest.LogCaptureFixture):
    from fastapi.testclient import TestClient

    from stages.deploy.model import open_bundle
    from stages.deploy.server import create_app

    model = open_bundle(built)

    def fail(texts: list[str]) -> None:
        raise ValueError(texts[0])

    model.predict = fail
    answer = TestClient(create_app(model, Serve())).post("/predict", json={"text": PLANTED})
    assert answer.status_code == 500
    assert "zebra" not in answer.text
    assert "ValueError" in caplog.text
    assert "zebra" not in caplog.text


def test_a_port_in_use_is_one_line(bundle: Path, replayed, store: Registry):
    replayed(verify(bundle))
    release(bundle, store, "test")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StageError, match=f"port {port} on 127.0.0.1 is in use"):
            serve(store, "127.0.0.1", port, Serve())
        command = [sys.executable, "-m", "stages.deploy.serve", "--bundle", str(bundle), "--port", str(port)]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        f"error: serve: port {port} on 127.0.0.1 is in use; stop what listens there, or choose another port"
    ]


def test_answers_leave_at_once():
    """Nagle's algorithm and a delayed acknowledgement would cost 40 ms an answer."""

    async def accepted() -> int:
        found = asyncio.get_running_loop().create_future()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            at_once = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            found.set_result(at_once)
            writer.close()

        with listen("127.0.0.1", 0) as listening:
            async with await asyncio.start_server(take, sock=listening):
                socket.create_connection(listening.getsockname()).close()
                return await found

    assert asyncio.run(accepted())


def test_a_host_of_another_machine_is_one_line(built: Path):
    tokens.add("test")
    with pytest.raises(StageError, match="not an address of this machine"):
        serve_bundle(built, "192.0.2.1", 0, Serve())


def test_nothing_live_is_one_line(store: Registry):
    with pytest.raises(StageError, match="nothing is live; run `retort release`"):
        serve(store, "127.0.0.1", 0, Serve())


def test_the_server_ends_when_its_parent_does(built: Path, tmp_path: Path):
    running = Running(built, tmp_path / "log")
    running.process.stdin.close()
    running.process.stdin = None
    assert running.process.wait(20) == 0


def test_the_server_of_a_replay_does_not_outlive_it(built: Path):
    with serving(built, Serve()) as address:
        port = int(address.rsplit(":", 1)[1])
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_an_interrupt_ends_the_server_without_a_trace(built: Path, tmp_path: Path):
    running = Running(built, tmp_path / "log")
    os.kill(running.process.pid, signal.SIGINT)
    running.process.communicate(timeout=20)
    assert "Traceback" not in (tmp_path / "log").read_text()
