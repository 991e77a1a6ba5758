"""Questions made of a context's own sentences."""

import pandas as pd
import pytest

from stages.augment.questions import composed
from stages.tasks.question_answering.columns import join, part, read, written

ENGLISH = (
    "The boiler of the house stands in the dry cellar. It burns wooden pellets from the forest. "
    "A slate roof keeps the attic warm in winter. Two cats sleep on the stone stairs. "
    "Behind the garden wall grows an old apple tree."
)
CHINESE = (
    "锅炉放在房子的地下室里面。每年冬天需要燃烧三吨木质颗粒。屋顶使用深灰色石板覆盖。"
    "花园后面长着一棵老苹果树。两只猫睡在石头台阶上面。"
)


def table(context: str, question: str, answer: str) -> pd.DataFrame:
    text = join(question, "A house", context)
    start = text.index(answer, part(text).start)
    rows = [
        {"row_id": "1", "subject": None, "text": text, "label": written([(start, start + len(answer))])},
        {"row_id": "2", "subject": None, "text": join("Who?", "A house", context), "label": "[]"},
    ]
    return pd.DataFrame(rows, dtype="str")


@pytest.mark.parametrize(
    ("context", "question", "answer"),
    [(ENGLISH, "What does it burn?", "wooden pellets"), (CHINESE, "需要多少颗粒？", "三吨")],
)
def test_made_questions_are_answered_by_their_shortened_contexts(context: str, question: str, answer: str):
    train = table(context, question, answer)
    found = composed(train, 12, 7, frozenset())
    assert found[~found["augmented"]].drop(columns="augmented").equals(train)
    made = found[found["augmented"]]
    assert len(made) >= 8
    answers = set()
    for text, label, row_id in zip(made["text"], made["label"], made["row_id"], strict=True):
        asked = part(text)
        assert asked.context in context
        assert asked.title == "A house"
        for start, end in read(label):
            assert start >= asked.start
            assert text[start:end].strip() == text[start:end] != ""
            answers.add(text[start:end])
            if not row_id.endswith("+0"):
                assert text[start:end] not in asked.question
    assert len(answers) > 3
    # the real question is asked once more, of less
    again = made[made["row_id"] == "1+0"].iloc[0]
    assert part(again["text"]).question == question
    ((start, end),) = read(again["label"])
    assert again["text"][start:end] == answer


def test_the_same_texts_give_the_same_questions_and_none_of_another_split():
    train = table(ENGLISH, "What does it burn?", "wooden pellets")
    once = composed(train, 5, 7, frozenset())
    assert once.equals(composed(train, 5, 7, frozenset()))
    taken = once[once["augmented"]]["text"].iloc[-1]
    assert taken not in set(composed(train, 5, 7, frozenset([taken]))["text"])
    assert len(composed(train, 0, 7, frozenset())) <= 4
