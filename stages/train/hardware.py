"""Which number format to train in."""

import time
from functools import cache
from typing import Literal

import torch

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

LEAST_GAIN = 1.2
"""times that bfloat16 must be faster than float32 to be taken; where it is native, two to three are usual"""
_ROUNDS = 5


def precision(wanted: str, accelerator: str) -> Precision:
    """Lightning's name of the number format; `auto` takes bfloat16 where the hardware gains from it."""
    if wanted == "auto":
        return "bf16-mixed" if has_bfloat16(accelerator) else "32-true"
    return {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}[wanted]  # type: ignore[return-value]


def has_bfloat16(accelerator: str) -> bool:
    """Whether bfloat16 is faster than float32 here.

    A processor must have instructions for it, and gain by them as measured. Both, so that a result never
    hangs on a measurement alone: one without the instructions never takes it, one with them is far from the
    limit.
    """
    if accelerator != "cpu" and torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bfloat16_gain() >= LEAST_GAIN


@cache
def bfloat16_gain() -> float:
    """Times that a linear layer of an encoder, forward and backward, is faster in bfloat16 than in float32.

    0 where the processor has no instructions for it: emulated, it takes seconds. Else some hundredths of a
    second, once in a process; the least of several times, which other programs lengthen least.
    """
    found = torch.cpu.get_capabilities()
    # x86: AVX512-BF16 or AMX; ARM: the bf16 extension
    if not any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16")):
        return 0.0
    # a generator of its own: whatever is drawn later must not hang on a measurement
    own = torch.Generator().manual_seed(0)
    states = torch.randn(256, 384, generator=own)
    layer = torch.randn(1536, 384, generator=own).requires_grad_()
    taken: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(_ROUNDS + 1):
        for low, times in taken.items():
            started = time.perf_counter()
            with torch.enable_grad(), torch.autocast("cpu", torch.bfloat16, enabled=low):
                torch.nn.functional.linear(states, layer).sum().backward()
            times.append(time.perf_counter() - started)
    # the first of each only warms up
    return min(taken[False][1:]) / min(taken[True][1:])
