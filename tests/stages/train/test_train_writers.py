"""Networks that write text read step by step as they do at once, and learn what follows."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stages import tasks
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta, make_split
from stages.train.networks.causal import blank, untied
from stages.train.networks.registry import build
from stages.train.predict import next_tokens
from stages.train.run import run

TASK = tasks.get("text-generation")
META = Meta(TASK.name, [], vocabulary=20, max_length=16, pad_id=0, unk_id=-1, augmented_rows=0)
KINDS = [
    ("transformer", {}),
    ("transformer", {"positions": "learned", "tied": False}),
    ("transformer", {"ngrams": 4, "buckets": 100}),
    ("lstm", {}),
    ("lstm", {"tied": False}),
]


def settings(architecture: str, **network: object) -> Train:
    shape = Network(**{"hidden": 16, "layers": 2, "heads": 2, "dropout": 0.0, **network})
    return Train(
        architecture=architecture, network=shape, epochs=30, batch_size=4, learning_rate=0.03, precision="32"
    )


@pytest.mark.parametrize(("architecture", "changes"), KINDS)
def test_steps_give_what_reading_at_once_gives(architecture: str, changes: dict[str, object]) -> None:
    torch.manual_seed(0)
    network, _ = build(settings(architecture, **changes), META, META.vocabulary)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    network.eval()
    ids = torch.randint(0, 20, (3, 9))
    whole = network(ids, torch.ones_like(ids)).detach()
    for own in (network, untied(network)):
        state, found = blank(own.carried(), 3), []
        for part in (ids[:, :4], ids[:, 4:5], ids[:, 5:]):
            logits, *state = own.step(part, *state)
            found.append(logits)
        assert torch.cat(found, 1).detach() == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize(("architecture", "changes"), KINDS)
def test_no_token_sees_those_after_it(architecture: str, changes: dict[str, object]) -> None:
    torch.manual_seed(0)
    network, _ = build(settings(architecture, **changes), META, META.vocabulary)
    network.eval()
    ids = torch.randint(1, 20, (1, 10))
    other = ids.clone()
    other[:, 6:] = 0
    first, second = (network(one, torch.ones_like(one))[:, :6].detach() for one in (ids, other))
    assert first == pytest.approx(second, abs=1e-6)


@pytest.mark.parametrize("architecture", ["transformer", "lstm"])
def test_what_always_follows_is_learned(architecture: str, tmp_path: Path) -> None:
    stream = np.tile(np.arange(1, 9), 60)
    rows = [stream[start : start + 16] for start in range(0, 464, 16)]
    split = make_split(rows, stream[1 : 1 + sum(map(len, rows))])
    found = run(
        {"train": split, "valid": split}, META, TASK, settings(architecture), 3, tmp_path, tmp_path / "c"
    )
    assert found.metrics["valid"]["accuracy"] > 0.8
    network, _ = build(settings(architecture), META, META.vocabulary)
    network.load_state_dict(found.weights)
    measured = next_tokens(network, split, 0)
    assert measured.losses.mean() == pytest.approx(found.metrics["valid"]["loss"], abs=1e-3)
    assert measured.hits.mean() == pytest.approx(found.metrics["valid"]["accuracy"], abs=1e-3)
