"""Several networks of one kind that answer as one."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """The mean of its members' logits.

    The members differ by their random starts and what dropout leaves out, and each learns by its own loss,
    or they would share their mistakes (Lakshminarayanan et al. 2017, "Simple and Scalable Predictive
    Uncertainty Estimation using Deep Ensembles").
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids and mask int64 (batch, length) -> logits (batch, classes)."""
        return torch.stack([member(ids, mask) for member in self.members]).mean(dim=0)


def members_of(network: nn.Module) -> list[nn.Module]:
    """The networks that learn on their own: the members of an ensemble, or the network itself."""
    return list(network.members) if isinstance(network, Ensemble) else [network]
