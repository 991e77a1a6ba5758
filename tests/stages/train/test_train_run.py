import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stages import tasks
from stages.artifacts import StageError
from stages.params import Params, load
from stages.params.render import render
from stages.params.train import Lora, Network, Train
from stages.tokenize.arrays import Meta, TokenSplit, make_split, write_meta, write_split
from stages.train.__main__ import body
from stages.train.module import Learner
from stages.train.networks.ensemble import members_of
from stages.train.networks.registry import rebuild
from stages.train.predict import predict_logits
from stages.train.run import Trained, run

TASK = tasks.get("text-classification")
META = Meta(TASK.name, ["a", "b", "c"], vocabulary=40, max_length=12, pad_id=0, unk_id=1, augmented_rows=0)
ROOT = Path(__file__).parents[3]


def split(rows: int, seed: int) -> TokenSplit:
    """Rows whose class is that of their most frequent kind of token, so that every network can learn it."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, rows)
    texts = [random.integers(2, 14, random.integers(3, 12)) + 12 * label for label in labels]
    return make_split(texts, labels)


SPLITS = {"train": split(96, 1), "valid": split(40, 2)}


def params(architecture: str = "mlp", **changes: object) -> Train:
    base = {"epochs": 3, "batch_size": 16, "learning_rate": 0.01, "precision": "32", "accelerator": "cpu"}
    network = Network(hidden=16, heads=2, layers=1, dropout=0.3)
    return Train(architecture=architecture, network=network, **{**base, **changes})  # type: ignore[arg-type]


def train(folder: Path, chosen: Train, seed: int = 7, splits: dict[str, TokenSplit] = SPLITS) -> Trained:
    work, reports = folder / "work", folder / "reports"
    work.mkdir(parents=True, exist_ok=True)
    return run(splits, META, TASK, chosen, seed, work, reports)


def tiny_bert(folder: Path) -> Path:
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=40, **sizes)).save_pretrained(folder)
    return folder


def same(one: Trained, other: Trained) -> bool:
    return all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights | other.weights)


@pytest.mark.parametrize("architecture", ["mlp", "cnn", "lstm", "transformer"])
def test_every_network_learns(architecture: str, tmp_path: Path) -> None:
    trained = train(tmp_path, params(architecture, epochs=6))
    assert trained.metrics["valid"]["accuracy"] > 0.9


def test_every_member_of_an_ensemble_learns_by_itself(tmp_path: Path) -> None:
    trained = train(tmp_path, params(members=3, epochs=6))
    network = rebuild("mlp", trained.description)
    network.load_state_dict(trained.weights)
    for member in members_of(network):
        assert (predict_logits(member, SPLITS["valid"], 0).argmax(1) == SPLITS["valid"].labels).mean() > 0.8


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "learning_rate": 0.5, "schedule": "cosine"},
        {"optimizer": "rmsprop", "schedule": "constant", "momentum": 0.0},
        {"optimizer": "adam", "schedule": "plateau", "l1": 1e-5},
        {"optimizer": "adamw", "accumulate": 2, "label_smoothing": 0.1, "class_weights": "balanced"},
        {"precision": "bf16", "clip": None},
    ],
)
def test_every_way_of_training_lowers_the_loss(changes: dict[str, object], tmp_path: Path) -> None:
    chosen = params(epochs=8, **{"learning_rate": 0.02, **changes})
    assert train(tmp_path, chosen).metrics["valid"]["loss"] < 0.8  # ln 3 = 1.1 is a guess


def test_the_same_seed_gives_the_same_weights_and_another_does_not(tmp_path: Path) -> None:
    first, again = train(tmp_path / "1", params()), train(tmp_path / "2", params())
    assert same(first, again)
    assert not same(first, train(tmp_path / "3", params(), seed=8))


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        ("mlp", {"members": 2}),
        ("transformer", {"schedule": "plateau"}),
        ("lstm", {"accumulate": 4}),
        ("lstm", {"mixup": 0.5}),
        ("transformer", {"unfreeze": 0.9, "layer_decay": 0.7}),
        ("pretrained", {"lora": Lora(rank=2)}),
    ],
)
@pytest.mark.parametrize("step", [8, 15])
def test_a_resumed_run_ends_as_an_undisturbed_one(
    architecture: str, changes: dict[str, object], step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if architecture == "pretrained":
        changes = {**changes, "weights": str(tiny_bert(tmp_path / "bert"))}
    chosen = params(architecture, **changes)
    whole = train(tmp_path / "whole", chosen)
    steps = 0
    plain = Learner.training_step

    def interrupted(self: Learner, batch: dict[str, torch.Tensor], index: int) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps == step:
            raise RuntimeError("pulled the plug")
        return plain(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "training_step", interrupted)
        with pytest.raises(RuntimeError, match="pulled the plug"):
            train(tmp_path / "broken", chosen)
    assert (tmp_path / "broken" / "work" / "last.ckpt").is_file()
    # the plots are an output that DVC deletes before the stage runs again
    (tmp_path / "broken/reports/plots/metrics/valid/loss.tsv").unlink()
    resumed = train(tmp_path / "broken", chosen)
    assert same(whole, resumed)
    assert _timeless(resumed) == _timeless(whole)
    for curve in ("valid/loss", "train/loss", "train/learning_rate"):
        place = f"reports/plots/metrics/{curve}.tsv"
        assert (tmp_path / "broken" / place).read_text() == (tmp_path / "whole" / place).read_text()


def test_a_run_that_stopped_early_does_not_go_on_when_resumed(tmp_path: Path) -> None:
    # labels that follow from nothing: what is learned makes the validation loss worse
    wrong = make_split([SPLITS["valid"].row(index) for index in range(40)], np.arange(40) % 3)
    chosen = params(epochs=30, patience=2)
    first, again = (train(tmp_path, chosen, splits={**SPLITS, "valid": wrong}) for _ in range(2))
    assert first.metrics["epochs"] < 30
    assert same(first, again)
    assert _timeless(again) == _timeless(first)


def test_an_infinite_loss_is_one_line_and_leaves_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Learner.training_step
    steps = 0

    def poisoned(self: Learner, batch: dict[str, torch.Tensor], index: int) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps == 9:
            next(self.network.parameters()).data.fill_(float("nan"))
        return plain(self, batch, index)

    monkeypatch.setattr(Learner, "training_step", poisoned)
    with pytest.raises(StageError, match="training loss is nan at step 9, epoch 2"):
        train(tmp_path, params())
    assert all(weight.isfinite().all() for weight in load_file(tmp_path / "work/best.safetensors").values())


def test_the_checkpoint_holds_nothing_but_plain_values(tmp_path: Path) -> None:
    train(tmp_path, params(schedule="plateau"))
    found = torch.load(tmp_path / "work/last.ckpt", weights_only=True)
    assert found["epoch"] == 2


def test_an_architecture_that_the_task_lacks_is_one_line_with_those_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TASK, "architectures", ("mlp", "cnn"), raising=False)
    with pytest.raises(StageError, match="lstm, but text-classification is learned by: mlp, cnn"):
        train(tmp_path, params("lstm"))


def project(folder: Path, chosen: Train) -> None:
    tokens = folder / "data/tokens"
    tokens.mkdir(parents=True)
    for name, part in {**SPLITS, "test": split(20, 3)}.items():
        write_split(tokens, name, part)
    write_meta(tokens, META)
    (tokens / "tokenizer.json").write_text("{}")
    (folder / "params.yaml").write_text(render(Params(train=chosen)))


def stage(folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "stages.train"],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_the_stage_writes_a_teacher_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, params())
    monkeypatch.chdir(tmp_path)
    body(load())
    output, errors = capfd.readouterr()
    assert errors == ""
    told = [
        line
        for line in output.splitlines()
        if " million " in line or "memory of" in line or "bfloat16" in line
    ]
    assert len(told) == 3
    assert [line.split(":")[0] for line in output.splitlines() if line not in told] == [
        "[train] epoch 1/3",
        "[train] epoch 2/3",
        "[train] epoch 3/3",
        "[train] kept epoch 3 of 3",
    ]
    assert sorted(path.name for path in (tmp_path / "models/teacher").iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert list((tmp_path / "work").iterdir()) == []
    metrics = json.loads((tmp_path / "reports/train/metrics.json").read_text())
    assert set(metrics) == {
        *("epochs", "best_epoch", "parameters", "samples_per_second", "valid"),
        *("summary", "precision", "bf16_gain"),
    }
    assert not (tmp_path / "lightning_logs").exists()
    assert not (tmp_path / "dvc.yaml").exists()


@pytest.mark.slow
def test_a_killed_stage_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    chosen = params("transformer", epochs=40, patience=None)
    digests = []
    for name in ("whole", "killed"):
        project(tmp_path / name, chosen)
        process = stage(tmp_path / name)
        if name == "killed":
            assert process.stdout is not None
            while "epoch 3/" not in process.stdout.readline():
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert not (tmp_path / name / "models/teacher").exists()
            process = stage(tmp_path / name)
        output, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
        weights = tmp_path / name / "models/teacher/model.safetensors"
        digests.append(hashlib.sha256(weights.read_bytes()).digest())
    assert "going on after its last whole epoch" in output
    assert "epoch 2/40" not in output
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_two_processes_reach_the_loss_of_one_at_the_same_global_batch(tmp_path: Path) -> None:
    found = {}
    for name, changes in (
        ("one", {"batch_size": 32}),
        ("two", {"batch_size": 16, "devices": 2, "strategy": "ddp"}),
    ):
        folder = tmp_path / name
        project(folder, params(epochs=6, **changes))
        process = stage(folder)
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        assert output.count("epoch 6/6") == 1
        found[name] = json.loads((folder / "reports/train/metrics.json").read_text())["valid"]
    assert found["two"]["accuracy"] > 0.9
    assert abs(found["two"]["loss"] - found["one"]["loss"]) < 0.05, found


def _timeless(trained: Trained) -> dict[str, object]:
    return {
        name: value
        for name, value in trained.metrics.items()
        if name not in {"samples_per_second", "bf16_gain"}
    }
