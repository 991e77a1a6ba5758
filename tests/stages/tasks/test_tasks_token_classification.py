"""Spans as targets: what they may be, how they survive cleaning, what becomes of them beside tokens."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages import tasks
from stages.tasks.moving import Moving
from stages.tasks.token_classification import spans_of

TASK = tasks.get("token-classification")
LABELS = ["O", "B-ADDRESS", "I-ADDRESS", "B-PERSON", "I-PERSON"]


def test_spans_are_taken_as_objects_lists_or_json_in_any_order():
    objects = [{"start": 5, "end": 7, "type": "ADDRESS"}, {"start": 0, "end": 3, "label": "PERSON"}]
    wanted = '[[0,3,"PERSON"],[5,7,"ADDRESS"]]'
    assert TASK.target({"label": objects}, "王小明住在广州") == wanted
    assert TASK.target({"label": json.dumps(objects)}, "王小明住在广州") == wanted
    assert TASK.target({"label": [[0, 3, "PERSON"]]}, "王小明住") == '[[0,3,"PERSON"]]'
    assert TASK.target({"label": []}, "无") == "[]"
    assert TASK.target({"label": None}, "无") is None


@pytest.mark.parametrize(
    "cell",
    [
        "PERSON",
        "[[0, 1]",
        {"start": 0, "end": 1, "type": "PERSON"},
        [[0, 0, "PERSON"]],
        [[-1, 2, "PERSON"]],
        [[0, 9, "PERSON"]],
        [[0, 2, "PERSON"], [1, 3, "PERSON"]],
        [[0, 2, "the person"]],
        [[True, 2, "PERSON"]],
        [[0, 2]],
        "[" * 100_000,
    ],
)
def test_what_is_no_list_of_spans_is_refused_without_quoting_it(cell: object):
    with pytest.raises(ValueError, match="its spans must be a list of spans") as error:
        TASK.target({"label": cell}, "王小明")
    assert "the person" not in str(error.value)


def test_a_row_counts_under_its_types_and_as_outside():
    assert TASK.classes("[]") == ["O"]
    assert TASK.classes('[[0,2,"PERSON"],[3,4,"PERSON"],[5,6,"ADDRESS"]]') == ["O", "ADDRESS", "PERSON"]
    assert TASK.labels(["[]", '[[0,2,"PERSON"]]', '[[0,2,"ADDRESS"]]']) == LABELS


def test_spans_move_with_what_masking_writes_before_them():
    before = "电话13800138000，王小明收"
    after = "电话[PHONE]，王小明收"
    start = before.index("王")
    moved = TASK.moved(f'[[{start},{start + 3},"PERSON"]]', before, after)
    ((first, last, kind),) = json.loads(moved)
    assert (after[first:last], kind) == ("王小明", "PERSON")


def test_a_masked_span_stands_on_the_token_that_was_written():
    before, after = "收件人：王小明，谢谢", "收件人：[PERSON]，谢谢"
    ((first, last, _),) = json.loads(TASK.moved('[[4,7,"PERSON"]]', before, after))
    assert after[first:last] == "[PERSON]"


def test_a_span_of_which_nothing_is_left_is_dropped():
    assert TASK.moved('[[2,3,"PERSON"]]', "好的 ", "好的") == "[]"


@given(st.text("王李明住在A1 ，", min_size=1, max_size=30), st.data())
def test_moved_spans_stay_within_the_text_apart_and_in_order(text: str, data: st.DataObject):
    after = data.draw(st.text("王李明住在A1 ，[PERSON]", max_size=30))
    start = data.draw(st.integers(0, len(text) - 1))
    spans = [[start, len(text), "PERSON"]] if start == 0 else [[0, start, "PERSON"], [start, len(text), "X"]]
    moved = json.loads(TASK.moved(json.dumps(spans), text, after))
    places = [place for first, last, _ in moved for place in (first, last)]
    assert places == sorted(places)
    assert all(first < last <= len(after) for first, last, _ in moved)
    assert Moving(text, text)(start, len(text)) == (start, len(text))


def test_tokens_get_the_class_of_the_span_they_touch():
    # the start token is nowhere; the second token of the name is half within the span
    places = [(0, 0), (0, 1), (1, 3), (3, 4), (4, 5), (5, 6)]
    found = TASK.encode(['[[0,2,"PERSON"],[4,5,"PERSON"],[5,6,"PERSON"]]'], LABELS, [places])
    assert [LABELS[tag] for tag in found] == ["O", "B-PERSON", "I-PERSON", "O", "B-PERSON", "B-PERSON"]
    with pytest.raises(ValueError, match="1 rows have a span of a type"):
        TASK.encode(['[[0,2,"PERSON"]]'], ["O"], [places])


def test_tags_become_spans_even_where_the_beginning_is_missing():
    tags = np.array(
        [LABELS.index(name) for name in ["O", "I-PERSON", "I-PERSON", "B-PERSON", "I-ADDRESS", "O"]]
    )
    assert spans_of(tags, LABELS) == [(1, 3, "PERSON"), (3, 4, "PERSON"), (4, 5, "ADDRESS")]
    assert spans_of(np.zeros(3, dtype=int), LABELS) == []
    assert spans_of(np.array([0, 4]), LABELS) == [(1, 2, "PERSON")]


def test_only_whole_spans_count():
    truth = np.array([0, 3, 4, 0, 3, 4, 0, 1])
    guess = np.array([0, 3, 4, 0, 3, 0, 0, 0])
    found = TASK.metrics(truth, np.eye(5)[guess], LABELS)
    assert (found["precision"], found["recall"]) == (0.5, pytest.approx(1 / 3))
    assert found["f1"] == pytest.approx(0.4)
    assert found["per_class"]["ADDRESS"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "spans": 1}
    assert found["accuracy"] == 6 / 8


def test_the_answer_says_where_spans_stand_and_quotes_nothing():
    probabilities = np.eye(5)[[0, 3, 4, 0]] * 0.8 + 0.04
    answer = TASK.answer(probabilities, LABELS, [(0, 0), (2, 3), (3, 4), (4, 5)])
    assert answer == {"spans": [{"start": 2, "end": 4, "type": "PERSON", "score": pytest.approx(0.84)}]}
