"""Low-rank adapters (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models") by peft.

The encoder keeps its weights; beside each of its linear layers two thin matrices learn. They are added to the
weights before anything is saved, so nothing that reads a teacher knows of them.
"""

import warnings

from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from stages.params.train import Lora
from stages.train.networks.ensemble import members_of


def adapt(network: nn.Module, settings: Lora) -> None:
    """Puts adapters beside all linear layers of the network's encoder; they and the head are what learns."""
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
    )
    for member in members_of(network):
        with warnings.catch_warnings():
            # that the model is unknown to peft: every linear layer is meant
            warnings.simplefilter("ignore")
            inject_adapter_in_model(config, member.get_submodule("encoder"))


def merged(network: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The plain network's weights out of those with adapters; `network` loses its adapters."""
    network = network.cpu()
    network.load_state_dict(weights)
    for module in list(network.modules()):
        for name, part in list(module.named_children()):
            if isinstance(part, LoraLayer):
                part.merge()
                setattr(module, name, part.get_base_layer())
    return network.state_dict()
