"""What answers, and over which routes: one file for each family of tasks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stages import tasks
from stages.deploy.families import images, predict, spans, write
from stages.deploy.families.base import VOLATILE, Exchange, Served

_OPENERS: dict[str, Callable[[Path, str, dict[str, Any]], Served]] = {
    "language": write.open_writer,
    "rows": predict.open_model,
    "labels": predict.open_model,
    "numbers": predict.open_model,
    "tokens": predict.open_model,
    "spans": spans.open_model,
    "images": images.open_images,
}
_PROVISIONS: dict[str, Callable[[Path, Path, Callable[[str], bool]], None]] = {"spans": spans.provide}


def provided(family: str, folder: Path, student: Path, vouched: Callable[[str], bool]) -> None:
    """Fills `folder` with what a bundle of the family needs beside its model.

    Args:
        student: what distill wrote.
        vouched: whether a text may be in a bundle.

    Raises:
        StageError: a part of it is missing.
    """
    if family in _PROVISIONS:
        _PROVISIONS[family](folder, student, vouched)


def opened(folder: Path, version: str, description: dict[str, Any]) -> Served:
    """The model in `folder`, by its description.

    Raises:
        StageError: a part of it cannot be loaded.
        KeyError, TypeError, ValueError: the description is incomplete.
    """
    return _OPENERS[tasks.get(description["task"]).family](folder, version, description)


__all__ = ["VOLATILE", "Exchange", "Served", "opened", "provided"]
