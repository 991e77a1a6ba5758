import random
import re

import pytest
from stdnum import luhn

from stages.clean.masking import Masker, mask_all, people, scan
from stages.clean.masking.canaries import plant, survivors
from stages.clean.masking.checksums import resident_id
from stages.clean.masking.folding import fold
from stages.params.clean import Masking

HOSTS = {
    "en": [
        "Worst flight ever. They lost my bag!",
        "2015 was good",
        "so happy today :)",
        "14 of 20 left. Why?",
    ],
    "zh": ["这家酒店不错，服务很好。下次还来！", "房间太小了", "2019年入住，3晚。还行"],
}


@pytest.mark.parametrize(
    ("language", "tagger", "count"), [("en", "shipped", 120), ("en", "none", 600), ("zh", "shipped", 600)]
)
def test_every_planted_value_is_masked(language, tagger, count):
    canaries = plant(HOSTS[language], count, 11, language, tagger)
    settings = Masking(tagger=tagger, processes=1)
    masked = [outcome.text for outcome in mask_all([canary.text for canary in canaries], settings, language)]
    assert None not in masked
    assert survivors(canaries, masked) == {}
    assert scan.residual(masked) == {}


def test_canaries_depend_on_the_seed_only():
    assert plant(HOSTS["en"], 30, 1, "en") == plant(HOSTS["en"], 30, 1, "en")
    assert plant(HOSTS["en"], 30, 1, "en") != plant(HOSTS["en"], 30, 2, "en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_canaries_cover_the_types_and_hold_their_values(language):
    canaries = plant(HOSTS[language], 200, 5, language)
    assert all(value in canary.text for canary in canaries for value in canary.values.values())
    assert {kind for canary in canaries for kind in canary.values} >= {
        *(
            "PERSON",
            "EMAIL",
            "PHONE",
            "CARD",
            "NATIONAL_ID",
            "IP",
            "HANDLE",
            "BIRTH_DATE",
            "SECRET",
            "URL",
            "MAC",
            "PLATE",
            "GPS",
            "AGE",
            "ACCOUNT",
            "CRYPTO",
        ),
    }


def test_check_digits_of_made_up_people_are_right():
    draw = random.Random(3)
    for _ in range(50):
        values = people.person(draw, "zh")
        assert resident_id(values["NATIONAL_ID"])
        assert luhn.is_valid(values["CARD"].replace(" ", "").replace("-", ""))


@pytest.mark.parametrize("kind", ["NATIONAL_ID", "PHONE", "CARD"])
def test_chinese_identifiers_are_masked_however_they_are_written(kind):
    masker = Masker.from_params(Masking(tagger="none"), "zh")
    draw = random.Random(7)
    carriers = [
        "号码是{}，谢谢",
        "{}",
        "尾号不对，应为{}。",
        '{{"id":"{}"}}',
        "第1步 填写{} 第2步",
        "截至2024年，{}仍在",
    ]
    for number in range(120):
        value = re.sub("[ -]", "", people.person(draw, "zh")[kind])
        forms = [
            value,
            "".join(chr(ord(one) + 0xFEE0) if one.isascii() and one.isalnum() else one for one in value),
            " ".join(value[at : at + 4] for at in range(0, len(value), 4)),
            f"{value[:6]}-{value[6:]}",
        ]
        text = carriers[number % len(carriers)].format(forms[number % len(forms)])
        (masked,) = masker.mask([text])
        assert not any(part in fold(masked)[0] for part in (fold(value)[0][-4:], fold(value)[0][4:8]))


def test_a_survivor_is_counted_even_in_part():
    canaries = plant([], 200, 5, "en")
    assert survivors(canaries, [canary.text for canary in canaries])["PERSON"] > 50
    halves = [" ".join(value[: len(value) // 2] for value in canary.values.values()) for canary in canaries]
    assert survivors(canaries, halves)["CARD"] > 10
    assert survivors(canaries, [None] * len(canaries)) == {}


def test_the_scan_finds_what_is_left_and_nothing_in_masked_text():
    left = [
        "a bob@example.com",
        "卡号4111111111111111",
        "GB29NWBK60161331926819",
        "11010519491231002X",
        "536-90-4399",
        "税号91110000600037341L。",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "RCCMNL83S18D969H",
        "2 95 10 99 126 111 93",
    ]
    assert scan.residual(left) == {
        "EMAIL": 1,
        "CARD": 1,
        "IBAN": 1,
        "NATIONAL_ID": 4,
        "TAX_ID": 1,
        "CRYPTO": 2,
    }
    masked = Masker.from_params(Masking(tagger="none"), "en").mask(left)
    assert (
        scan.residual([*masked, "pi 3.14159265358979", "2024-05-06 @ 12.30", "order 4111111111111112"]) == {}
    )


@pytest.mark.parametrize("before", ["id=", "user/", "card_", "no.", "a,", "ref-", "="])
def test_the_scan_finds_identifiers_right_after_a_mark(before):
    for number, kind in (("4111111111111111", "CARD"), ("11010519491231002X", "NATIONAL_ID")):
        assert scan.residual([f"see {before}{number}"]) == {kind: 1}
        (masked,) = Masker.from_params(Masking(tagger="none"), "en").mask([f"see {before}{number}"])
        assert scan.residual([masked]) == {}
    assert scan.residual(["pi is 3.141592653589793", "part AB-123-45-6789", "1,4111111111111111"]) == {}
