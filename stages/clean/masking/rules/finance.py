"""Payment cards, bank accounts and crypto addresses."""

import re
from collections.abc import Iterator

from stdnum import iban

from stages.clean.masking.checksums import base58, bech32, luhn, mod97
from stages.clean.masking.rules.base import Rule, words

_CARD_LENGTHS = range(12, 20)
_PHONE_DIGITS = 15
"""Most digits of an international telephone number (E.164)."""
_CARD_WORDS = words(
    "credit card,debit card,card number,card no,card,visa,mastercard,amex,cc",
    "银行卡,信用卡,储蓄卡,借记卡,卡号",
)
_ACCOUNT_WORDS = words(
    "account number,account no,account,acct,a/c,sort code,routing number,routing,aba",
    "银行账号,银行账户,账号,帐号,账户,对公账户,开户账号",
)
_GROUP = re.compile("[0-9]+")
_BETWEEN = re.compile("[^0-9]+")
_FILLER = r"(?:[ .:#=(,'-]|number|no|is|was|ending|in|my|:|是|为|号码?){0,12}"


def card_spans(value: str) -> Iterator[tuple[int, int]]:
    """The longest runs of whole digit groups that make a card number by length, first digit and Luhn."""
    if value[0] == "+" and sum(map(str.isdigit, value)) <= _PHONE_DIGITS:
        return
    groups = [match.span() for match in _GROUP.finditer(value)]
    first = 0
    while first < len(groups):
        for last in range(len(groups), first, -1):
            start, end = groups[first][0], groups[last - 1][1]
            digits = _BETWEEN.sub("", value[start:end])
            if len(digits) in _CARD_LENGTHS and digits[0] in "23456" and luhn(digits):
                yield start, end
                first = last - 1
                break
        first += 1


def iban_spans(value: str) -> Iterator[tuple[int, int]]:
    """The IBAN at the start of the match: valid by country, length and check digits (ISO 13616)."""
    for end in range(len(value), 14, -1):
        # The check digits first: stdnum looks up the country too, which takes longer.
        if value[end - 1] != " " and mod97(value[:end]) and iban.is_valid(value[:end], check_country=False):
            yield 0, end
            return


RULES = (
    Rule(
        "CARD",
        "card",
        r"\+?[0-9](?:[ .-]{0,2}[0-9]){11,40}",
        before="0-9",
        after="0-9",
        narrow=card_spans,
        gate=r"[0-9](?:[ .-]{0,2}[0-9]){11}",
        digits=12,
        score=1.0,
    ),
    Rule(
        "CARD",
        "card-context",
        rf"{_CARD_WORDS}{_FILLER}(?P<value>[0-9](?:[ -]?[0-9]){{11,18}})",
        before="A-Za-z",
        after="0-9",
        ignore_case=True,
        digits=12,
    ),
    Rule(
        "IBAN",
        "iban",
        r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,34}",
        before="A-Za-z0-9",
        narrow=iban_spans,
        gate=r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{2}",
        ignore_case=True,
        digits=4,
        score=1.0,
    ),
    Rule(
        "BANK_ACCOUNT",
        "bank-account",
        rf"{_ACCOUNT_WORDS}{_FILLER}(?P<value>[0-9](?:[ -]?[0-9]){{5,20}})",
        before="A-Za-z",
        after="0-9",
        ignore_case=True,
        digits=6,
        score=0.8,
    ),
    Rule("CRYPTO", "ethereum", r"0x[0-9A-Fa-f]{40}", "0-9A-Za-z", "0-9A-Za-z", score=0.95),
    Rule(
        "CRYPTO",
        "bech32",
        r"(?:bc1|ltc1|tb1)[0-9a-z]{20,87}",
        before="0-9A-Za-z",
        after="0-9A-Za-z",
        validate=bech32,
        gate="(?:bc1|ltc1|tb1)[0-9a-z]",
        ignore_case=True,
        score=1.0,
    ),
    Rule(
        "CRYPTO",
        "base58",
        r"[13LMDTXA9tr2mn][1-9A-HJ-NP-Za-km-z]{25,34}",
        before="0-9A-Za-z",
        after="0-9A-Za-z",
        validate=base58,
        gate="[1-9A-HJ-NP-Za-km-z]{26}",
        score=1.0,
    ),
)
