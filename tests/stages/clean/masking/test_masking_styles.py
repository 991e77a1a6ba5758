"""Pseudonyms and surrogates: the same for the same value, nothing of the value, and nobody's."""

import re

import phonenumbers
import pytest
from stdnum import iban, luhn
from stdnum.cn import ric
from stdnum.us import ssn

from stages.artifacts import StageError
from stages.clean.leftover import holds_personal_value
from stages.clean.masking import MARK, TYPES, Masker
from stages.clean.masking.styles import Style, same
from stages.clean.masking.surrogates import Unmaker, surrogate
from stages.params.clean import Masking

KEY = b"k" * 64
TEXT = "My name is Bob Miller, mail bob@example.com or call 415-555-2671. BOB@EXAMPLE.COM is Bob Miller."


def masker(style: str, key: bytes | None = KEY, language: str = "en") -> Masker:
    return Masker.from_params(Masking.model_validate({"tagger": "none", "style": style}), language, key)


def marks(text: str) -> list[tuple[str, str]]:
    return MARK.findall(text)


def test_pseudonyms_are_keyed_and_the_same_in_every_text():
    here, there = masker("pseudonyms").mask([TEXT, "write to bob@example.com"])
    found = marks(here)
    assert [kind for kind, _ in found] == ["PERSON", "EMAIL", "PHONE", "EMAIL", "PERSON"]
    assert found[0] == found[4] and found[1] == found[3] == marks(there)[0]
    assert len({pseudonym for _, pseudonym in found}) == 3
    (other,) = masker("pseudonyms", b"q" * 64).mask([TEXT])
    assert not {one for _, one in found} & {one for _, one in marks(other)}


def test_without_a_key_values_are_numbered_within_their_text():
    masked = masker("pseudonyms", None).mask([TEXT, "write to al@example.com"])
    numbers = [[int(pseudonym, 16) for _, pseudonym in marks(text)] for text in masked]
    assert numbers == [[1, 2, 3, 2, 1], [1]]


@pytest.mark.parametrize(
    ("kind", "one", "other", "equal"),
    [
        ("PERSON", "Ann-Marie O’Neill", "ann marie o'neill", True),
        ("PERSON", "Ann Lee", "Annlee", False),
        ("PHONE", "(415) 555-2671", "415.555.2671", True),
        ("CARD", "４１１１ 1111 1111 1111", "4111-1111-1111-1111", True),
        ("EMAIL", "A.B@example.com", "a.b@example.com", True),
        ("EMAIL", "a.b@example.com", "ab@example.com", False),
        ("IP", "1.23.4.5", "12.3.4.5", False),
    ],
)
def test_spellings_of_a_value_are_one_value(kind: str, one: str, other: str, equal: bool):
    assert (same(kind, one) == same(kind, other)) is equal


@pytest.mark.parametrize("language", ["en", "zh"])
def test_surrogates_are_nobodys(language: str):
    for number in range(0, 2**32, 2**32 // 150):
        pseudonym = f"{number:08x}"
        made = {kind: surrogate(kind, pseudonym, language) for kind in (*TYPES, "OWN_TYPE")}
        assert made == {kind: surrogate(kind, pseudonym, language) for kind in made}
        assert all(made.values()) and not any(MARK.search(value) for value in made.values())
        assert made["EMAIL"].endswith("@example.com")
        assert not luhn.is_valid(re.sub(" ", "", made["CARD"]))
        assert not iban.is_valid(made["IBAN"])
        assert not ssn.is_valid(made["NATIONAL_ID"]) and not ric.is_valid(made["NATIONAL_ID"])
        region = "CN" if language == "zh" else "US"
        number_made = phonenumbers.parse(made["PHONE"], region)
        assert "555-01" in made["PHONE"] or not phonenumbers.is_valid_number(number_made)
        assert made["IP"].startswith("2001:db8:")


def test_the_same_value_has_the_same_surrogate_and_another_value_another():
    here, there = masker("surrogates").mask([TEXT, "write to bob@example.com"])
    (address,) = set(re.findall(r"\S+@example\.com", here))
    assert there == f"write to {address}"
    assert "Bob" not in here and "bob@" not in here and "555-2671" not in here


def test_surrogates_are_told_from_what_is_left_by_making_them_again():
    masking = Masking(tagger="none", style="surrogates")
    ((marked, _),) = masker("surrogates").mark([TEXT])
    used: dict[str, list[str]] = {}
    for kind, pseudonym in marks(marked):
        used.setdefault(kind, []).append(pseudonym)
    text = Style(masking, "en").finished(marked)
    plain = Unmaker(used, "en")
    assert plain(text) == marked
    texts = [text, f"{text} jo@example.net"]
    assert holds_personal_value(texts, masking, "en") == [True, True]
    assert holds_personal_value(list(map(plain, texts)), masking, "en") == [False, True]


@pytest.mark.parametrize("damaged", [{"EMAIL": ["bob@example.com"]}, {"no type": ["00000000"]}])
def test_what_is_no_pseudonym_is_no_excuse(damaged: dict[str, list[str]]):
    with pytest.raises(StageError, match=r"surrogates\.json: damaged"):
        Unmaker(damaged, "en")
