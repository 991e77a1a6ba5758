"""A tiny real student, and a bundle of it."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from stages.artifacts import Check, Verdict, write_verdict
from stages.deploy import line
from stages.deploy.bundle import build
from stages.deploy.registry import Registry
from stages.params.clean import Clean, Masking
from stages.params.project import Project

WORDS = ["[PAD]", "[UNK]", "[EMAIL]", "good", "fine", "bad", "poor", "day", "the", "a", "is"]
LABELS = ["negative", "positive"]
WEIGHTS = np.array(
    [[0, 0], [0.1, 0], [0, 0.1], [0, 2], [0, 1], [2, 0], [1, 0], [0.2, 0.3], [0, 0], [0, 0], [0.1, 0.1]],
    dtype=np.float32,
)


def make_student(folder: Path, scale: float = 1.0) -> Path:
    """A bag of words: logits are the sum of the weights of the words."""
    folder.mkdir(parents=True)
    shape = ["batch", "length"]
    nodes = [
        helper.make_node("Gather", ["weights", "ids"], ["vectors"]),
        helper.make_node("Cast", ["mask"], ["kept"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["kept", "last"], ["wide"]),
        helper.make_node("Mul", ["vectors", "wide"], ["seen"]),
        helper.make_node("ReduceSum", ["seen", "middle"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "student",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(LABELS)])],
        [
            numpy_helper.from_array(WEIGHTS * np.float32(scale), "weights"),
            numpy_helper.from_array(np.array([2]), "last"),
            numpy_helper.from_array(np.array([1]), "middle"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    tokenizer = Tokenizer(
        models.WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[EMAIL]"])
    tokenizer.save(str(folder / "tokenizer.json"))
    about = {"labels": LABELS, "task": "text-classification", "max_length": 16, "pad_id": 0, "kind": "static"}
    (folder / "student.json").write_text(json.dumps(about))
    return folder


def make_bundle(folder: Path, student: Path, tagger: str = "none", speedup: float = 3.0) -> str:
    """A bundle whose line has passed; returns its version."""
    folder.mkdir(parents=True)
    rows = [[8, 7, 10, 3], [5, 7], [9, 6, 7, 4, 2], [1, 1, 10, 4]]
    clean = Clean(masking=Masking(tagger=tagger, processes=1))
    verdicts = {stage: Verdict((Check("score", 0.9, 0.5, True),)) for stage in line.JUDGES}
    verdicts["distill"] = Verdict((Check("speedup", speedup, 2.0, True),))
    metrics = {
        "evaluate": {"accuracy": 0.9},
        "distill": {"student": {"latency_ms": 1 / speedup, "size_mb": 1}},
    }
    return build(folder, student, rows, Project(name="tiny"), clean, verdicts, metrics)


@pytest.fixture(autouse=True)
def _key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of the test's own, outside its folder."""
    monkeypatch.delenv("RETORT_KEY", raising=False)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path.with_name(f"{tmp_path.name}.secret") / "key"))


@pytest.fixture(scope="session")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_student(tmp_path_factory.mktemp("deploy") / "student")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, student: Path) -> Path:
    """A bundle that no test may change."""
    folder = tmp_path_factory.mktemp("deploy") / "bundle"
    make_bundle(folder, student)
    return folder


@pytest.fixture
def bundle(tmp_path: Path, built: Path) -> Path:
    """A bundle of the test's own."""
    return shutil.copytree(built, tmp_path / "bundle")


@pytest.fixture
def store(replayed) -> Registry:
    """The registry of the test's own model, in the folder `registry`."""
    return Registry("registry", "tiny")


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A working folder, and a function that writes the verdict of the deploy stage there."""
    monkeypatch.chdir(tmp_path)

    def write(version: str, passed: bool = True) -> None:
        checks = Check("bundle", version, None, True), Check("served_difference", 0.0, 0.02, passed)
        write_verdict("deploy", Verdict(checks))

    return write


@pytest.fixture
def another(tmp_path: Path):
    """Makes further bundles: each scale gives another version."""

    def make(scale: float, speedup: float = 3.0) -> Path:
        folder = tmp_path / f"bundle-{scale}"
        make_bundle(folder, make_student(tmp_path / f"student-{scale}", scale), speedup=speedup)
        return folder

    return make
