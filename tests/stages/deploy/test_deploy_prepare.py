"""What comes before the model: the same masking as in the data, without its key."""

import json
from pathlib import Path

import pytest

from stages.deploy import prepare
from stages.deploy.bundle import build
from stages.deploy.model import open_bundle
from stages.params.clean import Clean, Masking, Normalise, OwnType
from stages.params.project import Project

OWN = [OwnType(name="TICKET", pattern=r"T-[0-9]+")]
TEXT = "My name is Bob Miller, write to bob@example.com about T-12. BOB@example.com"


@pytest.fixture(autouse=True)
def no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path / "no key"))
    monkeypatch.delenv("RETORT_KEY", raising=False)


def preparer(style: str, normalise: Normalise = Normalise()) -> prepare.Preparer:  # noqa: B008, it is frozen
    masking = Masking.model_validate({"tagger": "none", "style": style, "custom": OWN})
    found = json.loads(json.dumps(prepare.settings(True, normalise, masking, "en")))
    return prepare.from_settings(found)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("tokens", "My name is [PERSON], write to [EMAIL] about [TICKET]. [EMAIL]"),
        (
            "pseudonyms",
            "My name is [PERSON_00000001], write to [EMAIL_00000002] about [TICKET_00000003]. "
            "[EMAIL_00000002]",
        ),
    ],
)
def test_a_served_model_masks_in_the_style_of_its_data_without_a_key(style: str, expected: str):
    own = preparer(style)
    for _ in range(2):
        (found,) = own([TEXT])
        assert found.text == expected
        assert found.masked == {"EMAIL": 2, "PERSON": 1, "TICKET": 1}


@pytest.mark.parametrize("normalise", [Normalise(), Normalise(case=True, punctuation=True)])
def test_surrogates_are_the_same_for_the_same_text_and_hold_nothing_of_it(normalise: Normalise):
    first, second, other = (preparer("surrogates", normalise)([text])[0].text for text in (TEXT, TEXT, "x"))
    assert first == second and other == "x"
    for part in ("Bob", "bob@", "Miller", "T-12", "["):
        assert part.lower() not in first.lower()
    assert (first == first.lower()) is normalise.case


@pytest.mark.parametrize("style", ["pseudonyms", "surrogates"])
def test_a_bundle_of_every_style_answers_as_it_recorded(tmp_path: Path, student: Path, style: str):
    (tmp_path / "bundle").mkdir()
    masking = Masking.model_validate({"tagger": "none", "style": style, "custom": OWN, "allow": ["day"]})
    rows = [[8, 7, 10, 3], [9, 6, 7, 4, 2]]
    build(tmp_path / "bundle", student, rows, Project(), Clean(masking=masking), {}, {})
    description = json.loads((tmp_path / "bundle" / "bundle.json").read_text())
    assert description["masker"]["style"] == style and description["masker"]["own_types"] == ["TICKET"]
    assert "timeout" not in description["prepare"]["masking"]
    recorded = json.loads((tmp_path / "bundle" / "examples.json").read_text())
    model = open_bundle(tmp_path / "bundle")
    alone = [one for one in recorded["exchanges"] if "text" in one["body"]]
    assert [[model.predict([one["body"]["text"]])[0].value] for one in alone] == [
        one["answer"]["answers"] for one in alone
    ]


def test_settings_of_an_older_bundle_are_still_read():
    masking = {"tagger": "none", "min_score": 0.5, "phone_regions": ["US"]}
    normalise = Normalise().model_dump()
    found = {"repair": True, "normalise": normalise, "masking": masking, "language": "en"}
    assert prepare.from_settings(found)(["to bob@example.com"])[0].text == "to [EMAIL]"
