"""The tagger's products in whole numbers: twice as fast, and the tagger is nearly all of the masker's time.

The package ships weights of 4 bits, which ONNX Runtime multiplies as floats. Here they become 7 bits a
column, and what they are multiplied with 8 bits, in ranges that were measured once (`RANGES`). Ranges taken
from each batch, as dynamic quantisation takes them, would let a text's findings depend on the texts beside
it, by up to 0.7 of probability. Weights keep to 7 bits since sums of two products of 8 overflow on x86
without VNNI, and an answer must not depend on the processor.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

WEIGHT = 63
"""Greatest weight."""
INPUT = 255
"""Greatest value of what is multiplied with the weights."""

RANGES = (
    (-2.83, 7.52),
    (-4.35, 2.87),
    (-5.90, 22.20),
    (-0.17, 18.97),
    (-4.92, 9.04),
    (-2.84, 3.20),
    (-5.78, 26.77),
    (-0.17, 15.87),
    (-4.73, 7.94),
    (-3.10, 2.86),
    (-10.65, 22.25),
    (-0.17, 14.36),
    (-4.53, 9.57),
    (-3.14, 2.91),
    (-12.28, 21.90),
    (-0.17, 9.95),
    (-5.14, 10.57),
    (-3.96, 3.98),
    (-8.55, 16.71),
    (-0.17, 5.24),
    (-4.86, 10.05),
    (-4.28, 3.99),
    (-3.70, 17.03),
    (-0.17, 4.33),
    (-3.36, 11.07),
)
"""Least and greatest value of what each product takes, in the order of the model: `measured` over 200
carriers with made-up people. Other texts differ by a tenth at most; what lies outside counts as the limit."""


def quantised(model: bytes, ranges: Sequence[tuple[float, float]] = RANGES) -> bytes:
    """The model with integer products in place of `MatMulNBits` of 4 bits.

    Raises:
        ValueError: the model has another number of inputs to products than there are ranges.
    """
    import onnx
    from onnx import TensorProto, helper

    loaded = onnx.load_from_string(model)
    constants = {one.name: onnx.numpy_helper.to_array(one) for one in loaded.graph.initializer}
    steps: dict[str, np.ndarray] = {}
    limits = dict(zip(_inputs(loaded.graph.node), ranges, strict=True))
    nodes = []
    for node in loaded.graph.node:
        if node.op_type != "MatMulNBits":
            nodes.append(node)
            continue
        source, name = node.input[0], node.name
        whole, step, zero = f"{source}_whole", f"{source}_step", f"{source}_zero"
        if source not in steps:
            low, high = limits[source]
            steps[source] = constants[step] = np.array((high - low) / INPUT, dtype=np.float32)
            constants[zero] = np.array(round(-low * INPUT / (high - low)), dtype=np.uint8)
            nodes.append(helper.make_node("QuantizeLinear", [source, step, zero], [whole]))
        constants[f"{name}_weights"], scales = _columns(_floats(node, constants))
        constants[f"{name}_scales"] = scales * steps[source]
        nodes += [
            helper.make_node("MatMulInteger", [whole, f"{name}_weights", zero], [f"{name}_sums"]),
            helper.make_node("Cast", [f"{name}_sums"], [f"{name}_floats"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}_floats", f"{name}_scales"], list(node.output)),
        ]
    used = {name for node in nodes for name in node.input}
    del loaded.graph.node[:], loaded.graph.initializer[:]
    loaded.graph.node.extend(nodes)
    loaded.graph.initializer.extend(
        onnx.numpy_helper.from_array(value, name) for name, value in constants.items() if name in used
    )
    return loaded.SerializeToString()


def measured(model: bytes, feeds: Sequence[dict[str, np.ndarray]]) -> list[tuple[float, float]]:
    """What `RANGES` are: the least and greatest value of each product's input over these feeds."""
    import onnx
    import onnxruntime

    loaded = onnx.load_from_string(model)
    names = _inputs(loaded.graph.node)
    loaded.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names
    )
    session = onnxruntime.InferenceSession(loaded.SerializeToString(), providers=["CPUExecutionProvider"])
    seen = [[(value.min(), value.max()) for value in session.run(names, feed)] for feed in feeds]
    lows, highs = np.array(seen).transpose(2, 1, 0)
    return [(float(low.min()), float(high.max())) for low, high in zip(lows, highs, strict=True)]


def _inputs(nodes: Sequence) -> list[str]:
    return list(dict.fromkeys(node.input[0] for node in nodes if node.op_type == "MatMulNBits"))


def _floats(node: Any, constants: dict[str, np.ndarray]) -> np.ndarray:
    """The weights of a product, shape (inputs, outputs): two weights a byte, in blocks along the inputs."""
    given = {one.name: one.i for one in node.attribute}
    if given["bits"] != 4 or len(node.input) > 3:
        raise ValueError("weights of 4 bits without zero points are expected")
    packed = constants[node.input[1]].reshape(given["N"], -1)
    levels = np.stack([packed & 15, packed >> 4], axis=-1).reshape(given["N"], given["K"])
    scales = constants[node.input[2]].reshape(given["N"], -1)
    return ((levels.astype(np.float32) - 8) * np.repeat(scales, given["block_size"], axis=1)).T


def _columns(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights as whole numbers, and the scale of each column."""
    scales = (np.abs(weights).max(axis=0) / WEIGHT).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales
