"""params.yaml: every mistake is one line that names the key, what was given and what is allowed."""

import json
from pathlib import Path
from typing import Any

import pytest

from stages.params import Params, ParamsError, load, parse
from stages.params.render import SCHEMA, recipe, render, schema

ROOT = Path(__file__).parent.parent
RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))


def values() -> dict[str, Any]:
    return Params().model_dump(by_alias=True)


def changed(key: str, value: Any) -> dict[str, Any]:
    whole = values()
    inner = whole
    *sections, last = key.split(".")
    for section in sections:
        inner = inner[section]
    inner[last] = value
    return whole


def complaint(whole: Any) -> str:
    with pytest.raises(ParamsError) as error:
        parse(whole)
    line = str(error.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("key", "value", "parts"),
    [
        ("train.learningrate", 0.1, ["train.learningrate", "unknown key", "did you mean 'learning_rate'"]),
        ("clean.masking.colour", 1, ["clean.masking.colour", "unknown key", "min_score"]),
        ("train.learning_rate", "fast", ["train.learning_rate", "'fast'", "number"]),
        ("train.learning_rate", -1.0, ["train.learning_rate", "-1.0", "greater than 0"]),
        ("train.epochs", 2.5, ["train.epochs", "2.5", "integer"]),
        ("train.epochs", True, ["train.epochs", "true", "integer"]),
        ("train.architecture", "rnn", ["train.architecture", "'rnn'", "'mlp'", "'pretrained'"]),
        ("ingest.limit", 0, ["ingest.limit", "0", "greater than or equal to 1"]),
        ("project.name", "My Model", ["project.name", "'My Model'"]),
        ("clean.splits", {"valid": 0.45, "test": 0.45}, ["clean.splits", "at most 0.8"]),
        ("clean.normalise.case", True, ["clean.normalise.case", "pretrained", "set it to false"]),
        ("ingest.query", "select 1", ["ingest.query", "no database URL"]),
        ("ingest.source", "sqlite:///x.db", ["ingest.query", "null", "give the query"]),
        ("ingest.columns.subject", "label", ["ingest.columns", "twice"]),
        ("project.language", "zh", ["train.weights", "English"]),
        ("ingest.source", 3, ["ingest.source"]),
        ("clean.scheduler", "dask", ["clean.scheduler", "'dask'", "tcp://"]),
        ("clean.masking.timeout", 0.0, ["clean.masking.timeout", "greater than 0"]),
        ("clean.masking.types", ["EMAIL", 3], ["clean.masking.types.1", "3", "string"]),
        ("clean.masking.custom", [{"name": "x", "pattern": "a"}], ["clean.masking.custom.0.name", "'x'"]),
        ("clean.masking.custom", [{"name": "AB"}], ["clean.masking.custom.0.pattern: missing; add it"]),
        ("clean.masking.custom", [{"name": "AB", "pattern": "a*"}], ["custom.0.pattern", "empty text"]),
        (
            "clean.masking.custom",
            [{"name": "AB", "pattern": r"(a)\1"}],
            ["custom.0.pattern", "RE2 refuses", r"invalid escape sequence: \1", "no back-references"],
        ),
        (
            "clean.masking.custom",
            [{"name": "AB", "pattern": "a", "word": "b"}],
            ["clean.masking.custom.0.word", "unknown key", "allowed: name, pattern, context"],
        ),
        (
            "clean.masking.custom",
            [{"name": "AB", "pattern": "a"}] * 2,
            ["clean.masking", "AB is there twice"],
        ),
    ],
)
def test_a_mistake_is_one_line(key: str, value: Any, parts: list[str]):
    line = complaint(changed(key, value))
    for part in parts:
        assert part in line


def test_a_value_that_may_hold_a_password_is_not_repeated():
    assert "hunter2" not in complaint(changed("ingest.source", {"url": "postgresql://me:hunter2@host/db"}))


