"""Texts with spans as JSON Lines: taken whole, or refused by their number."""

import json
from pathlib import Path
from typing import Any

import pytest

from stages.artifacts import StageError

TASK = "token-classification"
COLUMNS = {"text": "body", "label": "spans"}


def written(folder: Path, rows: list[dict[str, Any]]) -> str:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return "data.jsonl"


def test_spans_are_sealed_in_one_form_and_counted_by_type(workspace: Path, ingest: Any):
    rows = [
        {"body": "收件人陈一一", "spans": [{"start": 3, "end": 6, "type": "PERSON"}]},
        {"body": "今天下雨", "spans": []},
        {"body": "陈一一住北街3号", "spans": [[4, 8, "ADDRESS"], [0, 3, "PERSON"]]},
    ]
    counts, records = ingest(written(workspace, rows), columns=COLUMNS, task=TASK)
    assert (counts.kept, counts.labels, counts.largest_label, counts.smallest_label) == (3, 3, 3, 1)
    assert {record.text: record.label for record in records} == {
        "收件人陈一一": '[[3,6,"PERSON"]]',
        "今天下雨": "[]",
        "陈一一住北街3号": '[[0,3,"PERSON"],[4,8,"ADDRESS"]]',
    }


def test_spans_beyond_their_text_are_a_bad_row_that_is_not_quoted(workspace: Path, ingest: Any):
    rows = [{"body": "陈一一", "spans": [[0, 4, "PERSON"]]}, {"body": "陈一一", "spans": [[0, 3, "PERSON"]]}]
    with pytest.raises(StageError, match=r"1 bad row: row 1 .*its spans must be a list of spans") as error:
        ingest(written(workspace, rows), columns=COLUMNS, task=TASK)
    assert "陈" not in str(error.value)


def test_a_list_is_still_no_class(workspace: Path, ingest: Any):
    with pytest.raises(StageError, match="a cell holds a list"):
        ingest(written(workspace, [{"body": "x", "spans": []}]), columns=COLUMNS)
