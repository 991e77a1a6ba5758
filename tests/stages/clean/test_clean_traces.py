"""What masking took out is kept as keyed hashes only."""

from pathlib import Path

import pytest

from stages.artifacts import StageError
from stages.clean.masking import Masked, Span
from stages.clean.traces import Traces, mark, read_marks, telling, words_of

SECRET, OTHER = bytes(range(64)), bytes(64)


def masked(text: str, *values: str) -> Masked:
    spans = tuple(
        Span(text.index(value), text.index(value) + len(value), "PERSON", "x", 1.0) for value in values
    )
    return Masked("[PERSON]", {"PERSON": len(values)}, spans=spans)


def test_a_value_is_its_words_whatever_stands_between_them() -> None:
    assert words_of("+1 (415) 555-0123") == words_of("１ 415.555.0123") == ["1", "415", "555", "0123"]
    assert words_of("我叫欧阳娜娜，a_B") == ["我", "叫", "欧", "阳", "娜", "娜", "a", "b"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Amara Okafor", True),
        ("amara.okafor@example.com", True),
        ("415-555-0123", True),
        ("4155550123", True),
        ("欧阳娜娜", True),
        ("May", False),
        ("Karen", False),
        ("42", False),
        ("3.14", False),
        ("王伟", False),
        ("", False),
    ],
)
def test_only_what_tells_of_somebody_by_itself_is_a_trace(value: str, expected: bool) -> None:
    assert telling(tuple(words_of(value))) is expected


def test_the_file_holds_keyed_hashes_and_no_value(tmp_path: Path) -> None:
    traces = Traces()
    traces.add("Mail Amara Okafor or Karen", masked("Mail Amara Okafor or Karen", "Amara Okafor", "Karen"))
    traces.add("never let this sentence out again", Masked(None, reason="a reason"))
    path = tmp_path / "values.bin"
    traces.write(path, SECRET)
    assert len(traces) == 2
    assert path.stat().st_size == 3 * 17
    assert b"Okafor" not in path.read_bytes()
    marks = read_marks(path, SECRET)
    assert marks[2] == {mark(SECRET, ("amara", "okafor"))}
    assert marks[6] == {mark(SECRET, ("never", "let", "this", "sentence", "out", "again"))}
    assert mark(OTHER, ("amara", "okafor")) not in marks[2]
    with pytest.raises(StageError, match="another vault"):
        read_marks(path, OTHER)


def test_equal_traces_give_equal_bytes_in_no_order_of_the_rows(tmp_path: Path) -> None:
    for name, values in (
        ("one", ["Amara Okafor", "Mateo Garcia"]),
        ("two", ["Mateo Garcia", "Amara Okafor"]),
    ):
        traces = Traces()
        traces.add_values(values)
        traces.write(tmp_path / name, SECRET)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_long_value_is_known_by_each_run_of_its_words() -> None:
    traces = Traces()
    traces.add_values(["12 Example Road Flat 3 Example Town North Shire AB1 2CD"])
    assert len(traces) == 12 - 8


def test_a_file_cut_short_or_missing_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="not found; run `dvc repro clean`"):
        read_marks(tmp_path / "values.bin", SECRET)
    (tmp_path / "values.bin").write_bytes(b"short")
    with pytest.raises(StageError, match="cut short"):
        read_marks(tmp_path / "values.bin", SECRET)


def test_a_short_quarantined_text_is_a_trace_as_a_whole() -> None:
    traces = Traces()
    traces.add("ring 4155550123 tonight", Masked(None, reason="a reason"))
    assert len(traces) == 1
