"""Which number format to train in."""

from typing import Literal

import torch

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


def precision(wanted: str, accelerator: str) -> Precision:
    """Lightning's name of the number format; `auto` takes bfloat16 where the hardware computes in it."""
    if wanted == "auto":
        return "bf16-mixed" if has_bfloat16(accelerator) else "32-true"
    return {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}[wanted]  # type: ignore[return-value]


def has_bfloat16(accelerator: str) -> bool:
    """Whether bfloat16 is faster than float32 here: emulated, it is slower."""
    if accelerator != "cpu" and torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    found = torch.cpu.get_capabilities()
    # x86: AVX512-BF16 or AMX; ARM: the bf16 extension
    return any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
