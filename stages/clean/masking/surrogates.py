"""Made-up values in place of real ones: of the same type and language, made from a pseudonym alone.

The same pseudonym gives the same surrogate, with no key and no memory of the value: what was masked cannot
show through, and a surrogate in a text can be told from a value that masking left by making it again. Names
and addresses are Faker's; two pseudonyms may share one, as people do. Whatever could be somebody's is of a
kind that is nobody's: reserved domains, documentation networks, fictional telephone numbers, wrong check
digits.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import ahocorasick
from stdnum import iban, luhn
from stdnum.cn import ric

from stages.artifacts import StageError
from stages.clean.masking.marks import MARK, mark

if TYPE_CHECKING:
    from faker import Faker

_FIRST = date(1945, 1, 1).toordinal()
_REGIONS = ("110101", "310104", "440106", "510107")
_LOCALES = {"en": "en_US", "zh": "zh_CN"}


def surrogate(kind: str, pseudonym: str, language: str) -> str:
    """The made-up value of a type.

    Args:
        kind: the type; one without a form of its own gets its initials and a number.
        pseudonym: eight hexadecimal digits.
        language: `en` or `zh`.
    """
    fake = _faker(language)
    fake.seed_instance(int(pseudonym, 16))
    form = _CHINESE.get(kind) if language == "zh" else None
    form = form or _FORMS.get(kind)
    if form is not None:
        return form(fake, fake.random, pseudonym)
    initials = "".join(word[0] for word in kind.split("_")).ljust(2, "X")
    return f"{initials}-{int(pseudonym, 16)}"


class Unmaker:
    """Puts tokens back in place of surrogates: the text is then what masking vouched for, and can be scanned.

    Args:
        pseudonyms: those that the surrogates were made from, by type.
        language: `project.language`.
        polish: what befell the texts after masking.

    Raises:
        StageError: something is no type or no pseudonym.
    """

    def __init__(
        self, pseudonyms: Mapping[str, Sequence[str]], language: str, polish: Callable[[str], str] = str
    ) -> None:
        self._known = ahocorasick.Automaton()
        for kind, those in pseudonyms.items():
            for pseudonym in those:
                written = mark(kind, pseudonym)
                if not MARK.fullmatch(written):
                    raise StageError("data/clean/surrogates.json: damaged; run `dvc repro --force clean`")
                if made := polish(surrogate(kind, pseudonym, language)):
                    self._known.add_word(made, (len(made), written))
        if self._known:
            self._known.make_automaton()

    def __call__(self, text: str) -> str:
        """The text with tokens; of two surrogates that overlap, the longer one is taken for one."""
        if not self._known:
            return text
        pieces, at = [], 0
        for last, (length, written) in self._known.iter_long(text):
            pieces += [text[at : last + 1 - length], written]
            at = last + 1
        return "".join([*pieces, text[at:]])


def _digits(draw: random.Random, count: int) -> str:
    return f"{draw.randrange(10**count):0{count}d}"


def _day(draw: random.Random) -> date:
    return date.fromordinal(_FIRST + draw.randrange(60 * 365))


def _spaced(digits: str) -> str:
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))


def _card(draw: random.Random) -> str:
    body = f"4{_digits(draw, 14)}"
    wrong = (int(luhn.calc_check_digit(body)) + draw.randrange(1, 10)) % 10
    return _spaced(f"{body}{wrong}")


def _resident_id(draw: random.Random) -> str:
    body = f"{draw.choice(_REGIONS)}{_day(draw):%Y%m%d}{_digits(draw, 3)}"
    right = ric.calc_check_digit(f"{body}0")  # it leaves the last digit out of account
    return body + draw.choice([digit for digit in "0123456789X" if digit != right])


def _iban(draw: random.Random) -> str:
    account = f"WEST{_digits(draw, 14)}"
    wrong = (int(iban.calc_check_digits(f"GB00{account}")) + 1) % 97
    return _spaced(f"GB{wrong:02d}{account}")


def _bytes(pseudonym: str, between: str) -> str:
    return between.join(pseudonym[place : place + 2] for place in range(0, 8, 2))


_Form = Callable[["Faker", random.Random, str], str]
_FORMS: dict[str, _Form] = {
    "PERSON": lambda fake, draw, name: f"{fake.first_name()} {fake.last_name()}",
    "ADDRESS": lambda fake, draw, name: f"{fake.street_address()}, {fake.city()}",
    "LOCATION": lambda fake, draw, name: str(fake.city()),
    "ORGANISATION": lambda fake, draw, name: str(fake.company()),
    "EMAIL": lambda fake, draw, name: f"{fake.user_name()}.{int(name, 16):x}@example.com",
    "HANDLE": lambda fake, draw, name: f"@{fake.user_name()}_{int(name, 16):x}",
    "URL": lambda fake, draw, name: f"https://example.org/{int(name, 16):x}",
    # 555-01XX is kept for fiction
    "PHONE": lambda fake, draw, name: f"({draw.randrange(201, 990)}) 555-01{_digits(draw, 2)}",
    "IP": lambda fake, draw, name: f"2001:db8::{name[:4]}:{name[4:]}",  # RFC 3849
    "MAC": lambda fake, draw, name: f"02:00:{_bytes(name, ':')}",  # locally administered
    "CARD": lambda fake, draw, name: _card(draw),
    "IBAN": lambda fake, draw, name: _iban(draw),
    # no area number begins with 9, and no group is 00
    "NATIONAL_ID": lambda fake, draw, name: f"9{_digits(draw, 2)}-00-{_digits(draw, 4)}",
    "TAX_ID": lambda fake, draw, name: f"00-{_digits(draw, 7)}",
    "PASSPORT": lambda fake, draw, name: f"X{_digits(draw, 8)}",
    "CRYPTO": lambda fake, draw, name: f"0x{'0' * 32}{name}",
    "BIRTH_DATE": lambda fake, draw, name: _day(draw).isoformat(),
    "DATE": lambda fake, draw, name: _day(draw).isoformat(),
    "AGE": lambda fake, draw, name: str(draw.randrange(18, 90)),
}
_CHINESE: dict[str, _Form] = {
    "PERSON": lambda fake, draw, name: f"{fake.last_name()}{fake.first_name()}",
    "ADDRESS": lambda fake, draw, name: f"{fake.province()}{fake.city()}{fake.street_address()}",
    "PHONE": lambda fake, draw, name: f"120{_digits(draw, 8)}",  # no mobile begins with 120
    "NATIONAL_ID": lambda fake, draw, name: _resident_id(draw),
}


@cache
def _faker(language: str) -> "Faker":
    from faker import Faker

    return Faker(_LOCALES[language], use_weighting=False)
