import pytest

from stages.augment.decide import decide, verdict
from stages.params.augment import Augment

SETTINGS = Augment(min_total=100, min_per_class=20, max_imbalance=5.0, min_seed_rows=5, max_copies=3)


def test_enough_data_is_left_alone():
    decision = decide({"a": 80, "b": 60}, SETTINGS)
    assert decision.trainable and not decision.augments({"a": 80, "b": 60})
    assert verdict({"a": 80, "b": 60}, {"a": 80, "b": 60}, SETTINGS).passed


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ({"a": 90, "b": 12}, "min_per_class"),
        ({"a": 40, "b": 40}, "min_total"),
        ({"a": 150, "b": 25}, "max_imbalance"),
    ],
)
def test_each_shortcoming_is_named_and_made_up_for(counts: dict[str, int], word: str):
    decision = decide(counts, SETTINGS)
    assert not decision.trainable and any(word in reason for reason in decision.reasons)
    assert not decision.hopeless and decision.augments(counts)
    assert verdict(counts, decision.targets, SETTINGS).passed
    assert all(counts[label] <= target <= 4 * counts[label] for label, target in decision.targets.items())


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ({"a": 200}, "label"),
        ({}, "label"),
        ({"a": 100, "b": 4}, "min_seed_rows"),
        ({"a": 12, "b": 12}, "min_total"),
        ({"a": 500, "b": 20}, "max_imbalance"),
    ],
)
def test_what_copies_cannot_help_is_said_and_fails(counts: dict[str, int], word: str):
    decision = decide(counts, SETTINGS)
    assert any(word in reason for reason in decision.hopeless)
    assert decision.targets == counts
    assert not verdict(counts, counts, SETTINGS).passed


def test_when_never_makes_no_copies_and_says_so():
    settings = SETTINGS.model_copy(update={"when": "never"})
    counts = {"a": 90, "b": 12}
    decision = decide(counts, settings)
    assert not decision.augments(counts)
    assert any("augment.when" in reason for reason in decision.hopeless)


def test_when_always_gives_every_class_copies():
    counts = {"a": 80, "b": 60}
    decision = decide(counts, SETTINGS.model_copy(update={"when": "always"}))
    assert decision.trainable
    assert decision.targets == {"a": 160, "b": 160}
