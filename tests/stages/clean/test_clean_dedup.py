import random

import pytest

from stages.clean.dedup import exact_duplicates, fold, near_duplicates


def jaccard(left: str, right: str) -> float:
    one, other = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (fold(left), fold(right)))
    return len(one & other) / len(one | other)


def slow_near_duplicates(texts: list[str], threshold: float) -> list[bool]:
    kept: list[str] = []
    flags = []
    for text in texts:
        like = any(jaccard(text, other) >= threshold for other in kept)
        flags.append(like)
        if not like:
            kept.append(text)
    return flags


@pytest.mark.parametrize("alphabet", ["abcde fghij", "天地玄黄宇宙洪荒日月"])
@pytest.mark.parametrize("threshold", [0.6, 0.85])
def test_near_duplicates_are_those_that_comparing_every_pair_finds(alphabet: str, threshold: float):
    rng = random.Random(3)
    texts = []
    for _ in range(60):
        text = "".join(rng.choices(alphabet, k=rng.randint(20, 120)))
        texts.append(text)
        for _ in range(rng.randint(0, 3)):
            cut = rng.randrange(len(text))
            texts.append(
                text[:cut] + rng.choice(alphabet) * rng.randint(0, 4) + text[cut + rng.randint(0, 6) :]
            )
    rng.shuffle(texts)
    found = [match is not None for match in near_duplicates(texts, threshold)]
    assert found == slow_near_duplicates(texts, threshold)
    assert any(found) and not all(found)


def test_a_match_names_the_earlier_row_that_is_kept():
    texts = [
        "the first sentence of the story",
        "another thing altogether",
        "the first sentence of the story!",
    ]
    assert near_duplicates(texts, 0.8) == [None, None, 0]


def test_short_and_empty_texts_are_compared_too():
    assert near_duplicates(["ok", "no", "ok", "", ""], 0.85) == [None, None, 0, None, 3]


def test_case_space_and_the_masked_value_make_no_difference():
    keep, undecided = exact_duplicates(["Hi  [EMAIL]\n there", "hi [PHONE] THERE"], ["a", "a"])
    assert (keep, undecided) == ([True, False], 0)


def test_the_majority_decides_between_conflicting_labels():
    texts = ["x"] * 3 + ["y"] * 2 + ["z"]
    keep, undecided = exact_duplicates(texts, ["no", "yes", "yes", "yes", "no", "no"])
    assert keep == [False, True, False, False, False, True]
    assert undecided == 2
