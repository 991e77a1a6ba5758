"""Windows, spans, thresholds and scores of answers."""

import json
from pathlib import Path

import numpy as np
import pytest

from stages import tasks
from stages.tasks.question_answering import columns
from stages.tasks.question_answering.decode import best_of, calibrated, span_of, spans_of
from stages.tasks.question_answering.metrics import exact_match, f1, mean_reciprocal_rank, recall_at
from stages.tasks.question_answering.tokens import token_scores
from stages.tasks.question_answering.windows import Windows
from stages.tokenize.vocabulary import learn

TASK = tasks.get("question-answering")
CONTEXT = "".join(f"word{n} stands here. " for n in range(60)).strip()
TOKENIZER = learn([CONTEXT, "what stands where? a title"] * 2, "wordpiece", 300, ("[SEP]",))
COVID = Path("../shared/data/covidqa/200423_covidQA.json")


def row(question: str, answer: str, title: str = "") -> tuple[str, str]:
    text = TASK.joined([question, title, CONTEXT])
    target = TASK.target({"label": json.dumps([{"text": answer, "answer_start": 0}])}, text)
    return text, target


@pytest.mark.parametrize("title", ["", "a title"])
def test_windows_overlap_and_hold_every_token_and_the_answer(title: str):
    asked = columns.part(TASK.joined(["what stands where?", title, CONTEXT]))
    (windows,) = Windows(TOKENIZER, 40)([asked])
    assert all(len(window.ids) <= 40 for window in windows)
    assert {window.ids[0] for window in windows} == {TOKENIZER.token_to_id("[CLS]")}
    assert {window.ids[-1] for window in windows} == {TOKENIZER.token_to_id("[SEP]")}
    covered = {place for window in windows for place in window.places}
    assert covered == set(TOKENIZER.encode(CONTEXT, add_special_tokens=False).offsets)
    first, second = windows[:2]
    assert 0.2 < len(set(first.places) & set(second.places)) / len(first.places) < 0.45
    place = CONTEXT.index("word30")
    holding = [window.tokens((place, place + 6)) for window in windows]
    assert any(holding)
    for window, found in zip(windows, holding, strict=True):
        if found:
            start, end = window.places[found[0] - window.first][0], window.places[found[1] - window.first][1]
            assert CONTEXT[start:end] == "word30"


def test_a_long_question_leaves_room_for_the_context():
    asked = columns.part(TASK.joined(["what " * 500, "a title", CONTEXT]))
    (windows,) = Windows(TOKENIZER, 32)([asked])
    assert all(len(window.ids) - window.first > 10 for window in windows)
    rows = TASK.sequences(TOKENIZER, [TASK.joined(["what " * 500, "", CONTEXT])], ["[]"], [], 32)
    assert set(rows.cut) == {True}


def test_labels_of_windows_point_at_the_answer_or_at_the_start():
    texts, targets = zip(row("what stands where?", "word7 stands"), row("where?", "word55"), strict=True)
    rows = TASK.sequences(TOKENIZER, list(texts), list(targets), TASK.labels(targets), 48)
    assert rows.labels.shape == (len(rows.ids), 4)
    assert rows.rows == rows.labels[:, 2].tolist()
    for ids, (start, end, question, first) in zip(rows.ids, rows.labels, strict=True):
        if start:
            found = [TOKENIZER.id_to_token(one) for one in ids[start : end + 1]]
            assert "".join(found).replace("##", "") == ["word7stands", "word55"][question]
            assert first <= start <= end
    assert {int(label[2]) for label in rows.labels if label[0]} == {0, 1}


def test_the_best_span_lies_in_the_context_and_is_no_longer_than_allowed():
    logits = np.full((100, 2), -5.0)
    logits[1, 0] = logits[2, 1] = 50.0  # in the question
    logits[10, 0], logits[90, 1], logits[12, 1] = 4.0, 9.0, 3.0
    logits[0] = 1.0, 0.5
    assert span_of(logits, 5) == (7.0, 1.5, 10, 12)
    # the most confident window counts, and the least sure one says that there is none
    other = np.zeros((30, 2))
    both = spans_of(np.concatenate([other, logits]), np.array([0, 30, 130]), np.array([5, 5]))
    best = best_of(both)
    assert (best.window, best.start, best.end, best.margin) == (1, 10, 12, 7.0)


