"""Running text whose people are exchanged for made-up ones: tagged news, and reviews without names."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from stages.ingest.sources.names_zh import PERSON, Piece, Tagged, joined, words
from stages.ingest.sources.names_zh.makers import Maker

LONGEST = 120
"""characters of a sentence; a longer one is left out"""
_END = frozenset("。！？；")
_HALF = str.maketrans({code: chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF5B))})
_SENTENCE = re.compile(r"[^。！？!?~…；;\s]{6,70}[。！？!?~]?")
_SOMEBODY = re.compile(
    r"(?<![其吉])[他她](?!们|人|乡|国|妈|/)|^我(?!们|家|的)|作者|(?<![男女])(?:前台)?服务员|老板(?!娘)|我(?:妈|爸|老公|老婆|朋友|同事)(?!们)"
    r"|(?<=[给跟和对让])我(?!们|家|的)|(?<![我小大])(?:老公|老婆|女儿|儿子|孩子|同事|朋友|家人|妈妈|爸爸|主编|译者|编辑|经理|客服)(?!们|的|家)"
)
_HAN = re.compile(r"[一-鿿]")

Token = tuple[str, str]


def sentences(path: Path) -> Iterator[list[Token]]:
    """The sentences of a file of `word/tag` tokens, names marked `nr`."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            sentence: list[Token] = []
            for token in line.split():
                word, _, tag = token.rpartition("/")
                sentence.append((word.lstrip("[").translate(_HALF), tag.partition("]")[0]))
                if word in _END:
                    yield sentence
                    sentence = []
            if sentence:
                yield sentence


def named(sentence: list[Token], maker: Maker) -> Tagged:
    """The sentence with a made-up person for each of its own; the same one for the same one."""
    pieces: list[Piece] = []
    made: dict[str, str] = {}
    place = 0
    while place < len(sentence):
        word, tag = sentence[place]
        place += 1
        if tag != "nr":
            pieces.append((word, None))
            continue
        surname = len(word) == 1 or word in words.DOUBLE_SURNAMES
        if surname and place < len(sentence) and sentence[place][1] == "nr" and len(sentence[place][0]) < 3:
            word += sentence[place][0]
            place += 1
        elif surname and pieces and pieces[-1][0] in ("小", "老"):
            word = pieces.pop()[0] + word
        pieces.append((made.setdefault(word, _in_place_of(word, maker)), PERSON))
    return joined(pieces)


def _in_place_of(word: str, maker: Maker) -> str:
    if len(word) == 1:
        return maker.surname()
    if len(word) > 4 or "·" in word:
        return maker.foreign() if maker.rng.random() < 0.7 else maker.full()
    drawn = maker.rng.random()
    if word[0] in "小老" or drawn < 0.15:
        return maker.nickname()
    return maker.full() if drawn < 0.88 else maker.foreign()


class Nameless:
    """Tells which sentences of untagged text hold no name, by the words and names of tagged text.

    A surname's character that no known word explains makes a sentence suspect, unless it mostly stands for
    itself, as 和 and 高 do.
    """

    def __init__(self, tagged: Iterable[list[Token]], lexicon: Iterable[str]) -> None:
        self._words = set(lexicon)
        self._names: set[str] = set()
        alone: Counter[str] = Counter()
        as_name: Counter[str] = Counter()
        for sentence in tagged:
            for word, tag in sentence:
                if tag == "nr":
                    as_name[word] += 1
                    self._names.add(word)
                elif len(word) > 1:
                    self._words.add(word)
                else:
                    alone[word] += 1
        self._names = {name for name in self._names if len(name) > 1} - self._words
        self._suspect = {
            letter
            for letter in {*words.SURNAMES, *(name for name in as_name if len(name) == 1)}
            if as_name[letter] + 1 > 0.15 * alone[letter]
        }

    def holds_none(self, text: str) -> bool:
        """Whether `text` holds nothing that looks like a name."""
        if "·" in text or any(text[i : i + n] in self._names for i in range(len(text)) for n in (2, 3, 4)):
            return False
        explained = [False] * len(text)
        for start in range(len(text)):
            for size in (4, 3, 2):
                if text[start : start + size] in self._words:
                    explained[start : start + size] = [True] * len(text[start : start + size])
        return not any(
            letter in self._suspect and not explained[place] and _HAN.match(text[place + 1 : place + 2])
            for place, letter in enumerate(text)
        )


def plain(texts: Iterable[str]) -> Iterator[str]:
    """The sentences of texts, of 6 characters and more."""
    for text in texts:
        for found in _SENTENCE.finditer(text):
            yield found[0]


def planted(sentence: str, maker: Maker) -> Tagged | None:
    """The sentence with a made-up person in place of 他, 作者 and the like; None where there is none."""
    places = list(_SOMEBODY.finditer(sentence))
    if not places:
        return None
    place = maker.rng.choice(places)
    pieces: list[Piece] = [(sentence[: place.start()], None), (maker.person(), PERSON)]
    if maker.rng.random() < 0.08:
        pieces.append((maker.rng.choice(words.TITLES), None))
    return joined([*pieces, (sentence[place.end() :], None)])
