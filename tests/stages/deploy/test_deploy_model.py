"""Answers of an open bundle."""

import random
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from stages import tasks
from stages.clean.masking.masker import Masker, Unsettled
from stages.clean.masking.spans import Span
from stages.deploy.families.predict import ServedModel
from stages.deploy.model import open_bundle
from stages.deploy.prepare import UnvouchedError
from stages.deploy.scoring import GROUP, SPREAD, groups
from stages.deploy.server import create_app
from stages.params.serve import Serve


@pytest.fixture(scope="module")
def model(built: Path) -> ServedModel:
    return open_bundle(built)


def test_an_answer_is_the_softmax_of_the_logits(model: ServedModel):
    (answer,) = model.predict(["the day is good"])
    expected = tasks.get("text-classification").probabilities(np.array([0.2 + 0.1, 2 + 0.3 + 0.1]))
    assert answer.value["label"] == "positive"
    assert answer.value["scores"] == pytest.approx(dict(zip(model.labels, expected, strict=True)), abs=1e-6)


def test_answers_keep_the_order_and_do_not_depend_on_the_company(model: ServedModel):
    texts = [" ".join(random.Random(n).choices(["good", "bad", "day", "a"], k=1 + n % 13)) for n in range(40)]
    alone = [model.predict([text])[0].value["scores"]["positive"] for text in texts]
    together = [answer.value["scores"]["positive"] for answer in model.predict(texts)]
    assert together == pytest.approx(alone, abs=1e-6)


def test_personal_values_are_masked_before_scoring_and_counted(model: ServedModel):
    plain, masked = model.predict(
        ["write to jo@example.org and al@example.org", "write to [EMAIL] and [EMAIL]"]
    )
    assert plain.masked == {"EMAIL": 2}
    assert masked.masked == {}
    assert plain.value["scores"] == pytest.approx(masked.value["scores"])


@pytest.mark.parametrize(
    "text", ["", "   ", "\0", "\ud800", "good \udfff\ud800 day", "\ud83d\ude00", "x" * 100_000]
)
def test_no_text_is_too_odd_to_answer(model: ServedModel, text: str):
    (answer,) = model.predict([text])
    assert sum(answer.value["scores"].values()) == pytest.approx(1)


def test_a_text_that_the_masker_does_not_vouch_for_is_named_and_not_scored(built: Path, monkeypatch):
    model = open_bundle(built)
    as_it_is = Masker.mark

    def unsettled(masker: Masker, texts: list[str]) -> list[tuple[str, list[Span]]]:
        if "odd" in texts:
            raise Unsettled
        return as_it_is(masker, texts)

    monkeypatch.setattr(Masker, "mark", unsettled)
    with pytest.raises(UnvouchedError, match="text 2: the masker cannot vouch for it") as caught:
        model.predict(["good", "bad", "odd", "fine"])
    assert "odd" not in str(caught.value)
    answer = TestClient(create_app(model, Serve())).post("/predict", json={"texts": ["good", "odd"]})
    assert answer.status_code == 422
    assert answer.json() == {"detail": str(UnvouchedError(1))}


def test_nothing_asked_gives_nothing(model: ServedModel):
    assert model.predict([]) == []


def test_groups_hold_every_text_once_and_waste_little():
    lengths = [random.Random(3).randint(1, 60) for _ in range(500)] + [0, 1]
    found = list(groups(lengths))
    assert sorted(index for group in found for index in group) == list(range(len(lengths)))
    for group in found:
        assert len(group) <= GROUP
        assert max(lengths[index] for index in group) <= min(lengths[index] for index in group) * SPREAD