def test_the_threshold_parts_what_should_be_answered():
    found = calibrated([5.0, 4.0, 3.0, -1.0, -2.0], [1.0, 0.8, 0.5, 0.0, 0.0], [0, 0, 0, 1, 1])
    assert -1 < found.threshold < 3
    assert found.probability(found.threshold) == pytest.approx(0.5)
    assert found.probability(5) > 0.9 > 0.1 > found.probability(-2)
    assert calibrated([1.0, 2.0], [0, 0], [1, 1]).threshold > 2
    assert calibrated([1.0, 2.0], [1, 1], [0, 0]).threshold < 1


def test_token_scores_take_a_question_over_all_its_windows():
    labels = np.array([[0, 0, 3, 1], [2, 3, 3, 1], [0, 0, 4, 1]])
    ids = [np.array([0, 5, 6, 7, 9]), np.array([0, 5, 7, 8, 9]), np.array([0, 5, 6, 9])]
    spans = np.array([[1.0, 0.0, 1, 2], [4.0, 1.0, 2, 2], [0.0, 2.0, 1, 1]])
    found = token_scores(spans, labels, ids.__getitem__)
    assert found.margins.tolist() == [4.0, -2.0]
    assert found.f1.tolist() == [pytest.approx(2 / 3), 0.0]
    assert found.at(0.0) == {"f1": pytest.approx((2 / 3 + 1) / 2), "exact_match": 0.5}


@pytest.mark.parametrize(
    ("given", "right", "language", "exact", "score"),
    [
        ("The big cat", ["a big cat!"], "en", 1.0, 1.0),
        ("big black cat", ["a dog", "the black cat"], "en", 0.0, 0.8),
        ("", [], "en", 1.0, 1.0),
        ("a cat", [], "en", 0.0, 0.0),
        ("北京大学。", ["北京大学"], "zh", 1.0, 1.0),
        ("《北京大学》", ["北京大学"], "zh", 1.0, 1.0),
        # the longest common run counts, not the bag
        ("大北学京", ["北京大学"], "zh", 0.0, 0.25),
        ("于1998年", ["1998年"], "zh", 0.0, 0.8),
    ],
)
def test_scores_are_those_of_squad_and_cmrc(
    given: str, right: list[str], language: str, exact: float, score: float
):
    assert exact_match(given, right, language) == exact
    assert f1(given, right, language) == pytest.approx(score)


def test_ranks_become_recall_and_mrr():
    assert recall_at([1, 5, 6, None], 5) == 0.5
    assert mean_reciprocal_rank([1, 2, None, 4]) == pytest.approx((1 + 0.5 + 0.25) / 4)


def test_answers_survive_masking_and_follow_their_text():
    before = TASK.joined(["Who wrote to Anna Smith?", "", "It was Bob Jones, on Monday."])
    after = before.replace("Anna Smith", "[PERSON]").replace("Bob Jones", "[PERSON]")
    target = columns.written([(before.index("Bob"), before.index(", on"))])
    ((start, end),) = columns.read(TASK.moved(target, before, after))
    assert after[start:end] == "[PERSON]"
    assert start > columns.part(after).start
    assert TASK.fate(target, before, columns.written([(start, end)]), after) == "rewritten"
    assert TASK.fate(target, before, target, before) == "kept"
    assert TASK.fate(target, before, "[]", after) == "removed"


def test_contexts_or_questions_stay_apart():
    text = TASK.joined(["Why?", "A title", "Because."])
    assert TASK.anchored(text, "context") == "Because."
    assert TASK.anchored(text, "question") == "Why?"
    other = TASK.joined(["Why?", "A title", "Nobody knows."])
    assert TASK.compared(text) != TASK.compared(other)


@pytest.mark.skipif(not COVID.exists(), reason="../shared/data/covidqa is not here")
def test_every_wrong_place_of_covid_qa_is_put_right():
    wrong = 0
    for article in json.loads(COVID.read_text())["data"]:
        for paragraph in article["paragraphs"]:
            context = paragraph["context"]
            for question in paragraph["qas"]:
                answers = columns.answers_of({"label": question["answers"]})
                spans = columns.placed(answers, context)
                (start, end), (answer,) = spans[0], answers
                assert context[start:end] == answer.text.strip()
                wrong += answer.start is not None and not context.startswith(answer.text, answer.start)
    assert wrong == 234
