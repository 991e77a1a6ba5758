"""`retort mask` as it is run: by its command line, on files and streams."""

import csv
import io
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.command import app
from stages.clean.masking.rules import RuleSet
from stages.params import Params
from stages.params.clean import Clean, Masking
from stages.params.render import render

ROOT = Path(__file__).parents[2]
PLAIN = {"tagger": "none"}


def retort(*arguments: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["mask", *arguments], input=given)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path.with_name(f"{tmp_path.name}.keys") / "key"))
    monkeypatch.delenv("RETORT_KEY", raising=False)
    use()
    return tmp_path


def use(**masking: object) -> None:
    params = Params(clean=Clean(masking=Masking.model_validate({**PLAIN, **masking}), scheduler="local"))
    Path("params.yaml").write_text(render(params), encoding="utf-8")


def failed(result: Result, text: str) -> bool:
    lines = result.stderr.splitlines()
    return result.exit_code == 1 and len(lines) == 1 and lines[0].startswith("error: ") and text in lines[0]


def test_a_text_a_line():
    result = retort("-", "-", given="Mail bob@example.com\n\n手机13812345678\r\nlast bob@example.com")
    assert result.exit_code == 0
    assert result.stdout_bytes.decode() == "Mail [EMAIL]\n\n手机[PHONE]\r\nlast [EMAIL]\n"
    assert result.stderr == "4 texts, 3 values masked\n"


def test_csv_keeps_what_stands_beside_the_column():
    Path("in.csv").write_text('\ufeffid,said\n7,"call\n415-555-2671, ""now"""\n8,nothing\n', encoding="utf-8")
    assert retort("in.csv", "out.csv", "--column", "said").exit_code == 0
    rows = list(csv.reader(io.StringIO(Path("out.csv").read_text(encoding="utf-8"))))
    assert rows == [["id", "said"], ["7", 'call\n[PHONE], "now"'], ["8", "nothing"]]


def test_csv_without_rows_keeps_its_header():
    assert retort("-", "-", "--format", "csv", given="id,text\n").stdout == "id,text\n"


def test_json_lines_keep_their_other_fields():
    given = '{"text": "to bob@example.com", "id": [1]}\n\n{"text": "好", "odd": "\\ud800"}\n'
    result = retort("-", "-", "--format", "jsonl", given=given)
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"text": "to [EMAIL]", "id": [1]},
        {"text": "好", "odd": "\ud800"},
    ]


def test_half_a_character_in_json_is_replaced_and_moves_no_span():
    given = '{"text": "a \\ud83d bob@example.com"}\n'
    masked = retort("-", "-", "--format", "jsonl", given=given)
    assert json.loads(masked.stdout) == {"text": "a \ufffd [EMAIL]"}
    (span,) = json.loads(retort("-", "-", "--format", "jsonl", "--spans", given=given).stdout)["spans"]
    assert (span["start"], span["end"]) == (4, 19)


def test_spans_hold_places_and_never_a_value():
    text = "ｂｏｂ: write to bob@example.com"
    result = retort("-", "-", "--spans", given=f"{text}\nnothing\n")
    first, second = map(json.loads, result.stdout.splitlines())
    (span,) = first["spans"]
    assert set(span) == {"start", "end", "type", "detector", "score"}
    assert text[span["start"] : span["end"]] == "bob@example.com"
    assert second == {"row": 2, "spans": []}
    assert "bob@" not in result.output


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (["nowhere.txt", "-"], "", "nowhere.txt: cannot be read"),
        (["-", "-", "--format", "xml"], "", "--format: 'xml' is none; choose one of text, csv, jsonl"),
        (["-", "-", "--format", "csv"], "a,b\n1,2\n", "--column: the header has 0 columns 'text'"),
        (
            ["-", "-", "--format", "csv"],
            "text,b\n1,2\nbob@x.example\n",
            "row 2 has 1 cells; the header has 2",
        ),
        (["-", "-", "--format", "jsonl"], '{"text": "a"}\n{"text": bob}\n', "row 2 is not JSON"),
        (["-", "-", "--format", "jsonl"], '{"text": 3}\n', "row 1 has no field `text`"),
        (["-", "out.txt"], b"a\nb \xff\n", "line 2: not UTF-8"),
    ],
)
def test_input_that_cannot_be_read_is_one_line_and_no_file(arguments: list[str], given: str, says: str):
    result = retort(*arguments, given=given)
    assert failed(result, says)
    assert "bob" not in result.output
    assert not Path("out.txt").exists()


