"""`retort releases`, `rollback`, `retire` and `diff` on real versions."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.command import app
from stages.deploy.line import JUDGES
from stages.deploy.manifest import seal
from stages.deploy.registry import Registry
from stages.params import Params
from stages.params.render import render


def retort(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def publish(accuracy: float, size: int) -> str:
    """Makes a version that measured `accuracy` live; its model is nothing but bytes."""
    folder = Path(f"bundle-{accuracy}")
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"m" * size)
    (folder / "tokenizer.json").write_text("{}")
    verdicts = {stage: [{"name": "score", "value": 1, "limit": 0, "passed": True}] for stage in JUDGES}
    description = {
        "name": "tiny",
        "metrics": {"distill": {"student": {"accuracy": accuracy}}, "evaluate": {"accuracy": 0.9}},
        "packages": {"onnxruntime": f"1.{size}"},
        "max_length": 16,
        "params": {"train": {"epochs": size // 50, "seed": 7}},
        "student": {"kind": f"static-{size}"},
        "verdicts": verdicts,
    }
    (folder / "bundle.json").write_text(json.dumps(description))
    seal(folder)
    store = Registry("registry", "tiny")
    version = store.publish(folder)
    store.move(store.state(), version, "release", "a test", {"evaluate": {"accuracy": 0.9}})
    return version


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two versions, the second live; the current folder is their project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETORT_KEY", raising=False)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path.with_name(f"{tmp_path.name}.key")))
    Path("params.yaml").write_text(render(Params.model_validate({"project": {"name": "tiny"}})))
    return publish(0.7, 100), publish(0.8, 150)


def test_releases_lists_versions_moves_and_keys(two: tuple[str, str]) -> None:
    shown = retort("releases").stdout
    assert f"  {two[1]}  live\n" in shown
    assert f"release   {two[1]} (before: {two[0]})  by " in shown
    assert ": a test; passed: evaluate" in shown
    ((key, public),) = Registry("registry", "tiny").signers().items()
    assert f"  {key}  {public}\n" in shown


def test_a_rollback_and_a_retirement_say_what_they_did_and_why_is_kept(two: tuple[str, str]) -> None:
    first, second = two
    done = retort("rollback", "--why", "it was worse")
    assert done.stdout == f"tiny {first} is live (before: {second})\n"
    assert retort("rollback", first).stdout == f"tiny {first} is live already\n"
    assert retort("retire", first).stdout == f"tiny {first} is retired; nothing is live now\n"
    shown = retort("releases").stdout
    assert ": it was worse; passed: augment, clean, distill" in shown
    assert f"  {first}  retired " in shown
    for command in (("rollback", first), ("diff", first, second)):
        failed = retort(*command)
        assert failed.exit_code == 1
        assert failed.stderr == (f"error: registry/tiny/{first}: was retired and can never be served again\n")
    assert retort("retire", "0" * 12).stderr.startswith("error: registry/tiny: no version 000000000000")


def test_diff_shows_metrics_settings_packages_sizes_and_files(two: tuple[str, str]) -> None:
    lines = retort("diff", *two).stdout.splitlines()
    assert lines[:10] == [
        "metrics:",
        "  distill.student.accuracy: 0.7 -> 0.8 (+0.1)",
        "params:",
        "  train.epochs: 2 -> 3 (+1)",
        "settings:",
        "  student.kind: static-100 -> static-150",
        "packages:",
        "  onnxruntime: 1.100 -> 1.150",
        "bytes:",
        "  model.onnx: 100 -> 150 (+50)",
    ]
    files = lines[lines.index("files:") + 1 :]
    assert [line.split(":")[0].strip() for line in files] == ["bundle.json", "model.onnx"]
    same = retort("diff", two[0], two[0]).stdout.splitlines()
    assert same == [
        f"{part}: the same" for part in ("metrics", "params", "settings", "packages", "bytes", "files")
    ]


def test_before_the_first_release_there_is_nothing_to_list(two: tuple[str, str]) -> None:
    params = Params.model_validate({"project": {"name": "other"}})
    Path("params.yaml").write_text(render(params))
    assert (
        retort("releases").stderr == "error: registry/other: nothing was released yet; run `retort release`\n"
    )
    assert "no earlier version to go back to" in retort("rollback").stderr


def test_an_address_that_holds_credentials_is_refused_and_not_repeated(two: tuple[str, str]) -> None:
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(
        text.replace("registry: registry ", "registry: s3://me:hush@bucket/models ")
    )
    failed = retort("releases")
    assert failed.exit_code == 1
    assert "deploy.registry" in failed.stderr and "credentials" in failed.stderr
    assert "hush" not in failed.stderr