def test_a_missing_key_is_named_with_its_default():
    whole = values()
    del whole["train"]["epochs"]
    assert "train.epochs: missing key (its default is 2); add it" in complaint(whole)
    del whole["serve"]
    assert "and 1 more" in complaint(whole)


def test_no_mapping_at_all():
    assert "must hold sections" in complaint(None)


def test_a_file_that_is_not_there_or_not_yaml(tmp_path: Path):
    with pytest.raises(ParamsError, match=r"params\.yaml: not found"):
        load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("train: [1\nx: 2")
    with pytest.raises(ParamsError, match=r"params\.yaml:\d+: not valid YAML"):
        load(tmp_path / "params.yaml")


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path):
    text = render(Params()).replace("learning_rate: 5e-05", "learning_rate: 3e-5")
    (tmp_path / "params.yaml").write_text(text)
    assert load(tmp_path / "params.yaml").train.learning_rate == 3e-5


def test_params_never_change_after_loading():
    with pytest.raises(ValueError, match="frozen"):
        Params().train.epochs = 9  # type: ignore[misc]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_being_written_and_read(name: str, tmp_path: Path):
    params = recipe(ROOT / "recipes" / f"{name}.yaml")
    (tmp_path / "params.yaml").write_text(render(params), encoding="utf-8")
    assert load(tmp_path / "params.yaml") == params


def test_every_key_has_a_comment():
    for line in render(Params()).splitlines():
        if line.startswith(" ") and not line.rstrip().endswith(":"):
            assert "  # " in line, line


def test_own_types_survive_being_written_and_read(tmp_path: Path):
    custom = [{"name": "STAFF_NUMBER", "pattern": r'"E-\d{4}"|工号[0-9]+: \[', "context": ["staff", "no"]}]
    params = parse(changed("clean.masking.custom", custom))
    (tmp_path / "params.yaml").write_text(render(params), encoding="utf-8")
    assert load(tmp_path / "params.yaml") == params
    item = json.loads(schema())["$defs"]["OwnType"]
    assert item["required"] == ["name", "pattern"]


def test_an_unknown_recipe_lists_those_there_are():
    with pytest.raises(ParamsError, match="there are: bbc-news"):
        recipe(ROOT / "recipes" / "nope.yaml")


def test_params_yaml_is_the_default_recipe():
    assert load(ROOT / "params.yaml") == recipe(ROOT / "recipes" / "tweets.yaml")
    assert (ROOT / "params.yaml").read_text() == render(recipe(ROOT / "recipes" / "tweets.yaml"))


def test_the_schema_is_current():
    assert (ROOT / SCHEMA).read_text(encoding="utf-8") == schema(), "run `make schema`"
    assert f"$schema={SCHEMA.as_posix()}" in (ROOT / "params.yaml").read_text().splitlines()[0]


def test_of_public_text_only_credentials_and_checked_identifiers_are_masked():
    masking = parse(changed("ingest.public", "published news")).cleaning.masking
    assert masking.types == ["SECRET", "CRYPTO", "IBAN", "CARD", "NATIONAL_ID"]
    assert masking.tagger == "none"
    assert Params().cleaning == Params().clean


def test_types_and_public_text_exclude_one_another():
    whole = changed("ingest.public", "published news")
    whole["clean"]["masking"]["types"] = ["EMAIL"]
    assert "clean.masking.types" in complaint(whole)


@pytest.mark.parametrize("task", ["question-answering", "text-generation", "text-regression"])
def test_a_private_teacher_is_refused_where_its_promise_would_not_hold(task: str):
    whole = changed("train.privacy", {"epsilon": 8.0, "delta": 1e-5})
    whole["augment"]["when"] = "never"
    whole["train"]["frozen"] = 4
    parse(whole)
    whole["project"]["task"] = task
    line = complaint(whole)
    assert line.startswith("train.privacy")
    assert task in line
