"""A second look after masking, by other means than the rules: what is provably personal and still there.

It shares no pattern with the rules, so that a gap in a rule does not open the same gap here. It looks only
for what leaves no doubt: check digits, or a shape that nothing else has.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from stdnum import iban, luhn
from stdnum.cn import uscc
from stdnum.fr import nir
from stdnum.it import codicefiscale

from stages.clean.masking.checksums import base58, bech32, resident_id
from stages.clean.masking.folding import fold

_WORD = re.compile(r"[^\s,;|<>()\[\]{}\"'，。；：、！？（）【】《》“”]+")
_NUMBER = re.compile(r"[0-9Xx]+(?:[ -][0-9Xx]+)*")
_PART = re.compile("(?:[0-9A-Za-z]|[0-9][.,-])$")
"""What before a number makes it part of something longer. After `id=` or `/` it stands for itself."""
_LONG = re.compile(r"[0-9A-Za-z]{15,}")
"""Of words with a checksum the shortest that is looked for is an IBAN of Norway."""
_KEYS = ("AKIA", "ASIA", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "-----BEGIN RSA PRIVATE KEY-----")


def residual(texts: Iterable[str]) -> dict[str, int]:
    """How many identifiers stand in masked texts, by type; empty where there are none."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(_kinds(fold(text)[0]))
    return dict(found)


def _kinds(text: str) -> Iterator[str]:
    if "@" in text:
        yield from ("EMAIL" for word in _WORD.findall(text) if _is_mail(word))
    if any(map(text.__contains__, _KEYS)):
        yield "SECRET"
    for match in _LONG.finditer(text):
        word = match.group()
        if not word.isdigit() and len(set(word)) > 2:
            yield from (kind for kind, check in _WORDS if check(word))
    digits = sum(map(text.count, "0123456789"))
    if digits < 9:
        return
    for match in _NUMBER.finditer(text):
        if _floats(text, match.start(), match.end()):
            continue
        compact = re.sub("[ -]", "", match.group())
        if _is_card(compact):
            yield "CARD"
        elif any(_proved(check, compact) for check in (resident_id, nir.is_valid)) or (
            _is_ssn(match.group()) and not text.endswith("-", 0, match.start())
        ):
            yield "NATIONAL_ID"


def _is_mail(word: str) -> bool:
    local, _, host = word.rpartition("@")
    name, dot, top = host.rstrip(".!?:").rpartition(".")
    return (
        bool(dot)
        and top.isascii()
        and top.isalpha()
        and len(top) > 1
        and local[-1:].isalnum()
        and name[-1:].isalnum()
    )


def _is_card(compact: str) -> bool:
    return len(compact) in (15, 16) and compact.isdigit() and compact[0] in "3456" and luhn.is_valid(compact)


def _is_ssn(number: str) -> bool:
    return [len(part) for part in number.split("-")] == [3, 2, 4] and number.replace("-", "").isdigit()


def _is_iban(word: str) -> bool:
    return word[:2].isalpha() and iban.is_valid(word, check_country=False)


_WORDS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("IBAN", _is_iban),
    ("TAX_ID", uscc.is_valid),
    ("NATIONAL_ID", codicefiscale.is_valid),
    ("CRYPTO", base58),
    ("CRYPTO", bech32),
)


def _proved(check: Callable[[str], bool], compact: str) -> bool:
    return len(set(compact)) > 2 and bool(check(compact))


def _floats(text: str, start: int, end: int) -> bool:
    """Whether the number is part of a longer one, of a decimal or of a word."""
    before, after = text[max(0, start - 2) : start], text[end : end + 1]
    return bool(_PART.search(before) or re.fullmatch("[0-9A-Za-z_]", after))
