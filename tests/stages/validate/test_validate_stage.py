"""The stage on its files, with the real Great Expectations: its import is most of what these tests cost."""

import random
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from stages.artifacts import CLEAN, SPLITS, StageError, read_json, read_verdict, write_table
from stages.params import Params
from stages.params.clean import Clean, Masking
from stages.params.project import Project
from stages.validate.__main__ import body

ENGLISH = (
    "the a this that delivery service price quality manager product order late quick friendly terrible good "
    "bad arrived answered broke works phone letter morning evening again never always with without because"
)
FRENCH = "le colis est arrivé avec deux jours de retard mais personne ne répond au téléphone"
SECRET = "4111 1111 1111 1111"
Tables = dict[str, pd.DataFrame]
PARAMS = Params(clean=Clean(masking=Masking(tagger="none", processes=1)))


def good() -> Tables:
    rng = random.Random(11)
    return {
        split: pd.DataFrame(
            {
                "row_id": [f"{split}{n}" for n in range(rows)],
                "subject": [f"{split}-{n // 2}" if n % 3 else None for n in range(rows)],
                "text": [" ".join(rng.choices(ENGLISH.split(), k=14)) + " [EMAIL]" for _ in range(rows)],
                "label": ["yes" if n % 2 else "no" for n in range(rows)],
            },
            dtype="str",
        )
        for split, rows in zip(SPLITS, (80, 30, 30), strict=True)
    }


def validate(tables: Tables, params: Params = PARAMS) -> None:
    for split, table in tables.items():
        write_table(CLEAN / f"{split}.parquet", table)
    body(params)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_good_splits_pass_and_the_reports_are_the_same_every_time():
    validate(good())
    reports = {path: path.read_bytes() for path in Path("reports").rglob("*.*")}
    assert read_verdict("validate").passed
    found = read_json(Path("reports/validate/expectations.json"))
    assert {one["split"] for one in found} == set(SPLITS)
    assert all(one["passed"] for one in found)
    assert all(one["rows"] or one["observed"] for one in found if one["column"] != "table")
    validate(good())
    assert reports == {path: path.read_bytes() for path in Path("reports").rglob("*.*")}


def set_cell(split: str, row: int, column: str, value: str | None) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[split].loc[row, column] = value

    return change


def copy_text(tables: Tables) -> None:
    tables["test"].loc[3, "text"] = tables["train"].loc[5, "text"] + "!"


def copy_subject(tables: Tables) -> None:
    tables["valid"].loc[1, "subject"] = tables["train"].loc[1, "subject"]


def few_rows(tables: Tables) -> None:
    tables["test"] = tables["test"].head(5)


def one_label(tables: Tables) -> None:
    for table in tables.values():
        table["label"] = "yes"


def french(tables: Tables) -> None:
    words = FRENCH.split()
    rng = random.Random(2)
    tables["valid"]["text"] = [" ".join(rng.choices(words, k=14)) for _ in range(30)]


@pytest.mark.parametrize(
    ("change", "split", "column", "expectation"),
    [
        (set_cell("train", 7, "text", None), "train", "text", "not_be_null"),
        (set_cell("train", 7, "label", "maybe?"), None, None, None),
        (set_cell("test", 7, "label", "maybe?"), "test", "label", "be_in_set"),
        (set_cell("train", 7, "row_id", "train8"), "train", "row_id", "be_unique"),
        (set_cell("valid", 7, "row_id", "train8"), "valid", "row_id: also in another split", "be_in_set"),
        (set_cell("valid", 7, "text", ""), "valid", "text", "value_lengths"),
        (set_cell("test", 7, "text", f"my card {SECRET}"), "test", "text: personal value left", "be_in_set"),
        (copy_text, "test", "text: near duplicate in another split", "be_in_set"),
        (copy_subject, "train", "subject: also in another split", "be_in_set"),
        (few_rows, "test", "table", "row_count"),
        (one_label, "train", "label", "unique_value_count"),
        (french, "valid", "text: in the language", "be_in_set"),
    ],
)
def test_each_fault_stops_the_line_and_is_named_without_being_quoted(
    change: Callable[[Tables], None], split: str | None, column: str, expectation: str
):
    tables = good()
    change(tables)
    if split is None:
        validate(tables)
        return
    with pytest.raises(StageError) as error:
        validate(tables)
    assert not read_verdict("validate").passed
    found = read_json(Path("reports/validate/expectations.json"))
    failed = {(one["split"], one["column"], one["expectation"]) for one in found if not one["passed"]}
    assert any(one[:2] == (split, column) and expectation in one[2] for one in failed)
    assert f"on {column!r} ({split})" in str(error.value)
    reports = "".join(path.read_text() for path in Path("reports").rglob("*.*"))
    for quoted in (SECRET, "maybe?", "train8", "colis"):
        assert quoted not in str(error.value) + reports


def test_columns_that_are_missing_or_too_many_are_named_as_failures():
    tables = good()
    tables["train"] = tables["train"].drop(columns="text")
    tables["valid"]["name"] = "x"
    with pytest.raises(
        StageError, match=r"expect_table_columns_to_match_set on 'table' \(train\).*\(valid\)"
    ):
        validate(tables)


def test_the_page_stands_alone():
    validate(good())
    page = Path("reports/validate/index.html").read_text()
    assert "light dark" in page and "<script" not in page and "http" not in page


def test_spans_are_held_against_the_types_of_the_training_split():
    params = PARAMS.model_copy(update={"project": Project(task="token-classification")})
    tables = good()
    for table in tables.values():
        table["label"] = ['[[0,2,"PERSON"]]' if n % 3 else "[]" for n in range(len(table))]
    validate(tables, params)
    tables["test"].loc[4, "label"] = '[[0,2,"PERSON"],[3,5,"MASCOT"]]'
    with pytest.raises(StageError, match=r"be_in_set on 'label' \(test\): 1 of 30 rows"):
        validate(tables, params)
