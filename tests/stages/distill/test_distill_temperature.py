from pathlib import Path

import numpy as np
import onnx
import pytest
from torch import nn

from stages.distill.export import export
from stages.distill.measure import answers, session
from stages.distill.temperature import bake
from stages.train.networks import registry

NETWORK = {
    "vocabulary": 30,
    "outputs": 3,
    "hidden": 8,
    "layers": 1,
    "dropout": 0.0,
    "nonlinearity": "relu",
    "ngrams": 1,
    "buckets": 50,
}
IDS = np.array([[2, 5, 9], [4, 4, 1]])


@pytest.fixture
def network() -> nn.Module:
    return registry.rebuild("mlp", NETWORK)


def test_what_is_served_gives_logits_divided_by_the_temperature(network: nn.Module, tmp_path: Path) -> None:
    path = export(network, tmp_path / "model.onnx", [(IDS, np.ones_like(IDS))]).path
    plain = answers(session(path), IDS, np.ones_like(IDS))
    bake(path, 2.5)
    assert np.allclose(answers(session(path), IDS, np.ones_like(IDS)), plain / 2.5, rtol=1e-6)
    assert [one.name for one in onnx.load(path).graph.output] == ["logits"]
