"""The command `retort`: light to start, and every failure one line."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.command import app
from stages.params.render import recipe, render

ROOT = Path(__file__).parents[2]


def retort(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def failed(result: Result, text: str) -> bool:
    lines = result.stderr.splitlines()
    return result.exit_code == 1 and len(lines) == 1 and lines[0].startswith("error: ") and text in lines[0]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two recipes, and the first one's params.yaml."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/one.yaml").write_text("project: {name: one}\n")
    (tmp_path / "recipes/two.yaml").write_text("project: {name: two}\n")
    (tmp_path / "params.yaml").write_text(render(recipe(tmp_path / "recipes/one.yaml")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_help_loads_nothing_heavy() -> None:
    code = """
import sys
from flows.command import app
try:
    app(["--help"])
except SystemExit:
    pass
print(sorted({"prefect", "dvc", "torch", "pandas", "numpy", "fastapi"} & set(sys.modules)))
"""
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"
    commands = (
        "run",
        "schedule",
        "release",
        "serve",
        "use",
        "mask",
        "summary",
        "traces",
        "keys",
        "forget",
        "audit",
    )
    for command in commands:
        assert command in shown.stdout


def test_use_puts_a_recipe_in_place(project: Path) -> None:
    assert retort("use", "two").exit_code == 0
    assert Path("params.yaml").read_text() == render(recipe(Path("recipes/two.yaml")))
    assert not list(project.glob("params.yaml.bak*"))


def test_use_works_where_there_is_no_params_yet(project: Path) -> None:
    Path("params.yaml").unlink()
    assert retort("use", "two").exit_code == 0
    assert "name: two" in Path("params.yaml").read_text()


def test_use_refuses_to_lose_what_was_edited_by_hand(project: Path) -> None:
    edited = Path("params.yaml").read_text() + "# mine\n"
    Path("params.yaml").write_text(edited)
    assert failed(retort("use", "two"), "--force")
    assert Path("params.yaml").read_text() == edited


def test_use_force_keeps_every_copy(project: Path) -> None:
    for number in range(2):
        Path("params.yaml").write_text(f"mine: {number}\n")
        assert retort("use", "two", "--force").exit_code == 0
    kept = {path.read_text() for path in project.glob("params.yaml.bak*")}
    assert kept == {"mine: 0\n", "mine: 1\n"}


def test_use_names_the_recipes_there_are(project: Path) -> None:
    assert failed(retort("use", "three"), "no such recipe; there are: one, two")


@pytest.mark.parametrize("command", ["run", "schedule", "release", "serve", "summary", "traces"])
def test_outside_a_project_every_command_is_one_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert failed(retort(command), "not found")


@pytest.mark.parametrize(("command", "where"), [("release", "models/bundle"), ("serve", "registry/one")])
def test_nothing_to_release_or_serve_is_one_line(command: str, where: str, project: Path) -> None:
    assert failed(retort(command), where)


def test_a_cron_line_that_means_nothing_is_one_line(project: Path) -> None:
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace('cron: "0 3 * * *"', 'cron: "0 99 * * *"'))
    assert failed(retort("schedule"), "schedule: '0 99 * * *'")


def test_a_server_that_is_set_up_but_away_is_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = "from flows.command import app; app()"
    shown = subprocess.run(
        [sys.executable, "-c", code, "run"],
        cwd=project,
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "PREFECT_API_URL": "http://127.0.0.1:9/api",
            "HOME": str(tmp_path),
        },
    )
    assert shown.returncode == 1
    assert shown.stderr.splitlines()[-1].startswith("error: PREFECT_API_URL: nothing listens at 127.0.0.1:9")
    assert "Traceback" not in shown.stderr


def test_summary_prints_the_stages_of_dvc_yaml(ran: Path) -> None:
    result = retort("summary")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[2:5]] == ["source", "double", "total"]
