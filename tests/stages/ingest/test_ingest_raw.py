"""`data/raw`: sealed, deterministic, and closed to forgery."""

import errno
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.artifacts import RAW, StageError
from stages.ingest import table_writer
from stages.ingest.key import key_file
from stages.ingest.raw import RAW_SCHEMA, Broken, RawWriter, Record, read_manifest, read_raw
from stages.ingest.sealing import Forged, Seal
from stages.ingest.vault import open_or_make_vault, open_vault

PART = RAW / "part-00000.parquet"


def unsealed() -> Iterator[Record]:
    """The rows of data/raw, with the vault that is at hand."""
    return read_raw(RAW, open_vault("tweets", None))


@pytest.fixture
def sealed(write_csv: Callable[..., Path], ingest: Any) -> list[Any]:
    """A small `data/raw`, and its records."""
    rows = [
        ("meet ann", "a", "Ann", "north"),
        ("call bob", "b", "Bob", ""),
        ("meet ann", "a", "Ann", "north"),
    ]
    write_csv(rows, header=("text", "label", "who", "region"))
    return ingest("data.csv", columns={"subject": "who", "groups": ["region"]})[1]


def change(edit: Callable[[list[dict[str, Any]]], Any]) -> None:
    """Edits the rows of the first part, and mends its digest, as a forger would."""
    rows = pq.read_table(PART).to_pylist()
    edit(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=RAW_SCHEMA), PART)
    manifest = json.loads((RAW / "manifest.json").read_text())
    manifest["parts"][PART.name] = hashlib.sha256(PART.read_bytes()).hexdigest()
    manifest["rows"] = len(rows)
    (RAW / "manifest.json").write_text(json.dumps(manifest))


def test_records_come_back_whole(sealed: list[Any]) -> None:
    assert [(r.text, r.label, r.groups) for r in sealed] == [
        ("meet ann", "a", {"region": "north"}),
        ("call bob", "b", {"region": None}),
        ("meet ann", "a", {"region": "north"}),
    ]


def test_equal_rows_share_their_place_and_not_their_id(sealed: list[Any]) -> None:
    first, second, third = sealed
    assert first.place == third.place != second.place
    assert len({record.row_id for record in sealed}) == 3
    assert first.subject == third.subject != second.subject


def test_nothing_plain_is_written(sealed: list[Any]) -> None:
    content = b"".join(path.read_bytes() for path in RAW.iterdir()).lower()
    assert not any(word in content for word in (b"ann", b"bob", b"meet", b"north"))
    assert pq.read_schema(PART).names == ["row_id", "subject", "sealed"]


def test_record_does_not_show_itself(sealed: list[Any]) -> None:
    assert "ann" not in repr(sealed[0])


def test_same_input_gives_same_bytes_whatever_the_chunk(sealed: list[Any], ingest: Any) -> None:
    before = {path.name: path.read_bytes() for path in RAW.iterdir()}
    ingest("data.csv", columns={"subject": "who", "groups": ["region"]}, chunk_rows=1)
    assert {path.name: path.read_bytes() for path in RAW.iterdir()} == before


def test_another_vault_changes_the_ids_and_not_the_places(
    sealed: list[Any], ingest: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path / "another"))
    with pytest.raises(StageError, match=r"the vault .*another.tweets.vault is missing; put it back"):
        next(unsealed())
    again = ingest("data.csv", columns={"subject": "who", "groups": ["region"]})[1]
    assert [record.place for record in again] == [record.place for record in sealed]
    assert not {record.row_id for record in again} & {record.row_id for record in sealed}
    assert not {record.subject for record in again} & {record.subject for record in sealed}
    monkeypatch.undo()


def test_data_of_another_vault_is_refused_by_its_id(
    sealed: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = open_vault("tweets", None).id
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path / "another"))
    open_or_make_vault("tweets", None)
    with pytest.raises(StageError, match=f"data/raw: sealed with the vault {mine}, but the one at hand"):
        next(unsealed())


def test_key_that_others_can_read_stops_the_reader(sealed: list[Any]) -> None:
    key_file().chmod(0o644)
    with pytest.raises(StageError, match="chmod 600"):
        next(unsealed())


