"""The end of an erasure: what passes takes the place of what met the people; else nothing is live."""

import json
from pathlib import Path
from typing import Any

import pytest

import stages.deploy.release as releasing
from flows import conclusion, lifecycle
from flows.erasure import erasure
from flows.errors import FlowError
from flows.journal import pending
from flows.purge import STEPS, purge
from stages.artifacts import ERASURES, Check, Verdict, write_verdict
from stages.deploy.registry import Registry
from stages.ingest.vault import Vault, open_or_make_vault
from stages.params import load

OLD, NEW = "a" * 12, "b" * 12

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def vault(ran: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Vault:
    """A project that releases, whose live model has met Ann, whom the vault has forgotten just now."""
    monkeypatch.delenv("RETORT_KEY", raising=False)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path / "secret" / "key"))
    vault, _ = open_or_make_vault("tweets", None)
    vault.seals_or_make([vault.subject("Ann Lee")])
    released(Registry("registry", "tweets"), OLD)
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("release: false", "release: true"))
    assert vault.forget(["Ann Lee"]).known == 1
    return vault


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny project builds no bundle: a release makes a version of nothing."""

    def pretend(bundle: Path, store: Registry, why: str, contest: object = None) -> releasing.Release:
        previous = store.live()
        if previous != NEW:
            released(store, NEW)
        return releasing.Release(NEW, previous, previous != NEW)

    monkeypatch.setattr(releasing, "release", pretend)


def released(store: Registry, version: str) -> None:
    """Makes a version of nothing live."""
    folder = Path(store.place, version)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "signature.json").write_text("{}")
    store.move(store.state(), version, "release", "test", {})


def certificate() -> dict[str, Any]:
    (path,) = ERASURES.glob("*.json")
    return json.loads(path.read_text())


def test_a_model_that_passes_takes_the_place(vault: Vault, releases: None) -> None:
    assert erasure(0.0, return_state=True).is_completed()
    store = Registry("registry", "tweets")
    assert (store.live(), list(store.state().retired), store.versions()) == (NEW, [OLD], [NEW])
    found = certificate()
    assert found["released"] == NEW
    assert found["models_affected"] == [{"version": OLD, "retired": True, "why": "erasure"}]
    assert found["people"] == 1 and found["finished"] and set(found["steps"]) == set(STEPS)
    assert "the source itself, which is the user's" in found["beyond_reach"]
    assert pending(load()) == []
    assert lifecycle.lifecycle(0.0, return_state=True).is_completed()
    assert certificate() == found


def test_where_the_gates_fail_the_old_model_is_retired_all_the_same(vault: Vault) -> None:
    Path("total.py").write_text(
        "from stages.artifacts import *\nwrite_verdict('evaluate', Verdict((Check('a', 0, 1, False),)))\n"
        "raise SystemExit('error: total: not fit')\n"
    )
    state = erasure(0.0, return_state=True)
    assert state.is_failed()
    assert "not fit" in state.message
    store = Registry("registry", "tweets")
    assert (store.live(), list(store.state().retired), store.versions()) == (None, [OLD], [])
    assert certificate()["released"] is None
    assert store.history()[-1]["version"] is None


def test_an_accident_leaves_it_to_the_next_run(vault: Vault, releases: None) -> None:
    whole = Path("total.py").read_text()
    Path("total.py").write_text("raise SystemExit('error: total: the disk is full')\n")
    assert erasure(0.0, return_state=True).is_failed()
    store = Registry("registry", "tweets")
    assert (store.live(), list(store.state().marked)) == (OLD, [OLD]), "it stays live, and marked"
    assert certificate()["finished"] is None
    Path("total.py").write_text(whole)
    assert lifecycle.lifecycle(0.0, return_state=True).is_completed(), "any run finishes it"
    assert (store.live(), list(store.state().retired)) == (NEW, [OLD])
    assert certificate()["finished"]


def test_what_could_not_be_removed_ends_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any) -> None:
        raise FlowError("the DVC remote far: cannot be searched")

    monkeypatch.setattr(lifecycle, "purge", unreachable)
    write_verdict("evaluate", Verdict((Check("a", 0, 1, False),)))
    state = erasure(0.0, return_state=True)
    assert state.message == "erase: the DVC remote far: cannot be searched"
    assert Registry("registry", "tweets").live() == OLD
    assert len(pending(load())) == 1


@pytest.mark.slow
@pytest.mark.parametrize("place", ["purge", "_release", "conclude", "retire", "write"])
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_point_is_finished_by_the_next_run(
    vault: Vault, releases: None, monkeypatch: pytest.MonkeyPatch, place: str, after: bool
) -> None:
    owner: Any = {
        "purge": lifecycle, "_release": lifecycle, "conclude": conclusion, "retire": Registry,
        "write": conclusion.Journal,
    }[place]  # fmt: skip
    real = getattr(owner, place)

    def killed(*arguments: Any, **options: Any) -> None:
        if place == "write" and "finished" not in options:
            return real(*arguments, **options)
        if after:
            real(*arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, place, killed)
        with pytest.raises(KeyboardInterrupt):
            erasure(0.0, return_state=True)
    assert lifecycle.lifecycle(0.0, return_state=True).is_completed()
    store = Registry("registry", "tweets")
    assert (store.live(), list(store.state().retired), store.versions()) == (NEW, [OLD], [NEW])
    assert certificate()["finished"]


def test_a_model_built_anew_to_the_same_bytes_stays(vault: Vault) -> None:
    journals, store = pending(load()), Registry("registry", "tweets")
    purge(journals, store, lambda line: None)
    (line,) = conclusion.conclude(journals, store, OLD)
    assert "is finished; its certificate: erasures/" in line
    assert (store.live(), store.state().retired, store.state().marked) == (OLD, {}, {})
    (model,) = certificate()["models_affected"]
    assert model == {"version": OLD, "retired": False, "why": "built again without them, to the same bytes"}


def test_a_verdict_that_failed_tells_from_an_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not conclusion.unfit()
    write_verdict("clean", Verdict((Check("a", 1, 1, True),)))
    assert not conclusion.unfit()
    write_verdict("distill", Verdict((Check("a", 0, 1, False),)))
    assert conclusion.unfit()
