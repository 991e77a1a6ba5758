import random
from collections import Counter

from stages.clean.splits import anchor, label_gap, label_shares, split_of
from stages.params.clean import Splits


def splits_of(texts: list[str], seed: int = 1) -> dict[str, str]:
    return {text: split_of(anchor(text, None), seed, Splits()) for text in texts}


def test_new_rows_and_another_order_move_no_old_row():
    old = [f"text number {n}" for n in range(500)]
    new = old + [f"a later text {n}" for n in range(500)]
    random.Random(0).shuffle(new)
    before, after = splits_of(old), splits_of(new)
    assert all(after[text] == split for text, split in before.items())


def test_shares_are_met_for_each_label_and_follow_the_seed():
    texts = [f"text number {n}" for n in range(4000)]
    first, second = splits_of(texts, seed=1), splits_of(texts, seed=2)
    for odd in (0, 1):
        counts = Counter(first[text] for text in texts[odd::2])
        assert abs(counts["valid"] - 200) < 60 and abs(counts["test"] - 200) < 60
    assert first != second


def test_a_person_stays_on_one_side():
    places = {split_of(anchor(f"text number {n}", b"somebody"), 1, Splits()) for n in range(100)}
    assert len(places) == 1


def test_label_gap_is_the_largest_difference_of_shares():
    assert label_shares(["a", "a", "b", "c"]) == {"a": 0.5, "b": 0.25, "c": 0.25}
    assert label_gap(["a", "a"], ["a", "a", "b", "c"]) == 0.5
    assert label_gap([], ["a"]) == 0.0