def test_equal_people_have_equal_digests_that_need_no_key(sealed: list[Any]) -> None:
    assert sealed[0].person == hashlib.sha256(b"Ann").digest() == sealed[2].person


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            lambda rows: rows[0].update(sealed=rows[1]["sealed"]),
            r"row 1 \({0}\): its sealed rec",
        ),
        (
            lambda rows: rows[0].update(row_id=rows[1]["row_id"]),
            r"row 1 \({1}\): its sealed rec",
        ),
        (
            lambda rows: rows[1].update(sealed=rows[1]["sealed"][:-1] + bytes([rows[1]["sealed"][-1] ^ 1])),
            r"row 2 \({1}\): its sealed rec",
        ),
        (lambda rows: rows[1].update(sealed=b""), r"row 2 \({1}\): its sealed rec"),
        (
            lambda rows: rows[1].update(subject=rows[0]["subject"]),
            r"row 2 \({1}\): its sealed rec",
        ),
    ],
)
def test_forged_row_is_named(sealed: list[Any], edit: Any, message: str) -> None:
    change(edit)
    with pytest.raises(StageError, match=message.format(*(record.row_id for record in sealed))) as caught:
        list(unsealed())
    assert "ann" not in str(caught.value)


def test_forged_rows_are_given_apart_and_the_others_read(sealed: list[Any]) -> None:
    change(lambda rows: rows[1].update(sealed=rows[1]["sealed"][:-3]))
    broken: list[Broken] = []
    read = list(read_raw(RAW, open_vault("tweets", None), broken.append))
    assert [record.text for record in read] == ["meet ann", "meet ann"]
    assert [(row.file, row.number, row.row_id) for row in broken] == [(PART.name, 2, sealed[1].row_id)]


def test_people_are_sealed_under_keys_of_their_own(sealed: list[Any]) -> None:
    vault = open_vault("tweets", None)
    ann, bob = sealed[0].subject, sealed[1].subject
    first = pq.read_table(PART).to_pylist()[0]
    seals = vault.seals([ann, bob])
    assert json.loads(seals[ann].unseal(first["sealed"], first["row_id"]))["text"] == "meet ann"
    with pytest.raises(Forged):
        seals[bob].unseal(first["sealed"], first["row_id"])


def test_files_must_match_the_manifest(sealed: list[Any]) -> None:
    whole = PART.read_bytes()
    PART.write_bytes(whole[:-1])
    with pytest.raises(StageError, match=r"part-00000.parquet: changed after it was written"):
        list(unsealed())
    PART.unlink()
    with pytest.raises(StageError, match=r"part-00000.parquet: missing"):
        list(unsealed())
    PART.write_bytes(whole)
    PART.with_name("part-00001.parquet").write_bytes(whole)
    with pytest.raises(StageError, match=r"part-00001.parquet: not in the manifest"):
        list(unsealed())


def test_many_parts(write_csv: Callable[..., Path], ingest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_writer, "GROUP_ROWS", 7)
    monkeypatch.setattr(RawWriter.__init__, "__defaults__", (20,))
    write_csv((f"text {number}", "ab"[number % 2]) for number in range(45))
    _, records = ingest("data.csv")
    assert [record.text for record in records] == [f"text {number}" for number in range(45)]
    manifest = read_manifest(RAW, open_vault("tweets", None))
    assert sorted(manifest["parts"]) == [f"part-0000{number}.parquet" for number in range(3)]
    assert pq.ParquetFile(PART).metadata.num_row_groups == 3


def test_seal_is_bound_to_key_and_row() -> None:
    seal = Seal(bytes(64))
    sealed = seal.seal(b"plain", "row")
    assert sealed == seal.seal(b"plain", "row") != seal.seal(b"plain", "other")
    assert seal.unseal(sealed, "row") == b"plain"
    for opener, row in ((seal, "other"), (Seal(bytes(63) + b"1"), "row")):
        with pytest.raises(Forged):
            opener.unseal(sealed, row)


def test_full_disk_leaves_the_former_output(
    sealed: list[Any], ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in RAW.iterdir()}

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(StageError, match="data/raw: the disk is full; free some space"):
        ingest("data.csv")
    assert {path.name: path.read_bytes() for path in RAW.iterdir()} == before
    assert [path.name for path in RAW.parent.iterdir()] == ["raw"]
