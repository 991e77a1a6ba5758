"""Writes params.yaml from the models: every key, its value, and its description as a comment.

python -m stages.params.render schema      docs/params.schema.json, for editors
python -m stages.params.render RECIPE      the params.yaml of recipes/RECIPE.yaml, to standard output
"""

import json
import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from ruamel.yaml import YAML

from stages.params.loading import ParamsError, parse
from stages.params.model import Params

SCHEMA = Path("docs/params.schema.json")
HEAD = """\
# yaml-language-server: $schema={schema}
# What to build. Edit, then `dvc repro` (or `retort run`). Editors complete and check the keys by the schema.
"""


def schema() -> str:
    """The JSON schema of params.yaml, as text. Every key is required, as `load` asks."""
    document = Params.model_json_schema(by_alias=True)
    for model in [document, *document["$defs"].values()]:
        # an item of a list says itself what it needs; of a section every key must be there
        model.setdefault("required", list(model["properties"]))
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def recipe(path: Path) -> Params:
    """A recipe: what differs from the defaults, sections and keys as in params.yaml.

    Raises:
        ParamsError: the file is missing or holds something that params.yaml may not.
    """
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.yaml")))
        raise ParamsError(f"{path.stem}: no such recipe; there are: {known}")
    changes = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")) or {}
    defaults = Params().model_dump(by_alias=True)
    try:
        return parse(_merged(defaults, changes))
    except ParamsError as error:
        raise ParamsError(f"{path}: {error}") from None


def render(params: Params) -> str:
    """`params` as the commented text of params.yaml."""
    lines = [HEAD.format(schema=SCHEMA.as_posix())]
    for name, field in Params.model_fields.items():
        section = getattr(params, name)
        title = (type(section).__doc__ or "").strip()
        module = sys.modules[type(section).__module__].__doc__ or ""
        about = module.strip() if title.startswith("A section") or not title else title
        lines.append(f"# {about}\n{field.alias or name}:\n{_section(section, 2)}")
    return "\n".join(lines)


def _section(section: BaseModel, indent: int) -> str:
    text = ""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        pad = " " * indent
        if isinstance(value, BaseModel):
            text += f"{pad}{name}:\n{_section(value, indent + 2)}"
        else:
            text += f"{pad}{name}: {_scalar(value)}  # {field.description}{_choices(field.annotation)}\n"
    return text


def _choices(annotation: Any) -> str:
    """The words a key may have, where they are few and named: ` (one | other)`."""
    if get_origin(annotation) is not Literal or len(get_args(annotation)) < 2:
        return ""
    return f" ({' | '.join(map(str, get_args(annotation)))})"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_scalar(item)}" for name, item in value.items()) + "}"
    if isinstance(value, BaseModel):
        return "{" + ", ".join(f"{name}: {_scalar(item)}" for name, item in value) + "}"
    # JSON's strings are YAML's; the plain ones need no quotes
    plain = value.replace(":", "").replace("-", "").replace("_", "").replace("/", "").replace(".", "")
    if (
        plain.isascii()
        and plain.isalpha()
        and ": " not in value
        and value not in {"none", "no", "yes", "on", "off"}
    ):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def main() -> None:
    what = sys.argv[1] if len(sys.argv) == 2 else "schema"
    if what == "schema":
        SCHEMA.parent.mkdir(exist_ok=True)
        SCHEMA.write_text(schema(), encoding="utf-8")
        return
    try:
        sys.stdout.write(render(recipe(Path("recipes") / f"{what}.yaml")))
    except ParamsError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
