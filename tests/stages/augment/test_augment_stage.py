"""The stage on its files."""

import random
from pathlib import Path

import pandas as pd
import pytest

from stages.artifacts import (
    AUGMENTED,
    CLEAN,
    SPLITS,
    Check,
    StageError,
    Verdict,
    read_json,
    read_verdict,
    write_table,
    write_verdict,
)
from stages.augment.__main__ import body
from stages.params import Params
from stages.params.augment import Augment
from stages.params.project import Project

WORDS = [f"word{n}" for n in range(300)]


def write_splits(train: dict[str, int], length: int = 12) -> dict[str, pd.DataFrame]:
    rng = random.Random(5)
    tables = {}
    for split, counts in {"train": train, "valid": {"a": 5, "b": 5}, "test": {"a": 5, "b": 5}}.items():
        labels = [label for label, count in counts.items() for _ in range(count)]
        tables[split] = pd.DataFrame(
            {
                "row_id": [f"{split}-{n}" for n in range(len(labels))],
                "subject": [None] * len(labels),
                "text": [" ".join(rng.sample(WORDS, length)) + " [EMAIL]" for _ in labels],
                "label": labels,
                "region": ["north"] * len(labels),
            },
            dtype="str",
        )
        write_table(CLEAN / f"{split}.parquet", tables[split])
    write_verdict("validate", Verdict((Check("all", 0, 0, True),)))
    return tables


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_only_the_training_split_gains_rows_and_every_copy_is_marked():
    tables = write_splits({"a": 400, "b": 30})
    body(Params())
    for split in ("valid", "test"):
        found = pd.read_parquet(AUGMENTED / f"{split}.parquet")
        assert not found["augmented"].any()
        pd.testing.assert_frame_equal(found.drop(columns="augmented"), tables[split])
    train = pd.read_parquet(AUGMENTED / "train.parquet")
    pd.testing.assert_frame_equal(train[~train["augmented"]].drop(columns="augmented"), tables["train"])
    copies = train[train["augmented"]]
    assert set(copies["label"]) == {"b"} and len(copies) == 150
    assert train["row_id"].is_unique and train["text"].is_unique
    assert copies["text"].str.count(r"\[EMAIL\]").eq(1).all()
    assert copies["region"].eq("north").all()
    decision = read_json(Path("reports/augment/decision.json"))
    assert decision["copies"] == 150 and not decision["trainable_without"] and decision["reasons"]
    assert read_verdict("augment").passed


def test_copies_depend_neither_on_order_nor_on_the_names_of_rows():
    tables = write_splits({"a": 400, "b": 30})
    body(Params())
    first = (AUGMENTED / "train.parquet").read_bytes()
    body(Params())
    assert (AUGMENTED / "train.parquet").read_bytes() == first
    texts = set(pd.read_parquet(AUGMENTED / "train.parquet")["text"])
    other = tables["train"].sample(frac=1, random_state=1)
    write_table(CLEAN / "train.parquet", other.assign(row_id=[f"x{n}" for n in range(len(other))]))
    body(Params())
    assert set(pd.read_parquet(AUGMENTED / "train.parquet")["text"]) == texts


def test_trainable_data_passes_through():
    write_splits({"a": 300, "b": 300})
    body(Params())
    assert not pd.read_parquet(AUGMENTED / "train.parquet")["augmented"].any()


@pytest.mark.parametrize(
    ("train", "says"),
    [({"a": 600}, "1 label"), ({"a": 600, "b": 3}, "min_seed_rows"), ({"a": 20, "b": 20}, "min_total")],
)
def test_hopeless_data_stops_the_line_and_names_what_is_missing(train: dict[str, int], says: str):
    write_splits(train)
    with pytest.raises(StageError, match=says):
        body(Params())
    assert not AUGMENTED.exists()
    assert not read_verdict("augment").passed


def test_texts_too_short_for_copies_do_not_count_as_copies():
    tables = write_splits({"a": 600, "b": 30})
    short = tables["train"]
    short.loc[short["label"] == "b", "text"] = [f"w{n}" for n in range(30)]
    write_table(CLEAN / "train.parquet", short)
    with pytest.raises(StageError, match="rows of the smallest class: 30, needed 50"):
        body(Params())


def test_data_that_did_not_pass_validation_is_refused():
    write_splits({"a": 600, "b": 600})
    write_verdict("validate", Verdict((Check("all", 1, 0, False),)))
    with pytest.raises(StageError, match="validate"):
        body(Params())
    assert not any((AUGMENTED / f"{split}.parquet").exists() for split in SPLITS)


def test_texts_with_spans_are_counted_by_type_and_never_altered():
    tables = write_splits({"a": 60, "b": 60})
    for split, table in tables.items():
        table["label"] = ['[[0,4,"PERSON"]]' if n % 2 else "[]" for n in range(len(table))]
        write_table(CLEAN / f"{split}.parquet", table)
    chosen = Augment(when="always", min_total=100, min_per_class=10)
    body(Params(project=Project(task="token-classification"), augment=chosen))
    decision = read_json(Path("reports/augment/decision.json"))
    assert decision["rows_before"] == {"O": 120, "PERSON": 60}
    assert (decision["when"], decision["copies"]) == ("never", 0)
