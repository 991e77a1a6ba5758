"""The stage on its files, from the sealed rows on."""

import base64
import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.artifacts import (
    CLEAN,
    QUARANTINE,
    RAW,
    SURROGATES,
    StageError,
    new_folder,
    read_verdict,
    write_table,
)
from stages.clean import flow
from stages.clean import run as clean_run
from stages.clean.__main__ import body
from stages.clean.masking import Masked, Masker, mask_all, pool
from stages.clean.masking.detecting import Found
from stages.ingest.mapping import Mapped
from stages.ingest.raw import RAW_SCHEMA, RawWriter
from stages.ingest.vault import open_or_make_vault
from stages.params import Params
from stages.params.clean import Clean, Masking, Normalise
from stages.params.ingest import Columns, Ingest
from stages.params.validate import Validate
from stages.validate.__main__ import body as validate_body

SETTINGS = Clean(canaries=20, quarantine_limit=0.2, masking=Masking(tagger="none", processes=1))
PARAMS = Params(
    clean=SETTINGS, ingest=Ingest(columns=Columns(text="t", label="l", subject="s", groups=["region"]))
)
TALE = "the train was late again and nobody told us why so we walked home in the rain past many old shops"


def seal(rows: int = 120) -> None:
    vault, _ = open_or_make_vault("tweets", None)
    rng = random.Random(4)
    with new_folder(RAW) as folder, RawWriter(folder, vault) as writer:
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
    monkeypatch.setenv("RETORT_KEY_FILE", str(Path.cwd().with_name(f"{Path.cwd().name}.{secret[:1].hex()}")))
    seal()


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
    seal(rows=300)
    body(PARAMS)
    after = {text: name for name, table in tables().items() for text in table["subject"]}
    assert before.items() <= after.items()


@pytest.mark.parametrize("normalise", [Normalise(), Normalise(case=True, punctuation=True)])
@pytest.mark.parametrize("style", ["pseudonyms", "surrogates"])
def test_in_every_style_nothing_personal_is_left_and_validate_knows_it(style: str, normalise: Normalise):
    masking = SETTINGS.masking.model_copy(update={"style": style})
    params = PARAMS.model_copy(
        update={
            "clean": SETTINGS.model_copy(update={"masking": masking, "normalise": normalise}),
            "validation": Validate(min_rows=2, language_share=0.0),
        }
    )
    body(params)
    texts = [text for table in tables().values() for text in table["text"]]
    assert len(set(texts)) == 120 and not any(re.search(r"user\d+@example", text) for text in texts)
    if style == "pseudonyms":
        assert all(
            re.fullmatch(r"\[EMAIL_[0-9a-f]{8}\]", end) for end in (text.split()[-1] for text in texts)
        )
        assert not (CLEAN / SURROGATES).exists()
    else:
        seeds = json.loads((CLEAN / SURROGATES).read_text())
        assert set(seeds) == {"EMAIL"} and len(seeds["EMAIL"]) == len(texts)
        assert not any("[" in text for text in texts)
    validate_body(params)
    assert read_verdict("validate").passed

    train = pd.read_parquet(CLEAN / "train.parquet")
    train.loc[0, "text"] += " left@example.net"
    write_table(CLEAN / "train.parquet", train)
    with pytest.raises(StageError, match="personal value left"):
        validate_body(params)


def test_a_run_with_new_rows_masks_only_these(monkeypatch: pytest.MonkeyPatch):
    body(PARAMS)
    read: list[str] = []
    as_it_is = pool.detect_each

    def noted(masker: Masker, texts: list[str], timeout: float) -> Iterator[list[Found]]:
        # the rules alone read labels, groups and what normalising changed, which is not kept
        read.extend(text for text in texts if "@" in text and "example.com" in text)
        return as_it_is(masker, texts, timeout)

    monkeypatch.setattr(pool, "detect_each", noted)
    monkeypatch.setattr(clean_run, "audit", lambda *_: clean_run.Audit(20, 20, {}))
    seal(rows=125)
    body(PARAMS)
    assert len(read) == 5


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


def test_forged_rows_go_to_quarantine_by_number_and_too_many_stop_the_line(
    capsys: pytest.CaptureFixture[str],
):
    part = RAW / "part-00000.parquet"
    rows = pq.read_table(part).to_pylist()
    rows[3]["sealed"] = rows[3]["sealed"][:20]
    pq.write_table(pa.Table.from_pylist(rows, schema=RAW_SCHEMA), part)
    manifest = json.loads((RAW / "manifest.json").read_text())
    manifest["parts"][part.name] = hashlib.sha256(part.read_bytes()).hexdigest()
    (RAW / "manifest.json").write_text(json.dumps(manifest))
    body(PARAMS)
    assert (
        "1 sealed rows were changed and go to quarantine: part-00000.parquet row 4" in capsys.readouterr().out
    )
    (broken,) = pd.read_parquet(QUARANTINE / "broken-00000.parquet").to_dict("records")
    assert (broken["file"], broken["row"], broken["row_id"]) == (part.name, 4, rows[3]["row_id"])
    assert broken["sealed"] == rows[3]["sealed"]
    strict = SETTINGS.model_copy(update={"quarantine_limit": 0.001})
    with pytest.raises(StageError, match=r"share of rows forged: 0\.008333"):
        body(PARAMS.model_copy(update={"clean": strict}))
