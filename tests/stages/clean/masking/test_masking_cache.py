"""What was found before: it saves reading, tells nothing of a text, and is never trusted blindly."""

import hashlib
import sqlite3
from pathlib import Path

import pytest

from stages.clean.masking import cache as module
from stages.clean.masking import pool
from stages.clean.masking.cache import Cache
from stages.clean.masking.detecting import Found
from stages.clean.masking.spans import Span
from stages.params.clean import Masking

KEY = b"k" * 64
PLAIN = Masking(tagger="none")
TEXTS = ["mail bob@example.com", "nothing", "4111 1111 1111 1111"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "work" / "masking"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that a detector read."""
    texts: list[str] = []
    as_it_is = pool.detect_each

    def noted(masker, chunk, timeout):
        texts.extend(chunk)
        return as_it_is(masker, chunk, timeout)

    monkeypatch.setattr(pool, "detect_each", noted)
    return texts


def mask(texts: list[str], masking: Masking = PLAIN, key: bytes = KEY) -> list[pool.Masked]:
    with Cache(key, masking, "en") as cache:
        return list(pool.mask_stream(texts, masking, "en", "local", key, cache))


def test_only_new_texts_are_read_and_the_result_is_the_same(read: list[str]):
    first = mask(TEXTS)
    assert sorted(read) == sorted(TEXTS)
    read.clear()
    assert mask([*TEXTS, "new jo@example.com"])[:3] == first
    assert read == ["new jo@example.com"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"types": ["CARD"]}, KEY),
        ({"allow": ["bob@example.com"]}, KEY),
        ({"custom": [{"name": "NO", "pattern": "nothing"}]}, KEY),
        ({}, b"q" * 64),
    ],
)
def test_other_settings_or_another_key_read_anew(read: list[str], folder: Path, changes: dict, key: bytes):
    mask(TEXTS)
    read.clear()
    mask(TEXTS, Masking.model_validate({**PLAIN.model_dump(), **changes}), key)
    assert len(read) == 3
    assert len(list(folder.iterdir())) == 1, "what the other settings left is gone"


def test_other_code_reads_anew(read: list[str], monkeypatch: pytest.MonkeyPatch):
    mask(TEXTS)
    monkeypatch.setattr(module, "code", lambda: "another")
    mask(TEXTS)
    assert len(read) == 6


def test_style_and_processes_change_nothing_of_what_is_found(read: list[str]):
    mask(TEXTS)
    masked = mask(TEXTS, PLAIN.model_copy(update={"style": "pseudonyms", "processes": 1, "timeout": 1.0}))
    assert len(read) == 3
    assert masked[0].text.startswith("mail [EMAIL_")


def test_neither_a_value_nor_a_plain_digest_is_written(folder: Path):
    mask(TEXTS)
    (file,) = folder.iterdir()
    content = file.read_bytes()
    for text in [*TEXTS, "bob@example.com"]:
        assert text.encode() not in content
        for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
            assert digest(text.encode()).digest() not in content
            assert digest(text.encode()).hexdigest().encode() not in content


def test_what_was_not_vouched_for_is_read_again():
    with Cache(KEY, PLAIN, "en") as cache:
        cache.put([("a", Found(None, "a reason"))])
        assert list(cache.get(["a"])) == [None]


def entries(folder: Path, statement: str, *values: object) -> None:
    (file,) = folder.iterdir()
    with sqlite3.connect(file) as store:
        store.execute(statement, values)
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE found SET entry = substr(entry, 1, 16) || CAST('[]' AS BLOB)",
        "UPDATE found SET entry = x''",
        "UPDATE found SET entry = NULL",
        "UPDATE found SET entry = 'text'",
        "UPDATE found SET entry = (SELECT entry FROM found AS other WHERE other.name != found.name)",
        "DROP TABLE found",
    ],
)
def test_a_damaged_or_forged_entry_is_as_good_as_none(read: list[str], folder: Path, statement: str):
    first = mask(TEXTS[:2])
    entries(folder, statement)
    read.clear()
    assert mask(TEXTS[:2]) == first
    assert read


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, None])
def test_a_damaged_file_is_begun_anew(read: list[str], folder: Path, content: bytes | None):
    first = mask(TEXTS)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert mask(TEXTS) == first
    read.clear()
    assert mask(TEXTS) == first
    assert read == []


def test_spans_come_back_as_they_were():
    spans = (Span(3, 9, "PERSON", "rampart", 0.8731), Span(10, 12, "TICKET", "custom", 0.9))
    with Cache(KEY, PLAIN, "en") as cache:
        cache.put([("a", Found(spans)), ("b", Found(()))])
        assert list(cache.get(["b", "a", "c"])) == [Found(()), Found(spans), None]
