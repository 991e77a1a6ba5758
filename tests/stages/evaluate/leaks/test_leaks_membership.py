import numpy as np
import pytest
import torch

from stages.evaluate.leaks.losses import class_losses, cross_entropies
from stages.evaluate.leaks.membership import attack, audit
from stages.tokenize.arrays import TokenSplit, make_split
from stages.train.networks.mlp import Mlp


def split(rows: int, seed: int) -> TokenSplit:
    """Random words with random labels: nothing in them can be learned but by heart."""
    random = np.random.default_rng(seed)
    return make_split(random.integers(2, 400, (rows, 12)).tolist(), random.integers(0, 2, rows))


def network() -> Mlp:
    torch.manual_seed(3)
    return Mlp(400, 2, hidden=32, layers=1, nonlinearity="relu", dropout=0.0, ngrams=1, buckets=100)


def by_heart(train: TokenSplit) -> Mlp:
    learner = network()
    ids = torch.tensor(np.array([train.row(row) for row in range(len(train))]), dtype=torch.int64)
    labels = torch.from_numpy(train.labels)
    optimizer = torch.optim.Adam(learner.parameters(), 0.02)
    for _ in range(30):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(learner(ids, torch.ones_like(ids)), labels).backward()
        optimizer.step()
    return learner


def test_a_network_that_learned_its_rows_by_heart_gives_them_away() -> None:
    train, valid = split(300, 1), split(200, 2)
    found = audit(train, valid, class_losses(by_heart(train), 0), most=1000, seed=7)
    assert found.rows == 200
    # the labels are random, so half of the others are answered as surely: 0.75 is all there is
    assert found.auc_interval[0] > 0.65
    assert found.auc_interval[0] < found.auc < found.auc_interval[1]


def test_a_network_that_learned_nothing_gives_nothing_away() -> None:
    found = audit(split(300, 1), split(300, 2), class_losses(network(), 0), most=150, seed=7)
    assert found.rows == 150
    assert found.auc_interval[0] <= 0.5 <= found.auc_interval[1]


def test_the_interval_holds_the_truth_and_the_seed_decides() -> None:
    random = np.random.default_rng(5)
    # normal losses one deviation apart: the area is known to be 0.7602
    inside, outside = random.normal(0, 1, 5000), random.normal(1, 1, 5000)
    found = attack(inside, outside, seed=1)
    assert found.auc == pytest.approx(0.7602, abs=0.02)
    assert found.auc_interval[0] < 0.7602 < found.auc_interval[1]
    assert found.auc_interval[1] - found.auc_interval[0] < 0.04
    # at one per cent false alarms: Phi(-2.326 + 1)
    assert found.tpr == pytest.approx(0.0924, abs=0.03)
    assert attack(inside, outside, seed=1) == found
    assert attack(inside, outside, seed=2).auc_interval != found.auc_interval


def test_equal_losses_are_chance() -> None:
    found = attack(np.zeros(100), np.zeros(100), seed=1)
    assert (found.auc, found.tpr) == (0.5, 0.0)


def test_losses_are_those_of_the_label_and_survive_large_logits() -> None:
    logits = np.array([[1000.0, 0.0], [0.0, 0.0], [-1000.0, 0.0]])
    assert cross_entropies(logits, np.array([0, 1, 0])).tolist() == [0, np.log(2), 1000]
