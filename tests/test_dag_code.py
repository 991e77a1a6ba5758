"""The code's imports against the DAG: who may import whom, what each stage depends on, what stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
ORDER = ("ingest", "clean", "validate", "augment", "tokenize", "train", "evaluate", "distill", "deploy")
COMMON = ("params", "artifacts", "door", "tasks")
STAGES = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text())["stages"]
# the values in params are tracked by DVC itself; the others only say where and how files are written
ASIDE = ("stages/__init__.py", "stages/params/", "stages/artifacts.py", "stages/door.py")


def module_file(name: str) -> Path | None:
    base = ROOT / Path(*name.split("."))
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return file.relative_to(ROOT)
    return None


def imports(file: Path) -> set[str]:
    """Names of the project's modules that `file` imports, at any depth of its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] in {"stages", "flows"}}


def closure(start: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for name in imports(file):
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                imported = module_file(".".join(parts[:depth]))
                if imported:
                    waiting.append(imported)
    return found


def entry(stage: str) -> Path:
    module = STAGES[stage]["cmd"].removeprefix("python -m ")
    file = ROOT / Path(*module.split("."))
    return (file / "__main__.py" if file.is_dir() else file.with_suffix(".py")).relative_to(ROOT)


def python_files(folder: str) -> list[Path]:
    return sorted(file.relative_to(ROOT) for file in (ROOT / folder).rglob("*.py"))


def test_the_stages_are_the_ones_promised():
    assert list(STAGES) == ["source", *ORDER]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_its_whole_import_closure(stage: str):
    code = [dep for dep in STAGES[stage]["deps"] if dep.startswith("stages/")]
    needed = {file.as_posix() for file in closure(entry(stage))}
    needed = {file for file in needed if not file.startswith(ASIDE)}
    # a package's own __init__ says nothing that a listed part of it would not
    unlisted = {file for file in needed if not any(file == dep or file.startswith(f"{dep}/") for dep in code)}
    unlisted = {file for file in unlisted if (ROOT / file).name != "__init__.py" or has_code(ROOT / file)}
    assert not unlisted, f"{stage} imports what dvc.yaml does not list"
    unused = [dep for dep in code if not any(file == dep or file.startswith(f"{dep}/") for file in needed)]
    assert not unused, f"{stage} lists what it does not import"


def has_code(file: Path) -> bool:
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


@pytest.mark.parametrize("stage", ORDER)
def test_imports_follow_the_data(stage: str):
    allowed = {*COMMON, *ORDER[: ORDER.index(stage) + 1]}
    for file in python_files(f"stages/{stage}"):
        for name in imports(file):
            parts = name.split(".")
            assert parts[0] == "stages", f"{file} imports {name}"
            assert len(parts) == 1 or parts[1] in allowed, f"{file} imports {name}"


@pytest.mark.parametrize("room", COMMON)
def test_what_all_share_imports_no_stage(room: str):
    module = Path(f"stages/{room}.py")
    files = [module] if (ROOT / module).exists() else python_files(f"stages/{room}")
    for file in files:
        for name in imports(file):
            assert name == "stages" or name.split(".")[1] in COMMON, f"{file} imports {name}"


def test_the_report_reads_reports_only():
    for file in python_files("stages/report"):
        for name in imports(file):
            assert name == "stages" or name.split(".")[1] in {"report", *COMMON}, f"{file} imports {name}"


def test_no_stage_imports_prefect():
    for file in python_files("stages"):
        assert "prefect" not in (ROOT / file).read_text(encoding="utf-8").lower(), file


@pytest.mark.parametrize(
    ("module", "barred"),
    [
        ("stages.deploy.server", ("torch", "transformers", "pandas", "great_expectations", "prefect", "dvc")),
        ("stages.clean.masking", ("torch", "transformers", "pandas", "prefect", "dvc")),
        ("stages.ingest.fingerprint", ("torch", "transformers", "pandas", "prefect", "dvc")),
        ("flows.command", ("torch", "transformers", "pandas", "prefect", "dvc", "fastapi")),
        ("stages.tasks", ("torch", "transformers", "pandas")),
    ],
)
def test_what_must_start_fast_imports_nothing_heavy(module: str, barred: tuple[str, ...]):
    code = f"import sys, {module}; print([name for name in {barred!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_parameter_a_stage_lists_exists():
    from stages.params import load

    values = load(ROOT / "params.yaml").model_dump(by_alias=True)
    for stage, spec in STAGES.items():
        for key in spec["params"]:
            inner = values
            for part in key.split("."):
                assert part in inner, f"{stage}: {key}"
                inner = inner[part]
