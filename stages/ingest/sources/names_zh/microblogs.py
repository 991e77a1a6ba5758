"""Microblogs whose marks were lost: clauses, names, accounts and exclamations with hardly a comma between."""

import re
from collections.abc import Iterable, Iterator, Sequence

from stages.ingest.sources.names_zh import PERSON, Piece, Tagged, joined, words
from stages.ingest.sources.names_zh.makers import Maker

_CLAUSE = re.compile(r"[一-鿿]{2,16}")
_BEFORE = words.listed(
    """
    回复 回复@ @ //@ 谢谢 感谢 支持 我是 祝 亲爱的 想念 转自 恭喜 # 【
    苦逼青年 文艺青年 作家 歌手 演员 会计 球星 主持人 导演 摄影师 我家 你家
    最爱的 可爱的 美丽的 大 前锋 女神 网友 博主 明星 画家 警方 记者 新人 队友
    小编 当红
    """
)
_BEHIND = words.listed(
    """
    姑娘 同学 童鞋 小盆友 小朋友 亲 女神 男神 宝宝 欧巴 粉丝团 后援会 吧 小菇凉
    兄弟 老湿 官方 工作室 的微博 的围脖 生日快乐 加油 好帅 威武 你好 说 : ：
    ， ！ # 】 _ - ～
    """
)
_GAPS = ("", "", "", "", " ", "，", "，", "！", "。", "、", "~", "…", "：")


def clauses(sentences: Iterable[str]) -> list[str]:
    """The runs of 2 to 16 Chinese characters between the marks of sentences."""
    return [found[0] for sentence in sentences for found in _CLAUSE.finditer(sentence)]


def run_on(said: Sequence[str], maker: Maker) -> Tagged:
    """Two to seven pieces, run together.

    Args:
        said: clauses in which nobody is named.
    """
    rng = maker.rng
    pieces: list[Piece] = []
    # one in three names nobody, or every odd spot would be a name
    named = rng.random() < 0.67
    gaps = ("",) if rng.random() < 0.55 else _GAPS
    for _ in range(rng.randint(2, 7)):
        kind = rng.random()
        if kind < 0.36 if named else kind < 0.55:
            pieces.append((rng.choice(said), None))
        elif named and kind < 0.6:
            pieces.extend(_somebody(maker))
        elif kind < 0.72:
            pieces.append((_emoticon(maker), None))
        elif kind < 0.84:
            pieces.append((rng.choice(words.REACTIONS), None))
        elif kind < 0.93:
            pieces.append((maker.word(), None))
        else:
            pieces.append(
                (rng.choice(("", "@", "//@", "#")) + maker.handle() + rng.choice(("", ":", "#", " ")), None)
            )
        pieces.append((rng.choice(gaps), None))
    return joined(pieces)


def _emoticon(maker: Maker) -> str:
    name = maker.rng.choice(words.EMOTICONS)
    return (f"[{name}]" if maker.rng.random() < 0.35 else name) * maker.rng.choice((1, 1, 1, 2, 3))


def _somebody(maker: Maker) -> Iterator[Piece]:
    """A name with what stands around it, the same one several times over, or several."""
    rng = maker.rng
    drawn = rng.random()
    if drawn < 0.12:
        gap = rng.choice(("", "", "、", "，", " "))
        name = maker.person()
        for _ in range(rng.randint(2, 5)):
            yield name, PERSON
            yield gap, None
    elif drawn < 0.27:
        gap = rng.choice(("", "", "、", " ", " ", "@"))
        for _ in range(rng.randint(2, 6)):
            yield maker.full() if rng.random() < 0.6 else maker.person(), PERSON
            yield gap, None
    else:
        if rng.random() < 0.55:
            yield rng.choice(_BEFORE), None
        yield maker.person(), PERSON
        if rng.random() < 0.45:
            yield rng.choice(_BEHIND), None
