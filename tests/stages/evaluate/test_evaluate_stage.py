import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from stages.artifacts import CLEAN, TEACHER, TOKENS, StageError, read_verdict, write_table
from stages.evaluate.__main__ import body
from stages.params import Params
from stages.params.evaluate import Evaluate, EvaluateGates, Leaks
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta, make_split, write_meta, write_split
from stages.train.networks import registry
from stages.train.teacher import save_teacher

META = Meta("text-classification", ["bad", "good"], 50, 16, 0, 1, 0)
NETWORK = {
    "vocabulary": 50,
    "outputs": 2,
    "hidden": 8,
    "layers": 1,
    "dropout": 0.0,
    "nonlinearity": "relu",
    "ngrams": 1,
    "buckets": 100,
}


NO_COPY = Leaks(seconds=None)


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the stages before evaluate leave, with a teacher that knows nothing."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    TOKENS.mkdir(parents=True)
    TEACHER.mkdir(parents=True)
    write_meta(TOKENS, META)
    for name, rows in (("train", 40), ("valid", 30), ("test", 20)):
        labels = np.arange(rows) % 2
        words = ["awful slow", "lovely quick"]
        table = {"row_id": [f"{name}{index}" for index in range(rows)], "subject": None}
        table |= {
            "text": [words[label] for label in labels],
            "label": [META.labels[label] for label in labels],
        }
        write_table(CLEAN / f"{name}.parquet", pd.DataFrame(table))
        write_split(TOKENS, name, make_split(random.integers(2, 50, (rows, 6)).tolist(), labels))
    torch.manual_seed(0)
    network = registry.rebuild("mlp", NETWORK)
    save_teacher(TEACHER, network.state_dict(), "mlp", NETWORK, META)
    return tmp_path


def test_stage_records_a_failed_verdict_and_ends_well(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body(Params(evaluate=Evaluate(gates=EvaluateGates(accuracy=0.99), leaks=NO_COPY)))
    assert not read_verdict("evaluate").passed
    said = capsys.readouterr().out
    assert "gate failed: accuracy" in said
    assert "awful" not in said


def test_stage_writes_the_same_bytes_again(line: Path) -> None:
    body(Params(evaluate=Evaluate(leaks=NO_COPY)))
    before = {path: path.read_bytes() for path in Path("reports").rglob("*") if path.is_file()}
    body(Params(evaluate=Evaluate(leaks=NO_COPY)))
    assert {path.name for path in before} == {
        "metrics.json",
        "confusion.csv",
        "reliability.csv",
        "trust.json",
        "verdict.json",
    }
    assert all(path.read_bytes() == content for path, content in before.items())
    assert json.loads(Path("reports/evaluate/metrics.json").read_text())["rows"] == 20


def test_tokens_of_other_rows_than_the_tables_are_refused(line: Path) -> None:
    write_split(TOKENS, "test", make_split([[2, 3]] * 20, np.zeros(20, dtype=int)))
    with pytest.raises(StageError, match="dvc repro tokenize"):
        body(Params(evaluate=Evaluate(leaks=NO_COPY)))


def test_a_label_that_training_never_saw_is_refused_without_naming_it(line: Path) -> None:
    table = pd.read_parquet(CLEAN / "test.parquet")
    table.loc[0, "label"] = "secret"
    write_table(CLEAN / "test.parquet", table)
    with pytest.raises(StageError, match="1 rows") as raised:
        body(Params(evaluate=Evaluate(leaks=NO_COPY)))
    assert "secret" not in str(raised.value)


def test_the_audits_are_held_measured_and_judged(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tokenizer = Tokenizer(
        models.WordLevel({"[UNK]": 1, **{str(digit): 2 + digit for digit in range(10)}}, "[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.save(str(TOKENS / "tokenizer.json"))
    learner = Train(architecture="mlp", network=Network(hidden=8, layers=1), epochs=1, accelerator="cpu")
    gates = EvaluateGates(membership_auc=0.9, membership_tpr=1.0, canary_exposure=9.0)
    settings = Evaluate(gates=gates, leaks=Leaks(canaries=8, copy_rows=50))
    body(Params(evaluate=settings, train=learner))
    passed = {check.name: check.passed for check in read_verdict("evaluate").checks}
    assert passed["membership_auc"]
    assert passed["canary_exposure"]
    found = json.loads(Path("reports/evaluate/metrics.json").read_text())["leaks"]
    assert found["membership"]["rows"] == 30
    assert found["canary"]["canaries"] == 8
    said = capsys.readouterr().out
    assert "canary exposure" in said
    assert "epoch 1" not in said, "the copy's training is no news"
