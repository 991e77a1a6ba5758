"""Exact match and F1 of answers, as SQuAD defines them for English and CMRC 2018 for Chinese.

English (Rajpurkar et al. 2016, the official `evaluate-v1.1.py` and, for questions without an answer,
`evaluate-v2.0.py`): case, punctuation, articles and white space do not count; F1 is that of the two bags of
words. Chinese (Cui et al. 2019, `cmrc2018_evaluate.py`): case and the script's own list of punctuation do
not count; F1 is that of the longest common run of units, where each Chinese character is a unit, and so is
each word of other letters (which the script takes from NLTK, and this from a pattern that does as it does
for words and numbers). Of several right answers the one nearest to the given counts.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ENGLISH = str.maketrans("", "", string.punctuation)
_CHINESE = str.maketrans("", "", "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_UNITS = re.compile(r"[\u4e00-\u9fa5]|[^\W\u4e00-\u9fa5]+(?:[.,][^\W\u4e00-\u9fa5]+)*|[^\w\s]")


def exact_match(given: str, right: Sequence[str], language: str) -> float:
    """1.0 where the answer is a right one, else 0.0. "" is no answer, and right where there is none."""
    return max(_exact(given, one, language) for one in right or ("",))


def f1(given: str, right: Sequence[str], language: str) -> float:
    """The F1 of the answer with the nearest right one, between 0 and 1."""
    return max(_F1[language](given, one) for one in right or ("",))


def recall_at(ranks: Sequence[int | None], most: int) -> float:
    """The share of questions whose passage is among the first `most`.

    Args:
        ranks: of the passage of each question, from 1; None: not found.
    """
    return sum(rank is not None and rank <= most for rank in ranks) / max(len(ranks), 1)


def mean_reciprocal_rank(ranks: Sequence[int | None]) -> float:
    """The mean of 1 / rank (Voorhees 1999), 0 for what was not found."""
    return sum(0.0 if rank is None else 1 / rank for rank in ranks) / max(len(ranks), 1)


def overlap_f1(given: Sequence[object], right: Sequence[object]) -> float:
    """The F1 of two bags; of an empty one 1.0 where both are, else 0.0."""
    if not given or not right:
        return float(len(given) == len(right))
    return _ratio(sum((Counter(given) & Counter(right)).values()), len(given), len(right))


def _exact(given: str, right: str, language: str) -> float:
    plain = _plain_english if language == "en" else _plain_chinese
    return float(plain(given) == plain(right))


def _f1_english(given: str, right: str) -> float:
    return overlap_f1(_plain_english(given).split(), _plain_english(right).split())


def _f1_chinese(given: str, right: str) -> float:
    ours, theirs = _units(given), _units(right)
    if not ours or not theirs:
        return float(len(ours) == len(theirs))
    run = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match().size
    return _ratio(run, len(ours), len(theirs))


_F1: dict[str, Callable[[str, str], float]] = {"en": _f1_english, "zh": _f1_chinese}


def _ratio(common: int, given: int, right: int) -> float:
    return 2 * common / (given + right)


def _plain_english(text: str) -> str:
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_ENGLISH)).split())


def _plain_chinese(text: str) -> str:
    return text.lower().strip().translate(_CHINESE)


def _units(text: str) -> list[str]:
    return _UNITS.findall(_plain_chinese(text))
