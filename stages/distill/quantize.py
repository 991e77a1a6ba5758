"""Int8 weights: a quarter of the size, and faster where the processor multiplies bytes.

Embeddings get one scale for each row, here and not by ONNX Runtime, which has only one for the whole table.
Look-ups stay exact products of weight and scale, so a student without matrix products is quantised wholly
and its answers still do not depend on their batch. Matrices get one scale for each channel, and their
inputs are quantised as they come (dynamic quantisation).
"""

import copy
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from stages.distill.export import strip

_SMALL = 4096


class Int8Embedding(nn.Module):
    """An embedding whose rows are int8 with a scale each: row = integers * scale."""

    integers: Tensor
    scale: Tensor

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        scale = table.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
        self.register_buffer("integers", (table / scale).round().clamp(-127, 127).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """ids int64 of any shape -> vectors float32 of that shape and one more axis."""
        return self.integers[ids].float() * self.scale[ids]


def with_int8_embeddings(network: nn.Module) -> nn.Module:
    """A copy of the network in which all but very small embedding tables are int8."""
    network = copy.deepcopy(network)
    for module in list(network.modules()):
        for name, table in module.named_children():
            if isinstance(table, nn.Embedding) and table.weight.numel() > _SMALL and table.embedding_dim > 1:
                setattr(module, name, Int8Embedding(table.weight.detach().float().cpu()))
    return network


def with_int8_matrices(source: Path, target: Path, seven_bits: bool = False) -> None:
    """Quantises the constant matrices of an ONNX file, one scale for each output channel.

    Args:
        seven_bits: leaves one bit free, for processors whose byte products overflow (x86 without VNNI).
    """
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        reduce_range=seven_bits,
        extra_options={"MatMulConstBOnly": True},
    )
    model = onnx.load(target)
    strip(model)
    onnx.save(model, target)
