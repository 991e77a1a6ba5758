import numpy as np
import pytest
import torch

from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta, make_split
from stages.train import objectives
from stages.train.networks.registry import build
from stages.train.summary import Summary, summarise

META = Meta("text-classification", ["a", "b"], 50, 16, 0, 1, 0)
SPLIT = make_split([np.full(length, 5) for length in (4, 8, 12)], np.array([0, 1, 0]))


def summary(architecture: str, **changes: object) -> Summary:
    cell = {"cell": changes.pop("cell")} if "cell" in changes else {}
    network = Network(hidden=16, layers=1, heads=2, bidirectional=False, dropout=0.0, **cell)  # type: ignore[arg-type]
    params = Train(architecture=architecture, network=network, **changes)  # type: ignore[arg-type]
    made, _ = build(params, META, 2)
    return summarise(made, objectives.get(META, SPLIT, params), SPLIT, params, False)


@pytest.mark.parametrize(
    ("architecture", "changes", "expected"),
    [
        # the bag's hidden layer once, and the head
        ("mlp", {}, 16 * 16 + 32),
        ("cnn", {}, 8 * 3 * 16 * 16 + 32),
        # what comes in and what comes back, times the gates
        ("lstm", {"cell": "rnn"}, 8 * 2 * 16 * 16 + 32),
        ("lstm", {"cell": "gru"}, 3 * 8 * 2 * 16 * 16 + 32),
        ("lstm", {"cell": "lstm"}, 4 * 8 * 2 * 16 * 16 + 32),
        # queries, keys, values and their joining; attention both ways; the feed-forward layer
        ("transformer", {}, 8 * 4 * 16 * 16 + 2 * 8 * 8 * 16 + 8 * 2 * 4 * 16 * 16 + 32),
    ],
)
def test_multiply_adds_are_those_of_the_formula(
    architecture: str, changes: dict[str, object], expected: int
) -> None:
    found = summary(architecture, **changes)
    assert found.length == 8
    assert found.multiply_adds == expected


def test_memory_follows_from_what_learns_the_optimiser_and_the_batch() -> None:
    plain = summary("transformer")
    assert plain.weights_mb == plain.gradients_mb == pytest.approx(4 * plain.parameters / 1e6, abs=1e-3)
    assert plain.optimizer_mb == pytest.approx(2 * plain.gradients_mb, abs=2e-3)
    assert summary("transformer", optimizer="sgd", momentum=0.0).optimizer_mb == 0
    twice = summary("transformer", batch_size=64)
    assert twice.activations_mb == pytest.approx(2 * plain.activations_mb, abs=2e-3)
    # at the least what each of the eight tokens of 32 rows hands from layer to layer
    assert plain.activations_mb > 32 * 8 * 16 * 4 * 10 / 1e6


def test_the_summary_leaves_the_seed_and_the_network_as_they_were() -> None:
    params = Train(architecture="lstm", network=Network(hidden=16))
    network, _ = build(params, META, 2)
    network.eval()
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    summarise(network, objectives.get(META, SPLIT, params), SPLIT, params, False)
    assert torch.equal(torch.rand(1), wanted)
    assert not network.training
