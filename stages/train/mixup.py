"""Mixup on embeddings and pixels: rows are blended in pairs, and so are their losses.

Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization"; for texts Guo et al. 2019, "Augmenting Data
with Mixup for Sentence Classification" (word embeddings).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn
from torch.distributions import Beta

from stages.train.networks.layers import Pixels
from stages.train.objectives import Batch

_READERS = (nn.Embedding, Pixels)
"""what turns the numbers of a row into what can be blended"""
WHOLE = frozenset({"rows", "labels", "numbers", "images"})
"""families of tasks whose targets belong to rows as a whole"""


def can_blend(network: nn.Module) -> bool:
    """Whether there are embeddings or pixels to blend."""
    return any(isinstance(module, _READERS) for module in network.modules())


class Blend:
    """One batch's blend: each row keeps `share` of itself and takes the rest of the row that `order` names.

    Both are drawn from torch's global seed.
    """

    def __init__(self, batch: Batch, strength: float) -> None:
        """`strength` is the parameter of the beta distribution that the share is drawn from."""
        self.share = float(Beta(strength, strength).sample())
        self.order = torch.randperm(len(batch["rows"])).to(batch["rows"].device)
        self.batch, self.other = batch, {name: values[self.order] for name, values in batch.items()}

    def loss(self, network: nn.Module, loss: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        """The blended loss of the blended rows."""
        mask = self.batch["mask"] | self.other["mask"]
        with self._embedded(network):
            logits = network(self.batch["ids"], mask)
        return self.share * loss(logits, self.batch) + (1 - self.share) * loss(logits, self.other)

    @contextmanager
    def _embedded(self, network: nn.Module) -> Iterator[None]:
        """While it lasts, every table that looks rows up gives them blended, padding being zero."""
        with ExitStack() as hooks:
            for module in network.modules():
                if isinstance(module, _READERS):
                    handle = module.register_forward_hook(self._blend)
                    hooks.callback(handle.remove)
            yield

    def _blend(self, _: nn.Module, looked_up: tuple[Tensor, ...], vectors: Tensor) -> Tensor:
        mask = self.batch["mask"]
        if looked_up[0].shape != mask.shape:  # positions, which all rows share
            return vectors
        own = vectors * mask.unsqueeze(-1).to(vectors.dtype)
        return self.share * own + (1 - self.share) * own[self.order]
