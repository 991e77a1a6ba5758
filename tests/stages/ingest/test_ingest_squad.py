"""Questions and answers: SQuAD's layout and tables, their places checked and put right."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import StageError
from stages.tasks.question_answering.columns import part, read

TASK = "question-answering"
SQUAD = {"question": "question", "text": "context", "title": "title", "label": "answers"}
TABLE = {"question": "question", "text": "context", "label": "answer", "start": "start"}
CONTEXT = "The boiler stands in the cellar. The cellar is dry."


def squad(*questions: dict[str, Any], context: Any = CONTEXT, title: str = "The house") -> dict[str, Any]:
    return {"data": [{"title": title, "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def asked(question: str, *answers: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {
        "question": question,
        "answers": [{"text": text, "answer_start": start} for text, start in answers],
        **more,
    }


def written(folder: Path, found: Any, name: str = "data.json") -> str:
    content = json.dumps(found).encode()
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return name


def quoted(record: Any) -> list[str]:
    return [record.text[start:end] for start, end in read(record.label)]


@pytest.mark.parametrize("name", ["data.json", "data.json.gz"])
def test_answers_are_found_where_they_stand(workspace: Path, ingest: Any, name: str):
    source = written(
        workspace,
        squad(
            asked("Where is the boiler?", ("the cellar", 21)),
            asked("What is  dry?", ("the cellar ", 9)),
            asked("Who built it?", is_impossible=True),
        ),
        name,
    )
    counts, records = ingest(source, columns=SQUAD, task=TASK)
    assert (counts.kept, counts.repaired, counts.labels) == (3, 1, 2)
    answers = {part(record.text).question: quoted(record) for record in records}
    assert answers == {
        "Where is the boiler?": ["the cellar"],
        "What is dry?": ["the cellar"],
        "Who built it?": [],
    }
    assert {(part(record.text).title, part(record.text).context) for record in records} == {
        ("The house", CONTEXT)
    }


def test_of_several_places_the_nearest_is_taken(workspace: Path, ingest: Any):
    source = written(workspace, squad(asked("Which room?", ("CELLAR", 36)), asked("Where?", ("cellar", 20))))
    _, records = ingest(source, columns=SQUAD, task=TASK)
    starts = {part(record.text).question: read(record.label)[0][0] for record in records}
    assert {name: start - len(f"{name}\nThe house\n") for name, start in starts.items()} == {
        "Which room?": 37,
        "Where?": 25,
    }


def test_an_answer_that_is_not_in_its_context_is_refused_or_quarantined(workspace: Path, ingest: Any):
    source = written(
        workspace, squad(asked("Where?", ("attic", 3)), asked("What?", ("dry", 47)), {"answers": []}, "odd")
    )
    with pytest.raises(StageError, match="row 1: its answer is not in its context; row 3: its question is m"):
        ingest(source, columns=SQUAD, task=TASK)
    counts, records = ingest(source, columns=SQUAD, task=TASK, on_bad_rows="quarantine")
    assert (counts.bad, counts.kept, quoted(records[0])) == (3, 1, ["dry"])


@pytest.mark.parametrize("context", [None, "", " \n "])
def test_a_question_without_a_context_is_a_bad_row(workspace: Path, ingest: Any, context: Any):
    source = written(workspace, squad(asked("Where?", ("attic", 3)), context=context))
    with pytest.raises(StageError, match="its text is missing"):
        ingest(source, columns=SQUAD, task=TASK)


def test_a_table_of_answers_needs_no_json(workspace: Path, ingest: Any, write_csv: Any):
    rows = [
        ("Where is it?", CONTEXT, "cellar", 25),
        ("How is it?", CONTEXT, "dry", ""),
        ("Who?", CONTEXT, "", ""),
    ]
    write_csv(rows, header=("question", "context", "answer", "start"))
    counts, records = ingest("data.csv", columns=TABLE, task=TASK)
    assert sorted(quoted(record) for record in records) == [[], ["cellar"], ["dry"]]
    assert counts.repaired == 0


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('{"rows": []}', "not in SQuAD's layout"),
        ('{"data": [', "no JSON, or cut"),
        ('[{"text": "x"}]', "not in SQuAD's layout"),
    ],
)
def test_other_json_is_refused_in_one_line(workspace: Path, ingest: Any, content: str, line: str):
    (workspace / "data.json").write_text(content)
    with pytest.raises(StageError, match=line):
        ingest("data.json", columns=SQUAD, task=TASK)


def test_the_handbook_is_a_sample_that_needs_no_package(workspace: Path, ingest: Any):
    counts, records = ingest("sample:handbook", columns=SQUAD, task=TASK)
    assert counts.bad == counts.repaired == 0
    assert counts.kept > 500
    assert all(part(record.text).title for record in records)
