"""The stage on its files, from the sealed rows on."""

import base64
import random
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

from stages.artifacts import CLEAN, QUARANTINE, RAW, StageError, new_folder, read_verdict
from stages.clean import flow
from stages.clean.__main__ import body
from stages.clean.masking import Masked, mask_all
from stages.ingest.key import Key
from stages.ingest.mapping import Mapped
from stages.ingest.raw import RawWriter
from stages.params import Params
from stages.params.clean import Clean, Masking
from stages.params.ingest import Columns, Ingest

SETTINGS = Clean(canaries=20, quarantine_limit=0.2, masking=Masking(tagger="none", processes=1))
PARAMS = Params(
    clean=SETTINGS, ingest=Ingest(columns=Columns(text="t", label="l", subject="s", groups=["region"]))
)
TALE = "the train was late again and nobody told us why so we walked home in the rain past many old shops"


def seal(secret: bytes, rows: int = 120) -> None:
    rng = random.Random(4)
    with new_folder(RAW) as folder, RawWriter(folder, Key.of(secret)) as writer:
        for number in range(rows):
            text = " ".join(rng.choices(TALE.split(), k=12)) + f" user{number}@example.com"
            row = Mapped(text, "yes" if number % 2 else "no", f"Person {number % 40}", {"region": "north"})
            writer.add(row.plain(), 1, row.subject)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    use(b"k" * 64, monkeypatch)
    return tmp_path


def use(secret: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETORT_KEY", base64.b64encode(secret).decode())
    seal(secret)


def tables() -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(CLEAN / f"{name}.parquet") for name in ("train", "valid", "test")}


def test_the_splits_hold_masked_text_and_nothing_personal_and_come_out_the_same_again():
    body(PARAMS)
    found = tables()
    for table in found.values():
        assert table.columns.tolist() == ["row_id", "subject", "text", "label", "region"]
        assert table["text"].str.endswith("[EMAIL]").all()
    people = [set(table["subject"]) for table in found.values()]
    assert sum(map(len, people)) == len(set().union(*people)) == 40
    assert read_verdict("clean").passed
    first = {path: path.read_bytes() for path in Path().rglob("*.*")}
    assert not any(b"example.com" in data or b"Person" in data for data in first.values())
    body(PARAMS)
    assert first == {path: path.read_bytes() for path in Path().rglob("*.*")}


def test_another_key_splits_and_orders_alike(monkeypatch: pytest.MonkeyPatch):
    body(PARAMS)
    first = tables()
    use(b"q" * 64, monkeypatch)
    body(PARAMS)
    for name, table in tables().items():
        assert table["text"].tolist() == first[name]["text"].tolist()
        assert not set(table["row_id"]) & set(first[name]["row_id"])


def test_more_rows_of_a_person_move_none_of_theirs():
    body(PARAMS)
    before = {text: name for name, table in tables().items() for text in table["subject"]}
    seal(b"k" * 64, rows=300)
    body(PARAMS)
    after = {text: name for name, table in tables().items() for text in table["subject"]}
    assert before.items() <= after.items()


def test_quarantined_rows_stay_sealed_and_too_many_stop_the_line(monkeypatch: pytest.MonkeyPatch):
    def doubtful(texts: Iterable[str], masking: Masking, language: str, *_: object) -> list[Masked]:
        found = mask_all(list(texts), masking, language)
        return [Masked(None, reason="a reason") if number < 5 else one for number, one in enumerate(found)]

    monkeypatch.setattr(flow, "mask_stream", doubtful)
    body(PARAMS)
    raw = pd.read_parquet(RAW / "part-00000.parquet")
    quarantine = pd.read_parquet(QUARANTINE)
    assert quarantine["sealed"].tolist() == raw["sealed"].tolist()[:5]
    assert quarantine["reason"].unique().tolist() == ["a reason"]

    strict = SETTINGS.model_copy(update={"quarantine_limit": 0.01})
    for folder in (CLEAN, QUARANTINE):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    with pytest.raises(StageError, match=r"share of rows quarantined: 0\.04"):
        body(PARAMS.model_copy(update={"clean": strict}))
    assert not read_verdict("clean").passed
    assert not CLEAN.exists()


def test_a_failing_masker_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> list[Masked]:
        raise StageError("the tagger is missing")

    monkeypatch.setattr(flow, "mask_stream", broken)
    with pytest.raises(StageError, match="tagger"):
        body(PARAMS)
    assert not CLEAN.exists() and not Path("reports/clean/verdict.json").exists()
