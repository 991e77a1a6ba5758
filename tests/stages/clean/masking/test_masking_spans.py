from hypothesis import given, settings
from hypothesis import strategies as st

from stages.clean.masking import TOKEN, Masker, Span
from stages.clean.masking.folding import fold
from stages.clean.masking.rules.base import listed
from stages.clean.masking.spans import TYPES, Draft, resolve
from stages.params.clean import Masking

MASKER = Masker.from_params(Masking(tagger="none"), "en")

PIECES = [
    "bob@example.com",
    "@bob",
    "4111 1111 1111 1111",
    "415-555-2671",
    "卡号",
    "我叫张伟",
    "１３８１２３４５６７８",
    "[EMAIL]",
    "[PERSON",
    "PERSON]",
    "Mr. Smith",
    "Smith",
    "password: ",
    "http://x.example/",
    "536-90-4399",
    "\u200b",
    "\n",
    " ",
    ".",
    "1985年3月出生",
    "é",
    "Dear Ann",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=10).map("".join)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_masking_twice_is_masking_once(text):
    once = MASKER.mask([text])
    assert MASKER.mask(once) == once


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_offsets_hold(text):
    ((masked, spans),) = MASKER.mask_with_spans([text])
    rebuilt, at = [], 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        rebuilt += [text[at : span.start], f"[{span.type}]"]
        at = span.end
    assert "".join([*rebuilt, text[at:]]) == masked


EVERY = Masker.from_params(Masking(tagger="none", types=[*TYPES]), "en")


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_masking_twice_is_masking_once_with_every_type(text):
    once = EVERY.mask([text])
    assert EVERY.mask(once) == once


PLAIN = [
    *listed("the weather was fine and we walked home 3 times , then it rained ! 天气 很好 ， 是 的"),
    "\n",
]


@given(st.lists(st.sampled_from(PLAIN), max_size=30).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_what_is_not_personal_is_never_changed(text):
    assert MASKER.mask([text]) == EVERY.mask([text]) == [text]


@given(st.lists(st.sampled_from(PLAIN), max_size=30), st.data())
@settings(max_examples=150, deadline=None)
def test_masking_changes_nothing_around_a_value(words, data):
    place = data.draw(st.integers(0, len(words)))
    before, after = " ".join(words[:place]), " ".join(words[place:])
    assert MASKER.mask([f"{before} bob@example.com {after}"]) == [f"{before} [EMAIL] {after}"]


def test_extra_types_are_off_unless_asked_for():
    text = "Acme Holdings Ltd. of Germany hired Swedish staff on 3 May 2021"
    assert MASKER.mask([text]) == [text]
    assert EVERY.mask([text]) == ["[ORGANISATION] of [LOCATION] hired [NATIONALITY] staff on [DATE]"]
    places = Masker.from_params(Masking(tagger="none", types=["LOCATION"]), "en")
    assert places.mask([text]) == [text.replace("Germany", "[LOCATION]")]
    assert "LOCATION" in places.describe()["types"] and "DATE" not in places.describe()["types"]


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_tokens_in_a_text_are_neither_masked_nor_split(text):
    spans = MASKER.detect([text])[0]
    for match in TOKEN.finditer(text):
        assert all(span.end <= match.start() or span.start >= match.end() for span in spans)


@given(st.text())
def test_folding_keeps_places(text):
    folded, places = fold(text)
    if places is None:
        assert len(folded) == len(text)
    else:
        assert len(folded) == len(places) and places == sorted(set(places))


def test_overlapping_findings_become_their_union_under_the_higher_rank():
    text = "x" * 20
    spans = [Span(2, 9, "PERSON", "a", 0.9), Span(7, 12, "CARD", "b", 1.0), Span(11, 13, "URL", "c", 1.0)]
    assert [(one.start, one.end, one.type) for one in resolve(text, spans)] == [(2, 13, "CARD")]


def test_parts_of_a_name_are_joined_and_separate_values_are_not():
    text = "Ann Lee, Bob 1.1.1.1 2.2.2.2"
    parts = [(0, 3, "PERSON"), (4, 7, "PERSON"), (9, 12, "PERSON"), (13, 20, "IP"), (21, 28, "IP")]
    found = resolve(text, [Span(start, end, kind, "a", 1.0) for start, end, kind in parts])
    assert [(one.start, one.end) for one in found] == [(0, 7), (9, 12), (13, 20), (21, 28)]


def test_a_draft_maps_later_findings_back_to_the_original():
    draft = Draft("ab 12345678 cd")
    draft.add([Span(3, 11, "PHONE", "a", 1.0)])
    assert draft.masked == "ab [PHONE] cd"
    draft.add([Span(0, 13, "PERSON", "b", 1.0)])
    assert draft.masked == "[PERSON] [PHONE] [PERSON]"
    assert [(one.start, one.end) for one in draft.spans] == [(0, 2), (3, 11), (12, 14)]
