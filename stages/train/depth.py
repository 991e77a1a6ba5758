"""The levels of a network, from its head down to its embeddings: how fast and from when on each learns."""

from collections.abc import Iterator

from torch import nn

from stages.train.networks.ensemble import members_of
from stages.train.networks.layers import attention_stack, embeddings_of


def levels(network: nn.Module) -> list[list[nn.Parameter]]:
    """The weights that learn: the head first, the layers from the highest to the lowest, embeddings last.

    Attention layers are a level each; what lies between head and embeddings of any other network is one. The
    members of an ensemble share their levels.
    """
    found: list[list[nn.Parameter]] = []
    for member in members_of(network):
        for place, own in enumerate(_levels(member)):
            if place == len(found):
                found.append([])
            found[place] += own
    return found


def _levels(network: nn.Module) -> Iterator[list[nn.Parameter]]:
    layers = attention_stack(network)[2][::-1]
    lowest = _learning(*embeddings_of(network))
    between = [_learning(layer) for layer in layers]
    taken = {id(one) for part in (*between, lowest) for one in part}
    rest = [one for one in _learning(network) if id(one) not in taken]
    if not layers:
        head = {id(one) for one in network.get_submodule("head").parameters()}
        between = [[one for one in rest if id(one) not in head]]
        rest = [one for one in rest if id(one) in head]
    yield from (part for part in (rest, *between, lowest) if part)


def _learning(*modules: nn.Module) -> list[nn.Parameter]:
    known: dict[int, nn.Parameter] = {}
    for module in modules:
        known |= {id(one): one for one in module.parameters() if one.requires_grad}
    return list(known.values())


class Thaw:
    """Gradual unfreezing (Howard and Ruder 2018, ULMFiT): the head learns first, the lowest level last.

    Which levels learn follows from the step alone, so a resumed run goes on as an undisturbed one.
    """

    def __init__(self, network: nn.Module, share: float, steps: int) -> None:
        """The levels begin to learn evenly spread over the first `share` of all `steps`."""
        self.levels = levels(network)
        self.last = share * steps

    def learning(self, step: int) -> int:
        """How many levels learn at `step`, counted from 0."""
        whole = len(self.levels)
        return whole if step >= self.last else 1 + int((whole - 1) * step / self.last)

    def __call__(self, step: int) -> None:
        """Lets the levels of that step learn, and no other."""
        count = self.learning(step)
        for place, parameters in enumerate(self.levels):
            for parameter in parameters:
                parameter.requires_grad_(place < count)
