"""Puts a shipped recipe in place as params.yaml, and never loses what was written by hand."""

from pathlib import Path

from flows.errors import FlowError
from stages.artifacts import write_text
from stages.params import ParamsError
from stages.params.render import recipe, render

RECIPES = Path("recipes")
PARAMS = Path("params.yaml")


def use(name: str, force: bool = False) -> Path | None:
    """Writes the recipe `name` as params.yaml; returns the copy of what was there before, where one was made.

    Args:
        name: a file of `recipes/`, without its ending.
        force: replace a params.yaml that was edited by hand, keeping a copy of it.

    Raises:
        ParamsError: there is no such recipe, or it holds a mistake.
        FlowError: params.yaml was edited by hand, and `force` is false.
    """
    text = render(recipe(RECIPES / f"{name}.yaml"))
    copy = None
    if PARAMS.is_file() and _edited():
        if not force:
            raise FlowError("params.yaml: edited by hand; `--force` replaces it and keeps a copy")
        copy = _free(PARAMS.with_name("params.yaml.bak"))
        copy.write_bytes(PARAMS.read_bytes())
    write_text(PARAMS, text)
    return copy


def _edited() -> bool:
    there = PARAMS.read_bytes()
    return all(there != text.encode() for text in _shipped())


def _shipped() -> list[str]:
    texts = []
    for path in sorted(RECIPES.glob("*.yaml")):
        try:
            texts.append(render(recipe(path)))
        except ParamsError:  # a recipe being written is no reason to lose params.yaml
            continue
    return texts


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free
