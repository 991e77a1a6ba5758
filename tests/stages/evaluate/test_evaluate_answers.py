"""The search for passages, the reading of them, and what is said of both."""

import numpy as np
import pytest

from stages import tasks
from stages.evaluate.answers import Reader, Reading, judged
from stages.evaluate.judges.spans import Questions, open_scores, retrieval_scores
from stages.evaluate.retrieval import Passage, Retriever, passages_of
from stages.evaluate.retrieval.bm25 import Bm25, terms
from stages.evaluate.retrieval.retriever import fused, rank_of
from stages.evaluate.sentences import first_sentence
from stages.tasks.question_answering.columns import Asked
from stages.tasks.question_answering.decode import Calibration
from stages.tokenize.vocabulary import learn

TEXTS = {
    "Heating": "The boiler stands in the cellar. It burns pellets.",
    "Roof": "The roof is made of slate. Slates last for a century.",
    "Garden": "Apples grow in the garden behind the house.",
}
PASSAGES = [Passage(str(number), title, text) for number, (title, text) in enumerate(TEXTS.items())]
TOKENIZER = learn(
    [f"{title} {text} where what" for title, text in TEXTS.items()] * 2, "wordpiece", 200, ["[SEP]"]
)


def test_words_are_found_in_either_number_and_in_titles():
    index = Bm25([one.whole for one in PASSAGES])
    assert index.scores("How long does a slate last?").argmax() == 1
    assert index.scores("heatings").argmax() == 0
    assert index.scores("Why?").tolist() == [0, 0, 0]


def test_rare_words_weigh_more_and_long_passages_less():
    index = Bm25(["boiler roof roof", "roof roof roof", "boiler roof " + "filler " * 30])
    scores = index.scores("roof boiler")
    assert scores[0] > scores[2] > scores[1]


def test_chinese_is_found_by_pairs_of_characters():
    assert terms("锅炉在Room 3") == ["锅", "炉", "在", "锅炉", "炉在", "room", "3"]
    assert terms("What is it?") == ["what", "is", "it"]
    index = Bm25(["锅炉在地下室。", "炉子旁边有锅。"])
    assert index.scores("锅炉在哪里？").argmax() == 0


def test_orders_are_joined_by_their_ranks():
    assert fused([[3, 1, 2], [1, 3]])[:2] == [3, 1] or fused([[3, 1, 2], [1, 3]])[:2] == [1, 3]
    assert fused([[2, 1], [1, 0]])[0] == 1
    assert fused([[5, 4], []]) == [5, 4]
    assert rank_of(4, [5, 4]) == 2
    assert rank_of(9, [5, 4]) is None


def test_meaning_finds_what_words_do_not():
    # of each passage the whole and two sentences, of the last one: what is nearest of them counts
    vectors = np.zeros((8, 3), dtype=np.float32)
    vectors[0, 0] = vectors[3, 1] = vectors[7, 2] = 1

    def embed(texts):
        return np.array([[0.1, 0.2, 0.9] for _ in texts], dtype=np.float32)

    retriever = Retriever(PASSAGES, embed, vectors)  # type: ignore[arg-type]
    assert retriever.by_words("fruit trees") == []
    assert retriever.search("fruit trees")[0] == 2


def test_a_corpus_holds_each_context_once_in_an_order_of_its_own():
    asked = [Asked(question, "t", text, 0) for question in ("a?", "b?") for text in TEXTS.values()]
    found = passages_of(asked)
    assert len(found) == 3
    assert [one.id for one in found] == sorted(one.id for one in passages_of(reversed(asked)))


def pointing(word: str):
    """A reader's network that points at one word, and is the surer the more windows hold it."""
    wanted = TOKENIZER.encode(word, add_special_tokens=False).ids

    def logits(windows):
        found = []
        for ids in windows:
            one = np.zeros((len(ids), 2))
            for at in range(len(ids) - len(wanted)):
                if ids[at : at + len(wanted)] == wanted:
                    one[at, 0], one[at + len(wanted) - 1, 1] = 5.0, 5.0
            found.append(one)
        return found

    return logits


def test_a_reader_gives_the_words_and_where_they_stand():
    reader = Reader(pointing("pellets"), TOKENIZER, 32)
    (reading,) = reader.read([Asked("What does it burn?", "Heating", TEXTS["Heating"], 0)])
    assert reading.text == "pellets"
    assert TEXTS["Heating"][reading.start : reading.end] == "pellets"
    assert reading.margin == 10.0
    found = reader.find("What does the boiler burn? Is it slate?", Retriever(PASSAGES))
    assert found is not None
    assert (found.passage.title, found.reading.text) == ("Heating", "pellets")
    assert reader.find("???", Retriever(PASSAGES)) is None


def test_silence_is_right_where_there_is_no_answer():
    readings = [Reading("the slate", 0, 9, 3.0), Reading("wood", 0, 4, -2.0), Reading("tin", 0, 3, 2.0)]
    scores = judged(readings, [["slate"], [], []], "en")
    assert scores.at(0.0) == {
        "f1": pytest.approx(2 / 3),
        "exact_match": pytest.approx(2 / 3),
        "answerable_f1": 1.0,
        "no_answer_accuracy": 0.5,
    }
    assert scores.at(2.5)["f1"] == 1.0
    assert 2.0 < scores.calibrated().threshold < 3.0


def test_search_and_reading_are_scored_apart_and_together():
    asked = [
        Asked("What does the boiler burn?", "Heating", TEXTS["Heating"], 0),
        Asked("Who sold apples?", "Garden", TEXTS["Garden"], 0),
    ]
    questions = Questions(asked, [["pellets"], []])
    scores = retrieval_scores(Retriever(passages_of(asked)), questions)
    assert scores["words"] == {"recall_at_1": 1.0, "recall_at_5": 1.0, "recall_at_10": 1.0, "mrr": 1.0}
    assert "meaning" not in scores
    reader = Reader(pointing("pellets"), TOKENIZER, 32)
    found = open_scores(reader, Retriever(PASSAGES), questions, Calibration(1.0, 1.0), "en")
    assert found["answerable_f1"] == 1.0
    assert found["no_answer_accuracy"] == 1.0
    assert found["baseline"]["f1"] < 0.5


def test_first_sentences():
    assert first_sentence("It is params.yaml. Then more.") == "It is params.yaml."
    assert first_sentence("第一句。第二句。") == "第一句。"
    assert first_sentence("no end") == "no end"


def test_the_task_is_judged_by_its_family():
    from stages.evaluate.judges import _JUDGES

    assert tasks.get("question-answering").family in _JUDGES
