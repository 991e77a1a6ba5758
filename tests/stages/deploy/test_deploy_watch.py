"""A registry that goes away while it is watched."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stages.deploy.manifest import verify
from stages.deploy.registry import Registry
from stages.deploy.release import release
from stages.deploy.watch import Watch


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    return true()


def test_what_was_known_stays_while_the_registry_is_away(
    bundle: Path, replayed, store: Registry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("stages.deploy.watch._EVERY", 0.01)
    replayed(verify(bundle))
    version = release(bundle, store, "test").version
    watch = Watch(Registry("registry", "tiny"))
    assert (watch.state.live, watch.problem) == (version, None)
    Path("registry").rename("away")
    assert soon(lambda: watch.problem is not None)
    assert "registry/tiny/moves: records have gone that were there before" in str(watch.problem)
    assert watch.state.live == version
    Path("away").rename("registry")
    assert soon(lambda: watch.problem is None)
    store.retire([version], "test")
    assert soon(lambda: version in watch.state.retired)
    said = [record.message for record in caplog.records if record.message.startswith("registry: ")]
    assert len(said) == 2, "said once each, when it went and when it came back"
