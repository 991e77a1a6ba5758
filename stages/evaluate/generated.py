"""Lets the network write, and looks through what it wrote for what masking took out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from stages.clean.scanner import Scanner
from stages.tasks.text_generation.ends import end_token
from stages.tasks.text_generation.sampling import Sampling
from stages.tasks.text_generation.writing import Limits, write, written
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.networks.causal import Writer, blank
from stages.train.networks.ensemble import members_of

PROMPTS = 16
"""prompts, evenly spread over the split; half of the answers begin with nothing but the start of a text"""
_MOST = 128


@dataclass(frozen=True)
class Generated:
    """What was written. The texts themselves are not kept."""

    texts: int
    tokens: int
    traces: int
    """masked values and quarantined sentences found in them, each counted once"""

    def metrics(self) -> dict[str, Any]:
        """As numbers under names."""
        return asdict(self)


class TorchReader:
    """A network of torch with the state of what it has read."""

    def __init__(self, network: nn.Module) -> None:
        self._network = cast(Writer, network)
        self._state: Sequence[Tensor] = blank(self._network.carried(), 1)
        self._axes = [one.shape.index("batch") for one in self._network.carried()]

    def read(self, ids: np.ndarray) -> np.ndarray:
        """See `stages.tasks.text_generation.writing.Reader`."""
        rows = len(ids)
        with torch.inference_mode():
            state = [
                one.repeat_interleave(rows, dim=axis) if one.shape[axis] < rows else one
                for one, axis in zip(self._state, self._axes, strict=True)
            ]
            logits, *self._state = self._network.step(torch.from_numpy(ids), *state)
            return logits[:, -1].float().numpy()


def generate(
    network: nn.Module, tokenizer: Tokenizer, split: TokenSplit, meta: Meta, scanner: Scanner, seed: int
) -> Generated:
    """Writes after the beginnings of rows of `split`, and after nothing, at temperature 1.

    What is learned by heart is the likeliest where it is begun, and comes up by chance where it is not.

    Args:
        network: in evaluation mode, on the processor; of an ensemble, its first member writes.
    """
    own = members_of(network)[0].cpu().eval()
    end = end_token(tokenizer)
    most = min(_MOST, meta.max_length // 2)
    rows = np.unique(np.linspace(0, len(split) - 1, min(PROMPTS, len(split))).astype(int))
    begun = [np.asarray(split.row(int(row))[:most], dtype=np.int64) for row in rows]
    prompts = [*begun, *[np.array([end], dtype=np.int64)] * len(begun)]
    known: set[bytes] = set()
    tokens = 0

    def decode(ids: Sequence[int]) -> str:
        return tokenizer.decode(list(ids), skip_special_tokens=False)

    for place, prompt in enumerate(prompts):
        limits = Limits(most, end=end)
        pieces = write(TorchReader(own), prompt, Sampling(), limits, decode, seed + place, 1)
        (answer,) = written(pieces, 1)
        tokens += answer.tokens
        before = decode(prompt.tolist())
        # what the prompt holds already was not written by the network
        known |= scanner.in_text(before + answer.text) - scanner.in_text(before)
    return Generated(len(prompts), tokens, len(known))