def test_a_text_that_cannot_be_vouched_for_is_named_and_not_written(monkeypatch: pytest.MonkeyPatch):
    find = RuleSet.find

    def failing(self: RuleSet, text: str) -> object:
        if "poison" in text:
            raise ValueError(text)
        return find(self, text)

    monkeypatch.setattr(RuleSet, "find", failing)
    Path("in.txt").write_text("bob@example.com\npoison one\nfine\npoison two\n")
    assert failed(retort("in.txt", "out.txt"), "in.txt: cannot be vouched for and left empty: row 2, 4 (")
    assert Path("out.txt").read_text() == "[EMAIL]\n\nfine\n\n"
    result = retort("in.txt", "-", "--spans")
    assert result.exit_code == 1
    assert json.loads(result.stdout.splitlines()[1]) == {"row": 2, "spans": None}


def test_an_identifier_that_the_second_scan_finds_is_not_written(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(RuleSet, "find", lambda self, text: [])
    assert failed(retort("-", "out.txt", given="card 4111 1111 1111 1111\n"), "row 1 (an identifier is left")
    assert Path("out.txt").read_text() == "\n"


def test_pseudonyms_are_the_same_in_every_run_and_masking_again_changes_nothing(project: Path):
    use(style="pseudonyms")
    texts = "My name is Ann Miller.\nBOB@example.com wrote\nto bob@example.com\n"
    result = retort("-", "-", given=texts)
    assert "keep a copy" in result.stderr
    first = result.stdout
    marks = [line.split("[")[1].split("]")[0] for line in first.splitlines()]
    assert marks[0].startswith("PERSON_") and marks[1] == marks[2] != marks[0]
    assert stat.S_IMODE((project.with_name(f"{project.name}.keys") / "key").stat().st_mode) == 0o600
    assert retort("-", "-", given=texts).stdout == first
    assert retort("-", "-", given=first).stdout == first


def test_own_types_and_allowed_values_of_params():
    use(
        custom=[{"name": "STAFF_NUMBER", "pattern": "E-[0-9]{4}", "context": ["staff"]}],
        allow=["help@example.com"],
    )
    given = "staff E-1234 wrote to HELP@example.com, not to xhelp@example.com\n"
    result = retort("-", "-", given=given)
    assert result.stdout == "staff [STAFF_NUMBER] wrote to HELP@example.com, not to [EMAIL]\n"
    assert retort("-", "-", given=result.stdout).stdout == result.stdout


def test_without_params_the_defaults_hold_and_a_mistake_in_them_is_one_line(project: Path):
    Path("params.yaml").write_text("clean: 3\n")
    assert failed(retort("-", "-", given="a\n"), "params.yaml")
    Path("params.yaml").unlink()
    result = retort("-", "-", given="I met Jennifer Kowalski at the airport. My card: 4111 1111 1111 1111\n")
    assert result.stdout == "I met [PERSON] at the airport. My card: [CARD]\n"


def test_a_kill_leaves_the_old_file(project: Path):
    Path("out.txt").write_text("old\n")
    command = [sys.executable, "-m", "flows.command", "mask", "-", "out.txt"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        process.stdin.write(b"bob@example.com\n" * 20000)
        process.stdin.flush()
        process.send_signal(signal.SIGKILL)
    assert Path("out.txt").read_text() == "old\n"
