"""Training with differential privacy keeps to its budget, still learns, and refuses what cannot be."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from opacus import GradSampleModule

from stages import tasks
from stages.artifacts import StageError
from stages.params import Params
from stages.params.train import Network, Privacy, Train
from stages.tokenize.arrays import Meta, TokenSplit, make_split, pad
from stages.train.networks.registry import build, rebuild
from stages.train.predict import predict_logits
from stages.train.private import Budget, PoissonBatches, countable
from stages.train.run import Trained, run

TASK = tasks.get("text-classification")
META = Meta(TASK.name, ["a", "b"], vocabulary=40, max_length=12, pad_id=0, unk_id=1, augmented_rows=0)


def split(rows: int, seed: int) -> TokenSplit:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, rows)
    return make_split(
        [random.integers(2, 20, random.integers(3, 12)) + 18 * label for label in labels], labels
    )


SPLITS = {"train": split(640, 1), "valid": split(100, 2)}


def params(architecture: str = "mlp", epsilon: float = 8.0, **changes: object) -> Train:
    base = {"epochs": 4, "batch_size": 64, "learning_rate": 0.02, "accelerator": "cpu", "patience": None}
    network = Network(hidden=16, heads=2, layers=1, dropout=0.1)
    private = Privacy(epsilon=epsilon, delta=1e-4)
    return Train(architecture=architecture, network=network, privacy=private, **{**base, **changes})  # type: ignore[arg-type]


def train(folder: Path, chosen: Train) -> Trained:
    (folder / "work").mkdir(parents=True, exist_ok=True)
    return run(SPLITS, META, TASK, chosen, 7, folder / "work", folder / "reports")


@pytest.mark.parametrize("architecture", ["mlp", "cnn", "lstm"])
def test_a_private_network_learns_within_its_budget_and_is_read_as_any_other(
    architecture: str, tmp_path: Path
) -> None:
    trained = train(tmp_path, params(architecture))
    spent = trained.metrics["privacy"]
    assert 7 < spent["epsilon"] <= 8
    assert spent["noise"] > 0.3
    network = rebuild(architecture, trained.description)
    network.load_state_dict(trained.weights)
    guess = predict_logits(network, SPLITS["valid"], 0).argmax(1)
    assert (guess == SPLITS["valid"].labels).mean() > 0.8


def test_a_smaller_budget_takes_more_noise_and_two_trainings_draw_their_own(tmp_path: Path) -> None:
    strict, loose = (Budget.of(Privacy(epsilon=one, delta=1e-4), 640, params()) for one in (1.0, 8.0))
    assert strict.noise > 2 * loose.noise
    assert strict.spent(40)["epsilon"] == pytest.approx(1.0, abs=0.02)
    assert strict.spent(20)["epsilon"] < 0.9, "fewer steps spend less"
    first, again = (train(tmp_path / name, params(epochs=1)).weights for name in "ab")
    assert not torch.equal(first["head.weight"], again["head.weight"]), "the seed must not repeat the noise"


def test_each_row_has_a_gradient_of_its_own(tmp_path: Path) -> None:
    for architecture in ("mlp", "cnn", "lstm"):
        network = countable(build(params(architecture), META, 2)[0]).train()
        for module in network.modules():
            module.p = 0.0  # type: ignore[assignment]
        GradSampleModule(network, strict=False)

        def gradients(rows: list[int], network: torch.nn.Module = network) -> torch.Tensor:
            for parameter in network.parameters():
                parameter.grad_sample = None  # type: ignore[attr-defined]
            ids, mask = (torch.from_numpy(part) for part in pad(SPLITS["train"], rows, 0))
            target = torch.from_numpy(SPLITS["train"].labels[rows])
            torch.nn.functional.cross_entropy(network(ids, mask), target).backward()
            return network.head.weight.grad_sample  # type: ignore[union-attr, return-value]

        torch.testing.assert_close(gradients([3, 4, 5])[1], gradients([4])[0], atol=1e-5, rtol=1e-4)


def test_every_row_is_drawn_alike_and_no_batch_is_empty() -> None:
    batches = list(PoissonBatches(50, 0.02, 2000))
    assert len(batches) == 2000
    assert min(map(len, batches)) == 1
    counts = np.bincount(np.concatenate(batches), minlength=50)
    # a third of the draws is empty and drawn again: 0.02 / (1 - 0.98 ** 50) a row and batch
    assert counts.mean() / 2000 == pytest.approx(0.02 / (1 - 0.98**50), rel=0.05)
    assert counts.min() > 30


def test_an_interrupted_private_training_goes_on(tmp_path: Path) -> None:
    train(tmp_path, params(epochs=2))
    assert train(tmp_path, params(epochs=2)).metrics["privacy"]["epsilon"] <= 8


def test_too_little_data_is_one_clear_line() -> None:
    with pytest.raises(StageError, match="64 training rows are no more than"):
        Budget.of(Privacy(), 64, params())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clip": None}, "train.clip: null"),
        ({"accumulate": 2}, "train.accumulate: 2"),
        ({"members": 2}, "train.members: 2"),
        ({"devices": 2}, "train.devices"),
        ({"strategy": "ddp"}, "train.devices"),
        ({"precision": "bf16"}, "train.precision: 'bf16'"),
        ({"l1": 0.1}, "train.l1"),
        ({"class_weights": "balanced"}, "train.class_weights"),
        ({"batch_size": 8}, "train.batch_size: 8"),
        ({"architecture": "transformer"}, "train.architecture: transformer"),
        ({"architecture": "pretrained"}, "train.frozen: 0"),
    ],
)
def test_what_privacy_forbids_is_one_line(change: dict[str, object], message: str) -> None:
    chosen = json.loads(params().model_dump_json()) | change
    with pytest.raises(ValueError, match=message):
        Params.model_validate({"train": chosen, "augment": {"when": "never"}})


def test_augmented_copies_and_privacy_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="set it to never"):
        Params.model_validate({"train": json.loads(params().model_dump_json())})
