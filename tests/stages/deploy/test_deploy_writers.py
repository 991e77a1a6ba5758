"""Every network that writes text goes from texts to a served bundle, and OpenAI's own client talks to it."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openai
import pandas as pd
import pytest

from stages import tasks
from stages.artifacts import Check, Verdict
from stages.deploy import line
from stages.deploy.bundle import build
from stages.deploy.replay import replay, serving
from stages.distill.run import run as distill
from stages.params.clean import Clean, Masking
from stages.params.distill import Distill, DistillGates
from stages.params.project import Project
from stages.params.serve import Serve
from stages.params.tokenize import Tokenize
from stages.params.train import Network, Train
from stages.tokenize.run import run as tokenize
from stages.train.predict import next_tokens
from stages.train.run import run as train
from stages.train.teacher import load_teacher, save_teacher

TASK = tasks.get("text-generation")
NAME = "parrot"
TEXTS = [
    f"the {one} {two} sat on the {place}.\n"
    for one in ("old", "red", "sly", "wet")
    for two in ("cat", "dog", "hen", "fox")
    for place in ("mat", "mill", "hill")
]
PAIRS = [
    ("transformer", "transformer"),
    ("transformer", "lstm"),
    ("lstm", "lstm"),
    ("pretrained", "transformer"),
]


def table(texts: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"text": texts, "label": "text", "augmented": False})


def weights(folder: Path) -> Path:
    """A tiny pretrained decoder with its tokenizer, as transformers saves it."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from stages.tokenize.vocabulary import learn

    folder.mkdir()
    tokenizer = learn(TEXTS, "bytes", 300)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    architecture, student = request.param
    home = tmp_path_factory.mktemp(architecture)
    learned = str(weights(home / "weights")) if architecture == "pretrained" else "minilm"
    params = Train(
        architecture=architecture,
        weights=learned,
        epochs=2,
        batch_size=4,
        learning_rate=0.01,
        precision="32",
        network=Network(
            hidden=16, layers=3 if student == "transformer" else 1, heads=2, ngrams=3, buckets=100
        ),
    )
    tables = {"train": table(TEXTS), "valid": table(TEXTS[:9]), "test": table(TEXTS[9:20])}
    given = learned if architecture == "pretrained" else None
    encoded = tokenize(tables, TASK, Tokenize(max_length=48, vocabulary=300, level="bytes"), given)
    found = train(encoded.splits, encoded.meta, TASK, params, 3, home, home / "curves")
    (home / "teacher").mkdir()
    save_teacher(home / "teacher", found.weights, architecture, found.description, encoded.meta)
    teacher = load_teacher(home / "teacher")
    losses = next_tokens(teacher.network, encoded.splits["test"], encoded.meta.pad_id).losses
    assert losses.mean() < np.log(encoded.meta.vocabulary)

    gates = DistillGates(retention=None, size_mb=None, speedup=None)
    settings = Distill(student=student, hidden=16, layers=2, heads=2, epochs=1, batch_size=4, gates=gates)
    small = distill(encoded.splits, encoded.meta, teacher, TASK, settings, 3)
    assert small.verdict.passed
    assert small.metrics["parity"] < 1e-4
    assert small.metrics["student"]["from"] == (
        "teacher" if student == architecture or student == "transformer" else "scratch"
    )
    assert 0 < small.metrics["student"]["bits_per_byte"] < 8
    folder = home / "student"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(small.model)
    (folder / "student.json").write_text(json.dumps(small.description))
    encoded.tokenizer.save(str(folder / "tokenizer.json"))

    test = encoded.splits["test"]
    rows = [test.row(row).tolist() for row in range(min(3, len(test)))]
    verdicts = {stage: Verdict((Check("score", 0.9, 0.5, True),)) for stage in line.JUDGES}
    (home / "bundle").mkdir()
    clean = Clean(masking=Masking(tagger="none", processes=1))
    build(home / "bundle", folder, rows, Project(name=NAME, task=TASK.name), clean, verdicts, {})
    yield home / "bundle"


def test_serves_what_was_recorded_and_speaks_to_the_client_of_openai(bundle: Path) -> None:
    found = replay(bundle, Serve())
    assert found.examples
    assert found.difference < 1e-6
    with serving(bundle, Serve()) as address:
        client = openai.OpenAI(base_url=f"http://{address}/v1", api_key="none", max_retries=0)
        assert [one.id for one in client.models.list()] == [NAME]

        asked = {"model": NAME, "prompt": "the old ", "max_tokens": 12, "seed": 5, "n": 2}
        whole = client.completions.create(**asked)
        assert len(whole.choices) == 2
        assert {one.finish_reason for one in whole.choices} <= {"stop", "length"}
        assert whole.usage.completion_tokens <= 24
        assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

        pieces = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
        texts = ["", ""]
        for piece in pieces:
            for one in piece.choices:
                texts[one.index] += one.text
        assert texts == [one.text for one in whole.choices]
        assert pieces[-1].usage == whole.usage

        with pytest.raises(openai.BadRequestError, match="context is 48 tokens"):
            client.completions.create(model=NAME, prompt="the old cat " * 60)


def test_masks_the_prompt(bundle: Path) -> None:
    with serving(bundle, Serve()) as address:
        client = openai.OpenAI(base_url=f"http://{address}/v1", api_key="none", max_retries=0)
        found = client.completions.create(model=NAME, prompt="ann@example.com ", max_tokens=1, echo=True)
    assert found.choices[0].text.startswith("[EMAIL] ")
    assert found.masked == {"EMAIL": 1}
