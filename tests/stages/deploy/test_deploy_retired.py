"""A version that is retired while it is served answers no more."""

import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

from starlette.testclient import TestClient

from stages.deploy.manifest import verify
from stages.deploy.model import open_bundle
from stages.deploy.registry import Registry
from stages.deploy.release import release
from stages.deploy.server import create_app
from stages.params.serve import Serve

ROOT = Path(__file__).parents[3]


def test_a_model_that_is_retired_while_it_is_served_answers_no_more(bundle: Path):
    retired = False
    client = TestClient(create_app(open_bundle(bundle), Serve(), lambda: retired))
    assert client.get("/ready").status_code == 200
    assert client.get("/ready").json()["status"] == "ready"
    assert client.post("/predict", json={"text": "a good day"}).status_code == 200
    retired = True
    assert client.get("/ready").status_code == 503
    assert client.get("/ready").json()["status"] == "retired"
    answer = client.post("/predict", json={"text": "a good day"})
    assert answer.status_code == 503
    assert answer.json() == {"detail": "this version was retired and answers no more; release another"}
    assert client.get("/health").status_code == 200


def test_a_server_notices_that_its_version_was_retired(bundle: Path, replayed, store: Registry):
    replayed(verify(bundle))
    version = release(bundle, store, "test").version
    code = (
        "from stages.deploy.registry import Registry; from stages.deploy.serve import serve; "
        "from stages.params.serve import Serve; "
        "serve(Registry('registry', 'tiny'), '127.0.0.1', 0, Serve())"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as process:
        try:
            port = int(process.stdout.readline().rsplit(b":", 1)[1])
            assert ready(port) == 200
            store.retire([version], "an erasure")
            until = time.monotonic() + 30
            while ready(port) == 200 and time.monotonic() < until:
                time.sleep(0.1)
            assert ready(port) == 503
        finally:
            process.terminate()


def ready(port: int) -> int:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request("GET", "/ready")
        return link.getresponse().status
    finally:
        link.close()
