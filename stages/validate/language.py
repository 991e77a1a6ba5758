"""Is a text in the project's language? By script, and by py3langid where there is enough of it."""

import re

from stages.clean.masking.marks import MARK

LETTERS = 20
"""letters from which py3langid is asked: it takes 98.6% of English tweets of that length for English"""
LONGEST = 1000
"""characters of a text that are looked at"""

_NOT_PROSE = re.compile(r"https?://\S+|[@#]\w+")
_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
# a word, or a Chinese character, which says about as much
_UNIT = re.compile(rf"{_HAN}|(?:(?!{_HAN})[^\W\d_])+")
_SCRIPTS = {"en": re.compile(r"[A-Za-z\u00c0-\u024f]+"), "zh": re.compile(_HAN)}


def is_in(text: str, language: str) -> bool | None:
    """Whether a text is in `language` (`en` or `zh`); None where it holds no words to tell by.

    At least half of its words (in Chinese: characters) must be of the language's script. English texts of
    `LETTERS` letters or more that pass are also asked about with py3langid.
    """
    prose = _NOT_PROSE.sub(" ", MARK.sub(" ", text[:LONGEST]))
    units = _UNIT.findall(prose)
    if not units:
        return None
    if 2 * sum(bool(_SCRIPTS[language].fullmatch(unit)) for unit in units) < len(units):
        return False
    if language == "zh" or sum(map(len, units)) < LETTERS:
        return True
    import py3langid

    return bool(py3langid.classify(prose.lower())[0] == language)
