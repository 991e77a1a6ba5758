"""Which of the shipped taggers read a text: by its language, and by the characters that are in it."""

import re
from collections.abc import Callable, Collection, Sequence

from stages.clean.masking import tagger
from stages.clean.masking.chinese import tagger as chinese
from stages.clean.masking.spans import Span
from stages.params.clean import Masking

Tag = Callable[[Sequence[str]], list[list[Span]]]

DIGESTS = {**tagger.DIGESTS, **{f"chinese/{name}": digest for name, digest in chinese.DIGESTS.items()}}
"""SHA-256 of the files of all shipped taggers."""
_SURER = 1.4
"""Times `min_score` at which the Chinese tagger leaves most room to the aims for recall and precision on
microblogs (the dev part of Weibo NER)."""
_HAN = re.compile("[㐀-鿿]{2}")


def tagging(masking: Masking, language: str, kinds: Collection[str]) -> Tag | None:
    """What finds names and places in folded texts; None where params ask for none of it.

    In an English project all texts are read by Rampart. Texts with Chinese in them are read by the project's
    own tagger, in whatever language the project is. English names in a Chinese project are left to the rules.

    Args:
        masking: `clean.masking`.
        language: `project.language`.
        kinds: the types to mask.

    Raises:
        StageError: a tagger is missing or altered.
    """
    wanted = {*tagger.TYPES.values(), "LOCATION"}
    if masking.tagger == "none" or wanted.isdisjoint(kinds):
        return None
    english = tagger.load(tagger.folder()) if language == "en" else None
    han = chinese.load()

    def tag(texts: Sequence[str]) -> list[list[Span]]:
        found: list[list[Span]] = [[] for _ in texts]
        if english is not None:
            found = english.tag(texts, masking.min_score, places="LOCATION" in kinds)
        places = [place for place, text in enumerate(texts) if _HAN.search(text)]
        if places:
            more = han.tag([texts[place] for place in places], _SURER * masking.min_score)
            for place, spans in zip(places, more, strict=True):
                found[place] = [*found[place], *spans]
        return found

    return tag
