import traceback

import pytest

from stages.artifacts import StageError
from stages.clean.masking import Masker, mask_all, pool, tagger
from stages.clean.masking.rules import RuleSet
from stages.params.clean import Masking

PLAIN = Masking(tagger="none", processes=1)


def test_the_result_does_not_depend_on_the_processes():
    texts = [f"row {number}: bob{number}@example.com {'and so on ' * (number % 7)}" for number in range(500)]
    alone = mask_all(texts, PLAIN, "en")
    assert mask_all(texts, Masking(tagger="none", processes=2), "en") == alone
    assert alone[3].text == "row 3: [EMAIL] " + "and so on " * 3
    assert alone[3].counts == {"EMAIL": 1}


def test_only_the_text_that_fails_is_not_vouched_for(monkeypatch):
    find = RuleSet.find

    def failing(self, text):
        if "poison" in text:
            raise ValueError(f"cannot read {text}")
        return find(self, text)

    monkeypatch.setattr(RuleSet, "find", failing)
    good, bad = mask_all(["a@example.com", "poison b@example.com"], PLAIN, "en")
    assert good.text == "[EMAIL]" and good.reason is None
    assert bad.text is None and bad.counts == {}
    assert "ValueError" in bad.reason and "poison" not in bad.reason


def test_a_text_that_is_no_unicode_is_not_vouched_for():
    (outcome,) = mask_all(["bob \ud800 " * 300], PLAIN, "en")
    assert outcome.text is None and outcome.reason


def test_a_text_that_never_settles_is_not_vouched_for(monkeypatch):
    masker = Masker.from_params(PLAIN, "en")
    monkeypatch.setattr("stages.clean.masking.masker.ROUNDS", 0)
    (outcome,) = pool.mask_each(masker, ["bob"])
    assert outcome.text is None and "Unsettled" in outcome.reason


@pytest.mark.parametrize("processes", [1, 2])
def test_a_tagger_that_does_not_load_stops_everything(monkeypatch, tmp_path, processes):
    monkeypatch.setattr(tagger, "folder", lambda: tmp_path)
    with pytest.raises(StageError, match="missing"):
        mask_all(["a"] * 1000, Masking(processes=processes), "en")


def _die(texts):
    import os

    os._exit(3)


def test_a_process_that_dies_is_one_line_without_data(monkeypatch):
    monkeypatch.setattr(pool, "_work", _die)
    texts = ["bob@" + "example.com"] * 500
    with pytest.raises(StageError, match="process died") as caught:
        mask_all(texts, Masking(tagger="none", processes=2), "en")
    assert "bob@example" not in "".join(traceback.format_exception(caught.value))
