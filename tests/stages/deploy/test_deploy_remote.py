"""A registry in an object store: fsspec's memory, and a real S3 server (moto's) in a process of its own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stages.artifacts import StageError
from stages.deploy import open_release
from stages.deploy.manifest import verify
from stages.deploy.registry import Registry
from stages.deploy.release import release, retire, rollback
from stages.deploy.store import RemoteStore, open_store

MOTO = ("moto[s3]==5.2.5", "flask", "flask-cors")
"""moto's own extra for its server asks for five times as much"""


def a_life(root: str, bundle: Path, another, replayed) -> None:
    """Two releases, a rollback and a retirement, and what is served in between."""
    versions = []
    for candidate in (bundle, another(2.0)):
        versions.append(verify(candidate))
        replayed(versions[-1])
        assert release(candidate, Registry(root, "tiny"), "test").changed
    assert not release(candidate, Registry(root, "tiny"), "test").changed
    served = open_release("tiny", root)
    assert served.version == versions[1]
    assert served.predict(["good"])[0].value["label"] == "positive"
    store = Registry(root, "tiny")
    assert store.versions() == sorted(versions)
    assert len(store.signers()) == 1
    assert rollback(store, None, "test").version == versions[0]
    assert retire(store, versions[0], "test")
    assert (Registry(root, "tiny").live(), store.folders()) == (None, [versions[1]])
    with pytest.raises(StageError, match="can never be served again"):
        rollback(store, versions[0], "test")
    assert [record["what"] for record in store.history()] == ["release", "release", "rollback", "retire"]


def at_once(root: str, count: int = 8) -> None:
    """Of writers that decide on the same state, one wins."""
    stores = [Registry(root, "race") for _ in range(count)]
    states = [store.state() for store in stores]
    ready = threading.Barrier(count)
    said: list[str] = []

    def move(number: int) -> None:
        ready.wait(60)
        try:
            stores[number].move(states[number], f"{number:012d}", "release", "test", {})
            said.append(f"{number:012d}")
        except StageError as error:
            said.append(str(error))

    stores[0]._signer()  # the key is made once
    threads = [threading.Thread(target=move, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    won = [one for one in said if re.fullmatch("[0-9]{12}", one)]
    assert len(said) == count
    assert len(won) == 1
    assert all("another release came first" in one for one in said if one not in won)
    assert Registry(root, "race").state().live == won[0]


def test_a_registry_in_memory(bundle: Path, another, replayed, tmp_path: Path):
    a_life(f"memory://{tmp_path.name}", bundle, another, replayed)


def test_a_store_that_cannot_create_once_is_refused(tmp_path: Path, monkeypatch):
    store = open_store(f"memory://{tmp_path.name}/careless")
    assert isinstance(store, RemoteStore)
    careful = store._files.pipe_file
    monkeypatch.setattr(store._files, "pipe_file", lambda path, value, mode: careful(path, value))
    with pytest.raises(StageError, match="cannot create a file once only"):
        store.create("a/b", b"1")
    assert store.names("a") == []


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a bucket in a server of its own."""
    place = tmp_path_factory.mktemp("moto")
    install = [sys.executable, "-m", "pip", "install", "-q", "--target", str(place), *MOTO]
    if subprocess.run(install, capture_output=True, timeout=300).returncode:
        pytest.skip("moto cannot be installed here: pip reaches no index")
    code = (
        "from werkzeug.serving import make_server; from moto.server import DomainDispatcherApplication, "
        "create_backend_app; server = make_server('127.0.0.1', 0, "
        "DomainDispatcherApplication(create_backend_app), threaded=True); "
        "print(server.port, flush=True); server.serve_forever()"
    )
    env = {**os.environ, "PYTHONPATH": str(place), "PYTHONNOUSERSITE": "1"}
    with (
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env) as process,
        pytest.MonkeyPatch.context() as patch,
    ):
        try:
            line = process.stdout.readline().strip()
            assert line, "the server did not start"
            patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{int(line)}")
            for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():
                patch.setenv(f"AWS_{name}", value)
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            import s3fs

            s3fs.S3FileSystem(skip_instance_cache=True).mkdir("models")
            yield "s3://models/registry"
        finally:
            process.terminate()


@pytest.mark.slow
def test_a_registry_in_s3(bundle: Path, another, replayed, s3: str):
    a_life(s3, bundle, another, replayed)


@pytest.mark.slow
def test_of_eight_writers_in_s3_one_wins(s3: str):
    at_once(s3)


@pytest.mark.slow
def test_a_store_that_is_away_is_one_line_without_credentials(s3: str, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(
        StageError, match=r"^s3://models/registry/tiny/.*: cannot be used \(\w+\); check address"
    ):
        Registry(s3, "tiny").live()


def test_of_eight_writers_in_a_folder_one_wins(tmp_path: Path):
    at_once(str(tmp_path / "registry"))
