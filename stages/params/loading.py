"""Reads params.yaml and turns every mistake in it into one line: key, what was given, what is allowed."""

import difflib
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML, YAMLError

from stages.params.model import Params

# Values that may carry a password are never repeated in a message.
_SECRET = {"ingest.source", "ingest.query", "ingest.vault"}


class ParamsError(ValueError):
    """params.yaml cannot be used. The message is one line."""


def load(path: str | Path = "params.yaml") -> Params:
    """Reads and checks `path`.

    Raises:
        ParamsError: the file is missing, is not YAML, or holds something that is not allowed.
    """
    path = Path(path)
    try:
        # YAML 1.2, as DVC reads it: `3e-5` is a number there, and a string in YAML 1.1
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: not found; run in the project's folder, or `retort use tweets`") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path}: not UTF-8; save it as UTF-8") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise ParamsError(f"{path}{where}: not valid YAML ({' '.join(str(problem).split())})") from None
    try:
        return parse(values)
    except ParamsError as error:
        raise ParamsError(f"{path}: {error}") from None


def parse(values: Any) -> Params:
    """Checks `values`, a mapping of sections, and returns them as `Params`.

    Raises:
        ParamsError: one line that names the first mistake and counts the others.
    """
    if not isinstance(values, dict):
        raise ParamsError(f"holds {_shown(values)}; it must hold sections: {', '.join(_keys(Params))}")
    mistakes = list(_missing(Params, values))
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        mistakes = [_line(mistake) for mistake in error.errors()] + mistakes
    if mistakes:
        rest = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        raise ParamsError(mistakes[0] + rest)
    return params


def _line(mistake: Any) -> str:
    path = [str(part) for part in mistake["loc"]]
    # pydantic names the branch of a union as a last part; params.yaml has no such key
    path = [part for part in path if part not in {"str", "int", "float", "list[str]"} or part in _all_keys()]
    key = ".".join(path)
    if mistake["type"] == "extra_forbidden":
        allowed = _keys(_model_at(path[:-1]))
        near = difflib.get_close_matches(path[-1], allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{key}: unknown key{hint}; allowed: {', '.join(allowed)}"
    if mistake["type"] == "missing":
        return f"{key}: missing; add it"
    message = mistake["msg"].removeprefix("Value error, ").replace("Input should", "should")
    if mistake["type"] == "value_error":
        return f"{key}: {message}" if key else message
    given = "a value that is not shown here" if key in _SECRET else _shown(mistake["input"])
    return f"{key}: got {given}; it {message}"


def _missing(model: type[BaseModel], values: dict[Any, Any], prefix: str = "") -> list[str]:
    """DVC can only set keys that stand in the file, so each of them must."""
    lines = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key not in values:
            default = field.get_default(call_default_factory=True)
            what = "section" if isinstance(default, BaseModel) else f"key (its default is {_shown(default)})"
            lines.append(f"{prefix}{key}: missing {what}; add it")
        elif _is_section(field.annotation) and isinstance(values[key], dict):
            lines += _missing(cast(type[BaseModel], field.annotation), values[key], f"{prefix}{key}.")
    return lines


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(path: list[str]) -> type[BaseModel]:
    model: Any = Params
    for part in path:
        if part.isdigit():  # an item of a list of models
            (model,) = get_args(model)
            continue
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        model = fields[part].annotation
    return model


def _all_keys(model: type[BaseModel] = Params) -> set[str]:
    keys = set(_keys(model))
    for field in model.model_fields.values():
        if _is_section(field.annotation):
            keys |= _all_keys(cast(type[BaseModel], field.annotation))
    return keys


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
