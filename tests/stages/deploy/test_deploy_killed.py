"""Killed by SIGKILL before any single write: what is live answers all along, and the next command works."""

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stages.deploy import open_release
from stages.deploy.manifest import verify
from stages.deploy.registry import Registry
from stages.deploy.release import release, retire, rollback
from stages.deploy.signing import signing_file

WRITES = {"os.link", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "shutil.copyfile"}


def doomed(act: Callable[[], object], turn: int) -> None:
    """Runs `act`, and dies at once before its write number `turn`."""
    seen = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal seen
        writing = event in WRITES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & 3)
        seen += bool(writing)
        if seen > turn and event != "os.kill":
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    act()
    os._exit(0)


def killed(act: Callable[[], object], turn: int) -> bool:
    """Whether `act` was killed before its write number `turn`; not where it has no more than that."""
    process = multiprocessing.get_context("fork").Process(target=doomed, args=(act, turn))
    process.start()
    process.join(60)
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


@pytest.mark.slow
@pytest.mark.parametrize("command", ["first", "release", "rollback", "retire"])
def test_a_kill_before_any_write_leaves_what_is_live_and_the_next_command_works(
    bundle: Path, another, replayed, command: str
):
    other = another(2.0)
    versions = verify(bundle), verify(other)
    earlier = [] if command == "first" else [bundle] if command == "release" else [bundle, other]
    for candidate in earlier:
        replayed(verify(candidate))
        release(candidate, Registry("registry", "tiny"), "test")
    replayed(versions[command == "release"])

    def act() -> None:
        store = Registry("registry", "tiny")
        if command == "retire":
            retire(store, versions[0], "test")
        elif command == "rollback":
            rollback(store, versions[0], "test")
        else:
            release(bundle if command == "first" else other, store, "test")

    before = Registry("registry", "tiny").live()
    after = {"first": 0, "release": 1, "rollback": 0, "retire": 1}[command]
    template = Path("template")
    if earlier:
        shutil.copytree("registry", template)
    turn = 0
    while True:
        died = killed(act, turn)
        live = Registry("registry", "tiny").live()
        assert live in {before, versions[after]}, "what was live, or what was to be, and nothing else"
        if live:
            served = open_release("tiny", "registry")
            assert served.version == live
            assert served.predict(["good"])[0].value["label"] == "positive"
        if not died:
            break
        act()
        store = Registry("registry", "tiny")
        assert store.live() == versions[after]
        assert len(store.history()) == len(earlier) + 1, "the move is recorded once"
        if command == "retire":
            assert list(store.state().retired) == [versions[0]]
            assert not Path(store.place, versions[0]).exists()
        turn += 1
        shutil.rmtree("registry")
        if earlier:
            shutil.copytree(template, "registry")
        else:
            signing_file().unlink()
    assert turn > {"first": 30, "release": 30, "rollback": 4, "retire": 6}[command]
    assert Registry("registry", "tiny").live() == versions[after]
