"""A bundle whose answers are spans: where they stand in the caller's own text, and nothing of it."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from stages.artifacts import Check, Verdict
from stages.deploy import line
from stages.deploy.bundle import build
from stages.deploy.families.predict import ServedModel
from stages.deploy.model import open_bundle
from stages.deploy.replay import replay
from stages.params.clean import Clean, Masking
from stages.params.project import Project
from stages.params.serve import Serve

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[EMAIL]", "zed", "day", "the", "for"]
LABELS = ["O", "B-THING", "I-THING"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a model that takes the word `zed`, and no other, for a thing."""
    student, folder = tmp_path_factory.mktemp("student"), tmp_path_factory.mktemp("bundle")
    weights = np.zeros((len(WORDS), 3), dtype=np.float32)
    weights[:, 0] = 4
    weights[WORDS.index("zed")] = [0, 4, 0]
    shape = ["batch", "length"]
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["weights", "ids"], ["vectors"]),
            helper.make_node("Cast", ["mask"], ["kept"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["kept", "last"], ["wide"]),
            helper.make_node("Mul", ["vectors", "wide"], ["logits"]),
        ],
        "student",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*shape, 3])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array([2]), "last")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, student / "model.onnx")
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(WORDS[:4])
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    tokenizer.save(str(student / "tokenizer.json"))
    about = {"labels": LABELS, "task": "token-classification", "max_length": 16, "pad_id": 0}
    (student / "student.json").write_text(json.dumps(about))
    verdicts = {stage: Verdict((Check("score", 0.9, 0.5, True),)) for stage in line.JUDGES}
    clean = Clean(masking=Masking(tagger="none", processes=1))
    project = Project(name="tiny", task="token-classification")
    build(folder, student, [[2, 6, 4, 5], [2, 4, 4], [2, 5]], project, clean, verdicts, {})
    return folder


@pytest.fixture(scope="module")
def model(bundle: Path) -> ServedModel:
    return open_bundle(bundle)


def test_spans_stand_in_the_text_that_was_sent(model: ServedModel):
    text = "  mail to jo@example.com for the zed day"
    (answer,) = model.predict([text])
    (span,) = answer.value["spans"]
    assert text[span["start"] : span["end"]] == "zed"
    assert span["type"] == "THING"
    assert span["score"] == pytest.approx(0.9647, abs=1e-3)
    assert answer.masked == {"EMAIL": 1}
    assert set(answer.value) == {"spans"}


def test_padding_is_never_part_of_an_answer(model: ServedModel):
    texts = ["zed", "the zed for the day", "day", "zed zed"]
    found = [[span["start"] for span in one.value["spans"]] for one in model.predict(texts)]
    assert found == [[0], [4], [], [0, 4]]


def test_the_served_bundle_repeats_its_spans(bundle: Path):
    found = replay(bundle, Serve())
    assert found.examples == 3
    assert found.difference == 0.0
