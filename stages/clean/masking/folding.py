"""A plain view of a text for the rules: full-width forms, odd digits and dashes folded, offsets kept."""

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_DASHES = "‐‑‒–—−﹣"
_BLOCKS = ((0xFF01, 0xFFEF), (0x1D400, 0x1D800), (0x2460, 0x24EA))
"""Full-width forms, mathematical letters and digits, circled digits and letters."""
_DIGITS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)
"""Zero in the Arabic, Persian, Devanagari, Bengali and Thai scripts; one to nine follow."""


def _table() -> dict[int, str]:
    table = {}
    for first, last in _BLOCKS:
        for code in range(first, last):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain.isascii():
                table[code] = plain
    for zero in _DIGITS:
        table |= {zero + digit: str(digit) for digit in range(10)}
    table |= {ord(dash): "-" for dash in _DASHES}
    return table | dict.fromkeys((0xA0, 0x3000, 0x202F, *range(0x2000, 0x200B)), " ")


_TABLE = _table()


def fold(text: str) -> tuple[str, list[int] | None]:
    """The folded text, and the place in `text` of each of its characters (None: the same places).

    Every character is folded to one character. Only invisible ones (soft hyphens, zero-width spaces) are
    left out, since they split values that a reader sees whole.
    """
    if text.isascii():
        return text, None
    folded = text.translate(_TABLE)
    if not _INVISIBLE.search(folded):
        return folded, None
    places = [place for place, letter in enumerate(folded) if not _INVISIBLE.match(letter)]
    return "".join(folded[place] for place in places), places
