"""A text file becomes passages in its order, of which nothing is lost."""

from pathlib import Path

import pytest

from stages.artifacts import StageError
from stages.ingest.sources import tables
from stages.ingest.sources.plain import LONGEST
from stages.params.ingest import Ingest

WANTED = {"text": "ingest.columns.text", "document": "ingest.columns.subject", "passage": "ingest.filter"}


def rows(path: Path) -> list[tuple[str, str, int]]:
    (table,) = tables(Ingest(source=str(path)))
    return [(row.cells["text"], row.cells["document"], row.cells["passage"]) for row in table.read(WANTED)]


def test_whole_paragraphs_make_passages_in_their_order(tmp_path: Path) -> None:
    paragraphs = [f"{number} " + "word " * 150 + "end." for number in range(9)]
    path = tmp_path / "play.txt"
    path.write_text("\n\n\n".join(paragraphs) + "\n", encoding="utf-8")
    found = rows(path)
    assert [passage for *_, passage in found] == list(range(1, len(found) + 1))
    assert {document for _, document, _ in found} == {"play"}
    assert all(len(text) <= LONGEST for text, *_ in found)
    assert "\n\n".join(text for text, *_ in found) == "\n\n".join(paragraphs)


def test_a_long_paragraph_is_cut_between_lines_or_words(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("alpha beta " * 500, encoding="utf-8")
    found = [text for text, *_ in rows(path)]
    assert len(found) > 2
    assert all(len(text) <= LONGEST for text in found)
    assert " ".join(found).split() == ["alpha", "beta"] * 500
    path.write_text("x" * (2 * LONGEST + 5), encoding="utf-8")
    assert [len(text) for text, *_ in rows(path)] == [LONGEST, LONGEST, 5]


def test_line_ends_of_any_system_part_lines(tmp_path: Path) -> None:
    path = tmp_path / "dos.txt"
    path.write_bytes(b"one\r\ntwo\r\n\r\nthree\r\n")
    assert [text for text, *_ in rows(path)] == ["one\ntwo\n\nthree"]


def test_an_unknown_column_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text", encoding="utf-8")
    (table,) = tables(Ingest(source=str(path)))
    with pytest.raises(StageError, match="no column 'label'"):
        list(table.read({"label": "ingest.columns.label"}))
