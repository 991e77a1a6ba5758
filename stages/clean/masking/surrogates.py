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
from stdnum import luhn

from stages.artifacts import StageError
from stages.clean.masking.marks import MARK, mark

if TYPE_CHECKING:
    from faker import Faker

_FIRST = date(1945, 1, 1).toordinal()
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
    draw = fake.random
    tag = pseudonym.lstrip("0") or "0"
    match kind:
        case "PERSON":
            name = fake.last_name(), fake.first_name()
            return "".join(name) if language == "zh" else " ".join(reversed(name))
        case "ADDRESS":
            if language == "zh":
                return f"{fake.province()}{fake.city()}{fake.street_address()}"
            return f"{fake.street_address()}, {fake.city()}"
        case "EMAIL":
            return f"{fake.user_name()}.{tag}@example.com"
        case "URL":
            return f"https://example.org/{tag}"
        case "HANDLE":
            return f"@{fake.user_name()}_{tag}"
        case "PHONE":
            return _phone(draw, language)
        case "IP":  # RFC 3849
            return f"2001:db8::{pseudonym[:4]}:{pseudonym[4:]}"
        case "MAC":  # locally administered
            return "02:00:" + ":".join(pseudonym[place : place + 2] for place in range(0, 8, 2))
        case "CARD":
            return _card(draw)
        case "BIRTH_DATE":
            return str(date.fromordinal(_FIRST + draw.randrange(60 * 365)))
        case _:
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


def _phone(draw: random.Random, language: str) -> str:
    """A number that nobody has: 555-01XX is kept for fiction, and no Chinese mobile begins with 120."""
    if language == "zh":
        return f"120{draw.randrange(10**8):08d}"
    return f"({draw.randrange(201, 990)}) 555-01{draw.randrange(100):02d}"


def _card(draw: random.Random) -> str:
    body = f"4{draw.randrange(10**14):014d}"
    wrong = (int(luhn.calc_check_digit(body)) + draw.randrange(1, 10)) % 10
    digits = f"{body}{wrong}"
    return " ".join(digits[place : place + 4] for place in range(0, 16, 4))


@cache
def _faker(language: str) -> "Faker":
    from faker import Faker

    return Faker(_LOCALES[language], use_weighting=False)
