"""The n-gram model is a distribution, and follows the formula where it can be worked out by hand."""

import numpy as np
import pytest

from stages.evaluate.judges.language import baseline_bits
from stages.evaluate.kneser_ney import KneserNey

WORDS = np.random.default_rng(0).integers(0, 5, 400)


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("context", [[0, 1, 2, 3], [], [4, 4, 4, 4], [6, 6, 6]])
def test_the_chances_of_all_next_tokens_sum_to_one(order: int, context: list[int]) -> None:
    model = KneserNey(WORDS, 7, order, 5)
    chances = [2 ** model.log2(np.array([*context, token]))[-1] for token in range(7)]
    assert sum(chances) == pytest.approx(1)
    assert min(chances) > 0


def test_a_unigram_model_discounts_and_spreads() -> None:
    # counts 1, 2, 3 and 4, one token each: all discounts come from n1 = n2 = n3 = n4 = 1
    stream = np.array([0, 1, 1, 2, 2, 2, 3, 3, 3, 3])
    share = 1 / 3
    taken = [1 - 2 * share, 2 - 3 * share, 3 - 4 * share, 3 - 4 * share]
    chances = 2 ** KneserNey(stream, 5, 1, 4).log2(np.arange(5))
    wanted = [
        (count - off) / 10 + sum(taken) / 10 / 5 for count, off in zip((1, 2, 3, 4), taken, strict=True)
    ]
    assert chances[:4] == pytest.approx(wanted)
    assert chances[4] == pytest.approx(sum(taken) / 10 / 5)


def test_a_token_that_follows_few_others_is_unlikely_elsewhere() -> None:
    # 9 is frequent, but only after 8: Kneser-Ney counts what stands before it, not how often it occurs
    stream = np.array([8, 9] * 60 + np.random.default_rng(0).integers(1, 7, 300).tolist())
    model = KneserNey(stream, 10, 2, 0)
    after_unseen = {token: model.log2(np.array([7, token]))[-1] for token in (2, 9)}
    assert after_unseen[2] > after_unseen[9]


def test_longer_runs_tell_more_of_a_text_with_an_order() -> None:
    text = "the cat sat on the mat. the dog sat on the log. " * 20
    bits = baseline_bits([text], ["the cat sat on the log. "], "en")
    assert bits < 1
    assert baseline_bits([text], ["你好"], "en") > 8
