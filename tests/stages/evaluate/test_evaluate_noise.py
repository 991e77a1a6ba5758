"""Planted truth: labels that were flipped."""

import numpy as np
import pytest

from stages.evaluate.noise import SHOWN, confident, label_noise, noise_share

LABELS = ["music", "sport", "trade"]
WORDS = {
    "en": [["song", "band", "choir", "tune"], ["goal", "match", "league", "coach"], ["bank", "tax", "share"]],
    "zh": [["歌曲", "乐队", "合唱", "旋律"], ["进球", "比赛", "联赛", "教练"], ["银行", "税收", "股票"]],
}
FILLERS = {
    "en": ["today", "again", "people", "said", "city", "new"],
    "zh": ["今天", "又", "人们", "说", "新"],
}


def flipped(language: str, rows: int = 900) -> tuple[list[str], list[str], np.ndarray, set[str]]:
    """Row ids, texts, labels of which 5% are wrong, and the ids of those."""
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, rows)
    texts = []
    for one in truth:
        # one word in ten is of another class, as in real texts
        own = [WORDS[language][one if random.random() > 0.1 else random.integers(3)] for _ in range(4)]
        words = [*(str(random.choice(of)) for of in own), *map(str, random.choice(FILLERS[language], 4))]
        texts.append({"en": " ", "zh": ""}[language].join(map(str, random.permutation(words))))
    wrong = random.choice(rows, rows // 20, replace=False)
    given = truth.copy()
    given[wrong] = (given[wrong] + random.integers(1, 3, len(wrong))) % 3
    ids = [f"r{place:04}" for place in range(rows)]
    return ids, texts, given, {ids[place] for place in wrong}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_flipped_labels_are_found_and_named_by_id_only(language: str) -> None:
    ids, texts, given, wrong = flipped(language)
    found = label_noise(ids, texts, given, LABELS, language, 7)
    named = [one["row_id"] for one in found["suspicious"]]
    assert 0 < len(named) <= SHOWN
    assert len(wrong & set(named)) / len(named) >= 0.6
    assert len(wrong & set(named)) / len(wrong) >= 0.6
    assert found["share"] == pytest.approx(0.05, abs=0.03)
    assert not any(text in str(found) for text in texts)
    assert set(found["suspicious"][0]) == {"row_id", "given", "likelier", "margin"}


def test_the_same_rows_give_the_same_list() -> None:
    ids, texts, given, _ = flipped("en", 300)
    assert label_noise(ids, texts, given, LABELS, "en", 7) == label_noise(ids, texts, given, LABELS, "en", 7)


@pytest.mark.parametrize(
    ("texts", "given", "said"),
    [(["a song", "a goal", "a match"], [0, 1, 1], "one training row"), ([""] * 4, [0, 1, 0, 1], "no words")],
)
def test_rows_that_cannot_be_checked_are_told(texts: list[str], given: list[int], said: str) -> None:
    ids = [str(place) for place in range(len(texts))]
    assert said in label_noise(ids, texts, np.array(given), LABELS, "en", 7)["note"]


def test_a_row_counts_to_a_class_whose_own_rows_are_no_surer_of_it() -> None:
    given = np.array([0, 0, 1, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.4, 0.6], [0.95, 0.05]])
    assert confident(given, probabilities).tolist() == [0, -1, 1, 1, 0]
    assert noise_share(given, confident(given, probabilities), 2) == pytest.approx(1 / 3 * 3 / 5)
