import pytest

from stages.clean.masking import Masker, mask_all, scan
from stages.clean.masking.canaries import plant, survivors
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
    ("language", "tagger", "count"), [("en", "rampart", 120), ("en", "none", 600), ("zh", "rampart", 600)]
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
        ),
    }


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
    ]
    assert scan.residual(left) == {"EMAIL": 1, "CARD": 1, "IBAN": 1, "NATIONAL_ID": 2}
    masked = Masker.from_params(Masking(tagger="none"), "en").mask(left)
    assert (
        scan.residual([*masked, "pi 3.14159265358979", "2024-05-06 @ 12.30", "order 4111111111111112"]) == {}
    )
