"""Bakes a temperature into an ONNX file, so that whatever reads its logits gets calibrated ones."""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

_RAW, _FACTOR = "logits_as_learned", "inverse_temperature"


def bake(path: Path, temperature: float) -> None:
    """Divides the output `logits` of the file by `temperature`: one multiplication at its end."""
    model = onnx.load(path)
    graph = model.graph
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == "logits":
                    names[place] = _RAW
    graph.initializer.append(numpy_helper.from_array(np.array(1 / temperature, dtype=np.float32), _FACTOR))
    graph.node.append(helper.make_node("Mul", [_RAW, _FACTOR], ["logits"]))
    onnx.checker.check_model(model)
    onnx.save(model, path)
