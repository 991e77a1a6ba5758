"""Any number of labels, and a number: from arrays to a quantised student."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stages import tasks
from stages.artifacts import StageError
from stages.distill.run import run as distill
from stages.evaluate.leaks.canaries import SPREADS
from stages.evaluate.leaks.losses import LOSSES
from stages.params.distill import Distill, DistillGates
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta, TokenSplit, make_split, read_split, write_split
from stages.train.module import Learner
from stages.train.networks.registry import rebuild
from stages.train.objectives.text_regression import Scale
from stages.train.predict import predict_logits
from stages.train.run import Trained, run
from stages.train.teacher import Teacher

NAMES = {"multi-label-classification": ["a", "b", "c"], "text-regression": ["number"]}


def split(task: str, rows: int, seed: int) -> TokenSplit:
    """A row has a label for each of three tokens in it; its number grows with them."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, (rows, 3))
    texts = [
        random.permutation([*random.integers(10, 30, random.integers(3, 8)), *(3 + np.flatnonzero(own))])
        for own in labels
    ]
    return make_split(texts, labels if task != "text-regression" else 1950.0 + labels @ [1, 5, 20])


def splits(task: str) -> dict[str, TokenSplit]:
    return {name: split(task, rows, rows) for name, rows in (("train", 200), ("valid", 61), ("test", 62))}


def meta(task: str) -> Meta:
    return Meta(task, NAMES[task], vocabulary=30, max_length=16, pad_id=0, unk_id=1, augmented_rows=0)


def train(folder: Path, task: str, **changes: object) -> Trained:
    folder.mkdir(parents=True, exist_ok=True)
    base = {"epochs": 8, "batch_size": 16, "learning_rate": 0.02, "precision": "32", "accelerator": "cpu"}
    params = Train(
        architecture="mlp",
        network=Network(hidden=24, layers=1, dropout=0.0),
        **{**base, **changes},  # type: ignore[arg-type]
    )
    return run(splits(task), meta(task), tasks.get(task), params, 7, folder, folder / "reports")


def teacher(found: Trained) -> Teacher:
    network = rebuild("mlp", found.description)
    network.load_state_dict(found.weights)
    return Teacher(network.eval(), {})


@pytest.mark.parametrize("student", ["static", "transformer"])
@pytest.mark.parametrize("task", NAMES)
def test_a_student_keeps_what_its_teacher_learned(task: str, student: str, tmp_path: Path) -> None:
    its = teacher(train(tmp_path, task))
    truth = splits(task)["test"].labels
    kind = tasks.get(task)
    found = kind.metrics(
        truth, kind.probabilities(predict_logits(its.network, splits(task)["test"], 0)), NAMES[task]
    )
    assert found[kind.headline] > 0.9
    # numbers are given in the units of the column
    gates = DistillGates(retention=0.75, speedup=None, membership_tpr=None)  # so few rows measure no leak
    settings = Distill(
        student=student,  # type: ignore[arg-type]
        epochs=12,
        hidden=16,
        layers=1,
        heads=2,
        buckets=100,
        learning_rate=0.01 if student == "transformer" else None,
        gates=gates,
    )
    done = distill(splits(task), meta(task), its, kind, settings, 7)
    assert done.verdict.passed, done.verdict.failures
    assert done.metrics["teacher"][kind.headline] > 0.9
    assert set(done.description["tuning"]) == (set() if task == "text-regression" else {"thresholds"})


@pytest.mark.parametrize("task", NAMES)
def test_a_resumed_run_ends_as_an_undisturbed_one(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(tmp_path / "whole", task, epochs=3, mixup=0.3)
    plain, steps = Learner.training_step, 0

    def interrupted(self: Learner, batch: dict[str, torch.Tensor], index: int) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps == 20:
            raise RuntimeError("pulled the plug")
        return plain(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "training_step", interrupted)
        with pytest.raises(RuntimeError, match="pulled the plug"):
            train(tmp_path / "broken", task, epochs=3, mixup=0.3)
    resumed = train(tmp_path / "broken", task, epochs=3, mixup=0.3)
    assert all(torch.equal(one, resumed.weights[name]) for name, one in whole.weights.items())


def test_units_go_into_a_head_and_out_again() -> None:
    scale = Scale(1950.0, 20.0)
    weights = {"head.weight": torch.randn(1, 4), "head.bias": torch.randn(1), "body.weight": torch.randn(4)}
    there = scale.into(weights)
    states = torch.randn(5, 4)
    plain = states @ weights["head.weight"].T + weights["head.bias"]
    assert torch.allclose(states @ there["head.weight"].T + there["head.bias"], plain * 20 + 1950, atol=1e-3)
    back = scale.out_of(there)
    assert all(torch.allclose(back[name], one, atol=1e-3) for name, one in weights.items())
    assert torch.equal(there["body.weight"], weights["body.weight"])


def test_a_number_that_never_changes_is_one_line() -> None:
    with pytest.raises(StageError, match="every training row has the same number"):
        Scale.of(make_split([[2], [3]], np.array([4.0, 4.0])))


@pytest.mark.parametrize("task", NAMES)
def test_arrays_come_back_as_they_were_written(task: str, tmp_path: Path) -> None:
    plain = split(task, 20, 1)
    write_split(tmp_path, "valid", plain)
    found = read_split(tmp_path, "valid")
    assert found.labels.dtype == plain.labels.dtype
    assert (found.labels == plain.labels).all()


@pytest.mark.parametrize("task", NAMES)
def test_audits_plant_and_measure_targets_of_the_tasks_own_kind(task: str, tmp_path: Path) -> None:
    its, train_split = teacher(train(tmp_path, task)), splits(task)["train"]
    spread = SPREADS[tasks.get(task).family](train_split.labels)
    planted = spread(np.array([0, 1, 1]), [[2], [3], [4]])
    assert planted.shape == (3, *train_split.labels.shape[1:])
    losses = LOSSES[tasks.get(task).family](its.network, 0)
    wrong = make_split([train_split.row(row) for row in range(50)], train_split.labels[50:100])
    right = make_split([train_split.row(row) for row in range(50)], train_split.labels[:50])
    assert losses(right).shape == (50,)
    assert losses(right).mean() < losses(wrong).mean() / 3
