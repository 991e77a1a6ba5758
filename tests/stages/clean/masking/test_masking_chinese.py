"""The Chinese tagger that is shipped: whole, small, and right about people nobody has met."""

import shutil
from pathlib import Path

import pytest

from stages.artifacts import StageError
from stages.clean.masking.chinese import tagger
from stages.clean.masking.chinese.tagger import DIGESTS, FOLDER, Tagger, load
from stages.clean.masking.chinese.traditional import simplified
from stages.clean.masking.reading import OVERLAP, WINDOW
from stages.clean.masking.spans import Span

ADDRESS = "浙江省杭州市西湖区文化路128号阳光花园3栋2单元501室"


@pytest.fixture(scope="module")
def found() -> Tagger:
    return load()


def values(text: str, spans: list[Span], kind: str) -> list[str]:
    return [text[span.start : span.end] for span in spans if span.type == kind]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("昨天和张晓婷去吃火锅，欧阳明轩请客", ["张晓婷", "欧阳明轩"]),
        ("本报记者李建国报道，局长王海涛出席了会议", ["李建国", "王海涛"]),
        ("小王说老李明天不来了", ["小王", "老李"]),
        ("回复@陈思雨:哈哈哈", ["陈思雨"]),
        ("首相托马斯·格林发表演讲", ["托马斯·格林"]),
        ("高兴死了，终于到家，张开双臂，马上关门", []),
        ("任何人都可以于周末去方便面馆", []),
        ("", []),
    ],
)
def test_people_are_found_and_words_that_begin_like_surnames_are_not(
    text: str, people: list[str], found: Tagger
):
    assert values(text, found.tag([text], 0.5)[0], "PERSON") == people


def test_a_word_that_is_nobodys_name_is_no_person(found: Tagger):
    for text in ("夏季来了，熊猫很可爱", "總部位於日內瓦的世界經濟論壇"):
        assert values(text, found.tag([text], 0.1)[0], "PERSON") == []


def test_traditional_characters_are_read_as_simplified_ones(found: Tagger):
    pairs = [("昨天和张晓婷去吃火锅", "昨天和張曉婷去吃火鍋"), ("记者刘国庆报道", "記者劉國慶報導")]
    for plain, text in pairs:
        assert len(simplified(text)) == len(text)
        assert simplified(plain) == plain
        assert [(s.start, s.end) for s in found.tag([text], 0.4)[0]] == [
            (s.start, s.end) for s in found.tag([plain], 0.4)[0]
        ]


def test_an_address_is_found_whole(found: Tagger):
    text = f"快递请寄到{ADDRESS}，谢谢。"
    assert values(text, found.tag([text], 0.5)[0], "ADDRESS") == [ADDRESS]


def test_nothing_of_a_long_text_is_cut(found: Tagger):
    filler = "房间很干净，早餐也不错，下次还会再来。"
    for before in (0, WINDOW - OVERLAP, WINDOW, 20 * WINDOW):
        text = (filler * (before // len(filler) + 1)) + "张晓婷说她很满意。" + filler * 10
        assert "张晓婷" in values(text, found.tag([text], 0.5)[0], "PERSON"), before


def test_spans_stand_in_the_text_as_it_was_written(found: Tagger):
    text = "　ＡＢＣ １２３ 张晓婷 说：好"
    (span,) = [one for one in found.tag([text], 0.5)[0] if one.type == "PERSON"]
    assert text[span.start : span.end] == "张晓婷"
    assert span.detector == tagger.DETECTOR


def test_a_higher_score_never_finds_more(found: Tagger):
    texts = ["昨天和张晓婷去吃火锅", "白菜和萝卜", f"住在{ADDRESS}", "萌萌说想豆豆了"]
    places = []
    for score in (0.2, 0.5, 0.9):
        spans = found.tag(texts, score)
        places.append({(n, p) for n, one in enumerate(spans) for s in one for p in range(s.start, s.end)})
    assert places[0] >= places[1] >= places[2]


def test_spans_do_not_depend_on_the_company(found: Tagger):
    texts = ["昨天和张晓婷去吃火锅", "白菜", f"住在{ADDRESS}", "小王说老李明天不来了", "豆豆" * 90]
    assert found.tag(texts, 0.3) == [found.tag([text], 0.3)[0] for text in texts]


def test_the_model_is_small():
    assert sum((FOLDER / name).stat().st_size for name in DIGESTS) <= 5_000_000
    assert (FOLDER / "CARD.md").is_file()


@pytest.mark.parametrize("name", DIGESTS)
def test_an_altered_or_missing_file_is_refused(name: str, tmp_path: Path):
    for other in DIGESTS:
        shutil.copy(FOLDER / other, tmp_path / other)
    with (tmp_path / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(StageError, match=f"{name} was altered"):
        Tagger(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(StageError, match=f"{name} is missing"):
        Tagger(tmp_path)
