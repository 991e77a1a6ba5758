import pytest

from stages.clean import audit as clean_audit
from stages.clean.audit import audit
from stages.clean.masking import Masked
from stages.params.clean import Clean, Masking

SETTINGS = Clean(canaries=40, masking=Masking(tagger="none", processes=1))
TEXTS = ["The parcel came late. Nobody answered.", "A good shop, and quick!"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_planted_is_masked(language: str):
    found = audit(TEXTS, SETTINGS, language, 7)
    assert found.people == 40
    assert found.values >= 40
    assert found.survivors == {}


def test_only_what_is_to_be_masked_is_looked_for():
    masking = SETTINGS.masking.model_copy(update={"types": ["CARD"], "style": "surrogates"})
    found = audit(TEXTS, SETTINGS.model_copy(update={"masking": masking}), "en", 7)
    assert 0 < found.values < 40
    assert found.survivors == {}


def test_a_masker_that_does_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clean_audit, "mask_all", lambda texts, *_: [Masked(text) for text in texts])
    found = audit(TEXTS, SETTINGS, "en", 7)
    assert found.survived == found.values
