"""What params ask of the masker: types, own types, values that stay, and texts of any length."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.artifacts import StageError
from stages.clean.leftover import holds_personal_value
from stages.clean.masking import Masker, windows
from stages.clean.masking.frame import Frame
from stages.clean.masking.windows import count
from stages.params.clean import Masking, OwnType

OWN = [
    OwnType(name="STAFF_NUMBER", pattern=r"E-?[0-9]{4}", context=["Staff", "工号"]),
    OwnType(name="TICKET", pattern=r"\bT[0-9]+\b"),
    OwnType(name="SHOUT", pattern=r"[A-Z]{5,}"),
]
PIECES = [
    "bob@example.com",
    "@bob",
    "4111 1111 1111 1111",
    "我叫张伟",
    "１３８１２３４５６７８",
    "[EMAIL]",
    "[PERSON_0a1b2c3d]",
    "[TICKET]",
    "[TICKET_",
    "Mr. Smith",
    "Smith",
    "password: ",
    "T12",
    "staff E-1234",
    "LOUDLY",
    "\u200b",
    " ",
    ".",
]
TEXTS = st.lists(
    st.sampled_from(PIECES) | st.text(max_size=6),
    max_size=10,
).map("".join)


def masker(key: bytes | None = None, **changes: object) -> Masker:
    return Masker.from_params(Masking.model_validate({"tagger": "none", **changes}), "en", key)


def test_only_the_types_asked_for_are_masked():
    text = "bob@example.com paid with 4111 1111 1111 1111 from 8.8.8.8"
    assert masker(types=["CARD", "IP"]).mask([text]) == ["bob@example.com paid with [CARD] from [IP]"]
    assert masker(types=[]).mask([text]) == [text]


def test_what_is_not_to_be_masked_is_not_left_over():
    masking = Masking(tagger="none", types=["IP"])
    texts = ["card 4111 1111 1111 1111", "from 8.8.8.8", "[IP] bob@example.com"]
    assert holds_personal_value(texts, masking, "en") == [False, True, False]


def test_an_own_type_needs_its_context_and_reads_folded_text():
    texts = ["staff E1234", "the flat E1234", "工号：Ｅ１２３４", f"staff {'x ' * 40}E1234"]
    masked = masker(custom=OWN[:1]).mask(texts)
    assert masked == ["staff [STAFF_NUMBER]", texts[1], "工号：[STAFF_NUMBER]", texts[3]]


def test_an_own_type_names_what_it_shares_with_another():
    ((masked, (span,)),) = masker(custom=OWN[1:2]).mask_with_spans(["see T4111111111111111"])
    assert masked == "see [TICKET]"
    assert (span.start, span.end, span.type, span.detector) == (4, 21, "TICKET", "custom")


def test_an_own_type_may_not_have_the_name_of_one_that_ships():
    with pytest.raises(StageError, match=r"clean\.masking\.custom: PERSON"):
        Frame(Masking(custom=[OwnType(name="PERSON", pattern="a")]))


@pytest.mark.parametrize("style", ["tokens", "pseudonyms"])
@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_masking_twice_is_masking_once_with_own_types_in_every_style(style: str, text: str):
    own = masker(b"k" * 32, custom=OWN, style=style, allow=["bob@example.com"])
    once = own.mask([text])
    assert own.mask(once) == once


@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_offsets_hold_beside_tokens_of_every_style(text: str):
    own = masker(custom=OWN)
    ((masked, spans),) = own.mask_with_spans([text])
    rebuilt, at = "", 0
    for span in spans:
        rebuilt += text[at : span.start] + f"[{span.type}]"
        at = span.end
    assert rebuilt + text[at:] == masked


def test_allowed_values_stay_whole_and_only_whole():
    own = masker(allow=["help@example.com", "Ada Lovelace"])
    texts = [
        "HELP@example.com",
        "ahelp@example.com",
        "my name is Ada Lovelace",
        "my name is Ada Byron",
        "help@example.com.evil.example",
    ]
    masked = own.mask(texts)
    assert masked[:4] == [texts[0], "[EMAIL]", texts[2], "my name is [PERSON]"]
    assert masked[4] != texts[4]


def test_allowed_values_are_no_leftovers_but_what_is_like_them_is():
    masking = Masking(tagger="none", allow=["help@example.com", "4111111111111111"])
    texts = ["to help@example.com", "to ahelp@example.com", "pay 4111111111111111", "pay 4012888888881881"]
    assert holds_personal_value(texts, masking, "en") == [False, True, False, True]


def test_a_letter_that_grows_in_lower_case_shifts_no_place():
    assert masker(allow=["help@example.com"]).mask(["İİ help@example.com a@example.com"]) == [
        "İİ help@example.com [EMAIL]"
    ]


@given(st.text(alphabet="ab \n", max_size=300))
def test_windows_cover_a_text_and_overlap(text: str):
    small = pytest.MonkeyPatch()
    with small.context() as patch:
        for name, value in (("WINDOW", 50), ("OVERLAP", 10), ("SLACK", 4)):
            patch.setattr(windows, name, value)
        parts = list(windows.windows(text))
        assert parts[0][0] == 0 and parts[-1][1] == len(text)
        assert all(end - start <= 50 for start, end in parts)
        assert all(left[0] < right[0] <= left[1] - 10 for left, right in pairwise(parts))
        assert len(parts) <= count(text)


@pytest.mark.parametrize("gap", [" ", "", "的"])
def test_a_long_text_is_masked_to_its_end_and_masking_it_again_changes_nothing(gap: str):
    draw = random.Random(5)
    cards = ["4111 1111 1111 1111", "4012-8888-8888-1881", "5555555555554444"]
    filler = [f"{gap}x" * draw.randrange(9000) for _ in range(40)]
    text = "".join(f"{part}，{draw.choice(cards)}，" for part in filler)
    assert len(text) > 3 * windows.WINDOW
    own = masker()
    (once,) = own.mask([text])
    assert once.count("[CARD]") == 40 and not any(card in once for card in cards)
    assert own.mask([once]) == [once]


def test_a_name_found_in_one_window_is_masked_in_all():
    text = f"My name is Ann Kowalski. {'and so on ' * 12_000} Then Ann Kowalski left."
    (masked,) = masker().mask([text])
    assert "Kowalski" not in masked and masked.count("[PERSON]") == 2


def test_a_value_as_long_as_a_private_key_is_found_wherever_windows_end():
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "QUJD" * 700 + "\n-----END RSA PRIVATE KEY-----"
    for start in range(windows.WINDOW - 4000, windows.WINDOW + 1000, 700):
        text = ("word " * start)[:start] + key + " word" * 4000
        (masked,) = masker().mask([text])
        assert "QUJD" not in masked, start
