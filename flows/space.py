"""The space of a search: which parameters, which values, and what a trial sets them to."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import optuna

from flows.errors import FlowError
from stages.params import Params, ParamsError, parse
from stages.params.optimise import Choices, Range

SECTIONS = ("augment", "tokenize", "train")
"""What may be tried: further up, the validation split would change; further down, not its score."""


def check(params: Params) -> None:
    """Tries every bound and choice in the params' own models.

    Raises:
        FlowError: there is no space, a parameter is none, or one of its values is not allowed.
    """
    if not params.optimise.space:
        raise FlowError("optimise.space: empty; give some, as train.learning_rate: {low: 1e-5, high: 1e-3}")
    for name, part in params.optimise.space.items():
        current(params, name)
        for value in _ends(params, name, part):
            try:
                parse(_replaced(params, name, value))
            except ParamsError as error:
                raise FlowError(f"optimise.space: {name}: {error}") from None


def current(params: Params, name: str) -> Any:
    """The value that the parameter has now.

    Raises:
        FlowError: there is no such parameter, or it cannot be searched.
    """
    if name.split(".")[0] not in SECTIONS:
        raise FlowError(f"optimise.space: {name}: only parameters of {', '.join(SECTIONS)} can be searched")
    found: Any = params.model_dump(mode="json", by_alias=True)
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            raise FlowError(f"optimise.space: {name}: no such parameter; name one of params.yaml")
        found = found[part]
    return found


def suggested(trial: optuna.Trial, params: Params) -> dict[str, Any]:
    """A value for each parameter, by the sampler."""
    return {name: _suggest(trial, params, name, part) for name, part in params.optimise.space.items()}


def starting(params: Params) -> dict[str, Any] | None:
    """The values of now, as a first trial; None where one of them lies outside the space."""
    values = {name: current(params, name) for name in params.optimise.space}
    for name, part in params.optimise.space.items():
        value = values[name]
        if isinstance(part, Choices):
            inside = value in part.choices
        else:
            inside = isinstance(value, int | float) and part.low <= value <= part.high
        if not inside:
            return None
    return values


def digest(params: Params, source: bytes = b"") -> str:
    """Of the space and all that a trial is made from but the values in the space: 12 hexadecimal digits.

    Args:
        source: what says which data there is; see `artifacts.SOURCE`.
    """
    values = params.model_dump(mode="json", by_alias=True)
    kept = {name: values[name] for name in ("project", "ingest", "clean", *SECTIONS)}
    for name in params.optimise.space:
        *path, last = name.split(".")
        place = kept
        for part in path:
            place = place[part]
        place[last] = None
    text = json.dumps([kept, values["optimise"]["space"]], sort_keys=True)
    return hashlib.sha256(text.encode() + source).hexdigest()[:12]


def _ends(params: Params, name: str, part: Range | Choices) -> Iterator[Any]:
    if isinstance(part, Choices):
        yield from part.choices
        return
    for value in (part.low, part.high):
        if _whole(params, name) and value != int(value):
            raise FlowError(f"optimise.space: {name}: {value:g}, but the parameter is a whole number")
        yield int(value) if _whole(params, name) else value


def _whole(params: Params, name: str) -> bool:
    return type(current(params, name)) is int


def _replaced(params: Params, name: str, value: Any) -> dict[str, Any]:
    values: dict[str, Any] = params.model_dump(by_alias=True)
    *path, last = name.split(".")
    place = values
    for part in path:
        place = place[part]
    place[last] = value
    return values


def _suggest(trial: optuna.Trial, params: Params, name: str, part: Range | Choices) -> Any:
    if isinstance(part, Choices):
        return trial.suggest_categorical(name, part.choices)
    if _whole(params, name):
        step = int(part.step or 1)
        return trial.suggest_int(name, int(part.low), int(part.high), step=step, log=part.log)
    return trial.suggest_float(name, part.low, part.high, step=part.step, log=part.log)
