import random

import pytest

from stages.augment.methods import Pieces, altered

METHODS = ("swap", "drop", "insert", "noise")
ENGLISH = "call [PERSON] at [PHONE] tomorrow about the late delivery, please"
CHINESE = "请在明天联系[PERSON]，电话是[PHONE]，谢谢大家"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_a_copy_differs_and_keeps_every_mask_token(method: str, text: str):
    for seed in range(30):
        copy = altered(text, method, 0.3, random.Random(seed))
        assert copy != text or method == "swap"
        assert copy.count("[PERSON]") == copy.count("[PHONE]") == 1
        assert copy.count("[") == 2


@pytest.mark.parametrize("method", METHODS)
def test_a_token_with_a_pseudonym_is_kept_too(method: str):
    text = ENGLISH.replace("[PERSON]", "[PERSON_7f3a2c91]")
    for seed in range(30):
        assert altered(text, method, 0.3, random.Random(seed)).count("[PERSON_7f3a2c91]") == 1


def test_swapping_and_inserting_lose_no_word():
    for seed in range(20):
        assert sorted(altered(ENGLISH, "swap", 0.2, random.Random(seed)).split()) == sorted(ENGLISH.split())
        assert set(altered(ENGLISH, "insert", 0.2, random.Random(seed)).split()) == set(ENGLISH.split())


def test_dropping_takes_the_share_asked_for():
    text = " ".join(f"word{n}" for n in range(40))
    assert len(altered(text, "drop", 0.25, random.Random(0)).split()) == 30


def test_chinese_works_by_character():
    copy = altered(CHINESE, "drop", 0.01, random.Random(0))
    assert len(copy) == len(CHINESE) - 1
    assert len(Pieces.of("早上好 ok").words) == 4


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", ["", "word", "[EMAIL]", "好", "[EMAIL] [PHONE]"])
def test_what_is_too_short_to_change_stays(method: str, text: str):
    assert altered(text, method, 0.5, random.Random(0)) == text


def test_pieces_give_the_text_back():
    for text in (ENGLISH, CHINESE, " a\n b [not a token] [X] ", "[[EMAIL]]"):
        assert "".join(Pieces.of(text).pieces) == text
