"""Int8 weights: a quarter of the size, and faster where the processor multiplies bytes.

Embeddings get one scale for each row, here and not by ONNX Runtime, which has only one for the whole table.
Look-ups stay exact products of weight and scale, so a student without matrix products is quantised wholly
and its answers still do not depend on their batch. Matrices get one scale for each channel, and their
inputs are quantised as they come (dynamic quantisation). ONNX Runtime has no such product for GRU and plain
recurrent layers: their weights are int8 in the file, and become float once, when it is loaded.
"""

import copy
import logging
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from torch import Tensor, nn

from stages.distill.export import strip
from stages.distill.measure import Rows
from stages.distill.students.bag import Bag, int8_rows

_SMALL = 4096
_WIDENED = {"GRU", "RNN"}
"""recurrent layers whose weights are int8 in the file only"""


class Int8Embedding(nn.Module):
    """An embedding whose rows are int8 with a scale each."""

    integers: Tensor
    scale: Tensor

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        integers, scale = int8_rows(table)
        self.register_buffer("integers", integers)
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """ids int64 of any shape -> vectors float32 of that shape and one more axis."""
        return self.integers[ids].float() * self.scale[ids]


def with_int8_embeddings(network: nn.Module) -> nn.Module:
    """A copy of the network in which all but very small embedding tables are int8."""
    network = copy.deepcopy(network)
    for module in list(network.modules()):
        for name, part in module.named_children():
            if isinstance(part, Bag):
                setattr(module, name, part.int8())
            elif isinstance(part, nn.Embedding) and part.weight.numel() > _SMALL:
                setattr(module, name, Int8Embedding(part.weight.detach().float().cpu()))
    return network


def with_int8_matrices(source: Path, target: Path, seven_bits: bool = False) -> None:
    """Quantises the constant matrices of an ONNX file, those of LSTM layers too, one scale for each channel.

    Args:
        seven_bits: leaves one bit free, for processors whose byte products overflow (x86 without VNNI).
    """
    logging.disable(logging.WARNING)  # a hint about an optional step, on the root logger
    try:
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["MatMul", "LSTM"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            reduce_range=seven_bits,
            extra_options={"MatMulConstBOnly": True},
        )
    finally:
        logging.disable(logging.NOTSET)
    model = onnx.load(target)
    _narrow(model.graph)
    strip(model)
    onnx.save(model, target)


def with_fixed_scales(source: Path, target: Path, rows: Rows, seven_bits: bool = False) -> None:
    """Quantises convolutions and matrices of an ONNX file with scales fixed beforehand (static quantisation).

    What is between them stays int8, and an answer does not depend on its batch.

    Args:
        rows: rows whose activations give the scales, by their least and largest values.
        seven_bits: leaves one bit free, for processors whose byte products overflow (x86 without VNNI).
    """
    logging.disable(logging.WARNING)  # a hint about an optional step, on the root logger
    try:
        quantize_static(
            source,
            target,
            _Reader(rows),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "MaxPool", "Relu"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            reduce_range=seven_bits,
        )
    finally:
        logging.disable(logging.NOTSET)
    model = onnx.load(target)
    strip(model)
    onnx.save(model, target)


class _Reader(CalibrationDataReader):
    """Gives the rows one after another."""

    def __init__(self, rows: Rows) -> None:
        self._rows = iter(rows)

    def get_next(self) -> dict[str, np.ndarray] | None:
        found = next(self._rows, None)
        return None if found is None else {"ids": found[0], "mask": found[1]}


def _narrow(graph: onnx.GraphProto) -> None:
    """Writes the weights of GRU and plain layers, (directions, outputs, inputs), as int8 times scales.

    The product of two constants is folded when a session is opened, so a request computes no more for it.
    """
    constants = {one.name: one for one in graph.initializer}
    wanted = [name for node in graph.node if node.op_type in _WIDENED for name in node.input[1:3]]
    for name in dict.fromkeys(wanted):
        table = numpy_helper.to_array(constants[name])
        scale = np.maximum(np.abs(table).max(axis=2, keepdims=True), 1e-12) / 127
        integers = np.clip(np.round(table / scale), -127, 127).astype(np.int8)
        graph.initializer.remove(constants[name])
        graph.initializer.extend(
            numpy_helper.from_array(part, f"{name}_{kind}")
            for kind, part in (("integers", integers), ("scale", scale.astype(np.float32)))
        )
        widened = helper.make_node("Cast", [f"{name}_integers"], [f"{name}_float"], to=onnx.TensorProto.FLOAT)
        product = helper.make_node("Mul", [f"{name}_float", f"{name}_scale"], [name])
        for place, node in enumerate((widened, product)):
            graph.node.insert(place, node)
