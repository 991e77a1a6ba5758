"""A table's answers: one for each row, whatever the table, and the same after a kill."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stages.artifacts import StageError
from stages.deploy import batch
from stages.deploy.batch import Done, predict
from stages.deploy.families import Served
from stages.deploy.model import open_bundle

SECRET = "erika.muster@example.org"  # stands in a text; must not come back


@pytest.fixture(scope="module")
def model(request: pytest.FixtureRequest) -> Served:
    return open_bundle(request.getfixturevalue("built"))


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Served) -> Callable[..., Done]:
    """Answers a table in chunks of four."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(batch, "CHUNK", 4)
    return lambda source, target, limit=100: predict(model, source, Path(target), "text", limit)


def table(count: int) -> list[str]:
    return [f"the day is {'good' if number % 3 else 'bad'}" for number in range(count)]


def write(name: str, texts: list[str]) -> None:
    with Path(name).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows(enumerate(texts))


def records(name: str) -> list[dict]:
    return [json.loads(line) for line in Path(name).read_text().splitlines()]


def test_each_row_has_an_answer_in_every_form(ask: Callable[..., Done]):
    write("in.csv", [*table(9), f"good day {SECRET}"])
    for target in ("out.jsonl", "out.csv", "out.parquet"):
        assert ask("in.csv", target) == Done(10, 0, 0)
    found = records("out.jsonl")
    assert [one["row"] for one in found] == list(range(1, 11))
    assert [one["label"] for one in found[:4]] == ["negative", "positive", "positive", "negative"]
    assert found[9]["masked"] == {"EMAIL": 1}
    with Path("out.csv").open(newline="") as file:
        flat = list(csv.DictReader(file))
    assert [json.loads(one["scores"]) for one in flat] == [one["scores"] for one in found]
    assert [one["label"] for one in pq.read_table("out.parquet").to_pylist()] == [
        one["label"] for one in flat
    ]
    assert sorted(path.name for path in Path().iterdir()) == ["in.csv", "out.csv", "out.jsonl", "out.parquet"]
    assert SECRET not in Path("out.csv").read_text() + Path("out.jsonl").read_text()


def test_a_bad_row_loses_no_other(ask: Callable[..., Done]):
    lines = [{"text": "good"}, {"text": None}, {"text": SECRET * 9}, {"text": "bad"}]
    Path("in.jsonl").write_text("\n".join([*map(json.dumps, lines), '{"text": oops', json.dumps(lines[0])]))
    assert ask("in.jsonl", "out.jsonl") == Done(6, 3, 0)
    found = records("out.jsonl")
    assert [one.get("label") for one in found] == ["positive", None, None, "negative", None, "positive"]
    assert found[1]["error"] == "its text is missing"
    assert "at most 100" in found[2]["error"]
    assert SECRET not in json.dumps(found)


def test_a_text_that_the_masker_refuses_is_refused_alone(
    ask: Callable[..., Done], model: Served, monkeypatch: pytest.MonkeyPatch
):
    from stages.deploy.prepare import UnvouchedError

    plain = model.predict  # type: ignore[attr-defined]

    def doubting(texts: list[str]) -> list:
        for index, text in enumerate(texts):
            if "poor" in text:
                raise UnvouchedError(index)
        return plain(texts)

    monkeypatch.setattr(model, "predict", doubting)
    write("in.csv", ["good", "poor", "bad"])
    assert ask("in.csv", "out.jsonl") == Done(3, 1, 0)
    assert [one.get("label") for one in records("out.jsonl")] == ["positive", None, "negative"]


@pytest.mark.parametrize("torn", [0, 25])
def test_an_interrupted_run_is_taken_up_and_gives_the_same(
    torn: int, ask: Callable[..., Done], model: Served, monkeypatch: pytest.MonkeyPatch
):
    write("in.csv", table(11))
    ask("in.csv", "whole.jsonl")
    asked: list[int] = []
    plain = model.predict  # type: ignore[attr-defined]

    def stopping(texts: list[str]) -> list:
        asked.append(len(texts))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return plain(texts)

    monkeypatch.setattr(model, "predict", stopping)
    with pytest.raises(KeyboardInterrupt):
        ask("in.csv", "out.jsonl")
    part = Path(".out.jsonl.part")
    part.write_bytes(part.read_bytes()[: -torn or None])
    assert not Path("out.jsonl").exists()
    assert ask("in.csv", "out.jsonl") == Done(11, 0, 4 if torn else 8)
    assert Path("out.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()


def test_what_was_answered_of_another_table_is_not_taken(ask: Callable[..., Done], model: Served):
    write("in.csv", table(5))
    Path(".out.jsonl.part").write_text('{"identity": "another"}\n' + '{"row": 1, "label": "negative"}\n' * 4)
    assert ask("in.csv", "out.jsonl") == Done(5, 0, 0)


def test_mistakes_are_one_line(ask: Callable[..., Done]):
    write("in.csv", [])
    for source, target, words in (
        ("in.csv", "out.xlsx", r"\.parquet"),
        ("none.csv", "out.csv", "none.csv"),
        ("in.csv", "out.csv", "no rows"),
    ):
        with pytest.raises(StageError, match=words):
            ask(source, target)
    Path("in.csv").write_text("id,words\n1,good\n")
    with pytest.raises(StageError, match="no column 'text'"):
        ask("in.csv", "out.csv")
