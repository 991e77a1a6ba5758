"""The example of docs/bundle.md, as it stands there, where nothing but its three packages can be imported."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stages.deploy.manifest import verify
from stages.deploy.model import open_bundle
from stages.deploy.registry import Registry
from stages.deploy.release import release

ROOT = Path(__file__).parents[3]
NEEDED = ("numpy", "onnxruntime", "tokenizers")


def example() -> str:
    (found,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/bundle.md").read_text(encoding="utf-8"), re.DOTALL
    )
    return found


def test_the_example_is_thirty_lines():
    assert len(example().splitlines()) <= 30


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds only what the example needs, at the lock's versions."""
    place = tmp_path_factory.mktemp("bare")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lock if line.split("==")[0] in NEEDED]
    assert len(pinned) == len(NEEDED)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin" / "python"
    # without the packages that onnxruntime and tokenizers name for converting and downloading
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", *pinned]
    if subprocess.run(install, capture_output=True, timeout=400).returncode:
        pytest.skip("the packages cannot be installed here: pip reaches no index")
    return python


@pytest.mark.slow
def test_the_example_answers_as_the_project_does_with_three_packages_alone(
    bare: Path, bundle: Path, store: Registry, replayed, tmp_path: Path
):
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(bare), "list", "--format=json"],
        capture_output=True,
        check=True,
    )
    assert {one["name"] for one in json.loads(listed.stdout)} == set(NEEDED)
    replayed(verify(bundle))
    version = release(bundle, store, "test").version
    script = tmp_path / "run_bundle.py"
    script.write_text(example(), encoding="utf-8")
    texts = ["the day is good", "a poor bad day [EMAIL]", "good " * 40]
    folder = Path(store.place, version)

    def run() -> subprocess.CompletedProcess[str]:
        # -I: neither the folder of this project nor any variable can lend it more
        command = [str(bare), "-I", str(script), str(folder), *texts]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    expected = [answer.value for answer in open_bundle(bundle).predict(texts)]
    assert [one["label"] for one in answers] == [one["label"] for one in expected]
    assert [one["score"] for one in answers] == pytest.approx([one["score"] for one in expected], abs=1e-5)
    model = folder / "model.onnx"
    model.chmod(0o644)
    model.write_bytes(model.read_bytes()[:-1] + b"?")
    assert run().stderr.strip() == "model.onnx is not as it was built"


def test_a_bundle_holds_onnx_a_tokenizer_json_and_cards_only(bundle: Path):
    names = {path.name for path in bundle.iterdir()}
    assert {name for name in names if not name.endswith((".json", ".md"))} == {"model.onnx"}
    assert "tokenizer.json" in names
    assert json.loads((bundle / "bundle.json").read_text())["expects"] == "masked"


def test_a_release_opens_in_two_lines_without_torch_and_pandas(bundle: Path, store: Registry, replayed):
    replayed(verify(bundle))
    release(bundle, store, "test")
    code = """
from stages.deploy import open_release
print(open_release("tiny", "registry").predict(["good day jo@example.org"])[0])
import sys
print(sorted({"torch", "pandas", "transformers", "prefect", "dvc"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer, heavy = done.stdout.splitlines()
    assert "'label': 'positive'" in answer and "{'EMAIL': 1}" in answer
    assert heavy == "[]"
