"""The trained teacher on disk: weights in safetensors, its description in JSON, its tokenizer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from stages.artifacts import StageError, read_json, write_json
from stages.tokenize.arrays import Meta
from stages.train.networks import registry


@dataclass(frozen=True)
class Teacher:
    """A network ready to answer (float32, evaluation mode, on the CPU) and its `config.json`."""

    network: nn.Module
    config: dict[str, Any]


def save_teacher(
    folder: Path,
    weights: dict[str, Tensor],
    architecture: str,
    description: dict[str, Any],
    meta: Meta,
    privacy: dict[str, float] | None = None,
) -> None:
    """Writes `model.safetensors` and `config.json`; the same weights give the same bytes.

    Args:
        privacy: the budget that a training with differential privacy spent.
    """
    save_file(
        {name: tensor.detach().cpu().contiguous().clone() for name, tensor in weights.items()},
        folder / "model.safetensors",
    )
    write_json(
        folder / "config.json",
        {
            "format": 1,
            "architecture": architecture,
            "network": description,
            "task": meta.task,
            "labels": meta.labels,
            "max_length": meta.max_length,
            "pad_id": meta.pad_id,
            "vocabulary": meta.vocabulary,
            **({} if privacy is None else {"privacy": privacy}),
        },
    )


def load_teacher(folder: Path, attention: str = "sdpa") -> Teacher:
    """Reads a teacher without network access and without running any code from the folder.

    Args:
        attention: for a pretrained encoder, `sdpa` or `eager` (which some exporters need).

    Raises:
        StageError: a file is missing, damaged, or does not fit the description.
    """
    config = read_json(folder / "config.json")
    path = folder / "model.safetensors"
    try:
        network = registry.rebuild(config["architecture"], config["network"], attention)
        network.load_state_dict(load_file(path))
    except FileNotFoundError:
        raise StageError(f"{path}: not found; run `dvc repro train`") from None
    except (SafetensorError, RuntimeError, KeyError, TypeError):
        raise StageError(f"{folder}: the weights do not fit config.json; run `dvc repro -f train`") from None
    return Teacher(network.eval(), config)
