"""National ids with check digits, ids and dates of birth in context."""

import re
from collections.abc import Callable

from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.cn import uscc
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.pl import pesel
from stdnum.us import ssn

from stages.clean.masking.checksums import resident_id
from stages.clean.masking.rules.base import Rule, words

_EDGE = "0-9A-Za-z"
_GB_LICENCE = 16
_FILLER = r"(?:[ .:#=(,'-]|number|num|no|nr|id|is|was|my|:|是|为|号码?){0,12}"
_CODE = r"(?P<value>[A-Z]{0,4}[ -]?[0-9][A-Z0-9]{0,3}(?:[ -]?[A-Z0-9]{1,4}){1,6})"
MONTHS = words(
    "january,february,march,april,may,june,july,august,september,october,november,december",
    "jan,feb,mar,apr,jun,jul,aug,sep,sept,oct,nov,dec",
)
_DATE = (
    r"(?:[0-9]{4}[ ]?[-/.年][ ]?[0-9]{1,2}(?:[ ]?[-/.月][ ]?[0-9]{1,2} ?[日号]?|月)?"
    r"|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{2,4}"
    rf"|{MONTHS}\.? ?[0-9]{{1,2}}(?:st|nd|rd|th)?,? ?(?:[0-9]{{4}})?"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)?[ -]?{MONTHS}\.?,?[ -]?(?:[0-9]{{4}})?"
    rf"|{MONTHS},? [0-9]{{4}}|(?:19|20)[0-9]{{2}}年?|[0-9]{{1,2}}月[0-9]{{1,2}}[日号]?)"
)
_BORN = words(
    "born on,born in,born,dob,d.o.b.,d.o.b,date of birth,birth date,birthdate,birthday,bday",
    "出生日期,出生年月,出生于,出生在,出生,生日,生于",
)


def _digits_with(check: Callable[[str], bool]) -> Callable[[str], bool]:
    """A validator that ignores spaces and hyphens and refuses one digit repeated."""

    def valid(value: str) -> bool:
        compact = re.sub(r"[ .-]", "", value)
        return len(set(compact)) > 2 and bool(check(compact))

    return valid


def _has_digits(value: str) -> bool:
    return sum(letter.isdigit() for letter in value) >= 4


def _id(
    name: str, pattern: str, check: Callable[[str], bool], digits: int, kind: str = "NATIONAL_ID"
) -> Rule:
    return Rule(
        kind,
        name,
        pattern,
        _EDGE,
        _EDGE,
        validate=_digits_with(check),
        digits=digits,
        ignore_case=True,
        score=1.0,
    )


def _context(kind: str, name: str, cues: str) -> Rule:
    return Rule(
        kind,
        name,
        rf"{cues}{_FILLER}{_CODE}",
        before="A-Za-z",
        after=_EDGE,
        validate=_has_digits,
        digits=4,
        ignore_case=True,
        score=0.8,
    )


RULES = (
    Rule("NATIONAL_ID", "us-ssn", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", "0-9-", "0-9-", digits=9, score=0.95),
    _id("us-ssn-spaced", r"[0-9]{3} [0-9]{2} [0-9]{4}", ssn.is_valid, 9),
    _id("cn-resident-id", r"[0-9](?:[ -]?[0-9]){16}[ -]?[0-9X]", resident_id, 17),
    _id("cn-uscc", r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", uscc.is_valid, 8, "TAX_ID"),
    Rule(
        "NATIONAL_ID",
        "gb-nino",
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
        _EDGE,
        _EDGE,
        digits=6,
        ignore_case=True,
    ),
    _id("es-dni", r"[0-9]{8}-?[A-Z]", dni.is_valid, 8),
    _id("es-nie", r"[XYZ]-?[0-9]{7}-?[A-Z]", nie.is_valid, 7),
    _id("it-codice-fiscale", r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]", codicefiscale.is_valid, 7),
    _id("fr-nir", r"[12](?:[ -]?[0-9]{2}){3}(?:[ -]?[0-9]{3}){2}[ -]?[0-9]{2}", nir.is_valid, 15),
    _id("de-idnr", r"[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", idnr.is_valid, 11),
    _id("pl-pesel", r"[0-9]{11}", pesel.is_valid, 11),
    Rule(
        "NATIONAL_ID",
        "fi-hetu",
        r"[0-9]{6}[-+A][0-9]{3}[0-9A-Y]",
        _EDGE,
        _EDGE,
        hetu.is_valid,
        digits=9,
        score=1.0,
    ),
    _id("ca-sin", r"[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}", sin.is_valid, 9),
    _id("gb-nhs", r"[0-9]{3} [0-9]{3} [0-9]{4}", nhs.is_valid, 10),
    Rule(
        "LICENCE",
        "gb-driving-licence",
        r"[A-Z]{1,5}9{0,4}[0-9](?:[05][1-9]|[16][0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9][A-Z9]{2}[0-9][A-Z]{2}",
        _EDGE,
        _EDGE,
        validate=lambda value: len(value) == _GB_LICENCE,
        digits=7,
    ),
    _id("br-cpf", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", cpf.is_valid, 11),
    _id("in-aadhaar", r"[0-9]{4} [0-9]{4} [0-9]{4}", aadhaar.is_valid, 12),
    _id("kr-rrn", r"[0-9]{6}-[0-9]{7}", rrn.is_valid, 13),
    _context(
        "NATIONAL_ID",
        "national-id-context",
        words(
            "social security number,social security,ssn,ss#,nhs number,nhs,national insurance",
            "nino,national id,identity card",
            "身份证号码,身份证号,身份证,证件号码,证件号,证件",
        ),
    ),
    _context(
        "TAX_ID",
        "tax-id-context",
        words("tax id,tax number,tax identification number,tin,itin,ein,vat number,纳税人识别号,税号"),
    ),
    _context("PASSPORT", "passport-context", words("passport", "护照", "港澳通行证", "通行证")),
    _context(
        "LICENCE",
        "licence-context",
        words(
            "driver's license,drivers license,driver license,driving licence,driver's licence",
            "driving license,driving licence number",
            "驾驶证,驾照,驾驶证号,档案编号",
        ),
    ),
    Rule(
        "BIRTH_DATE",
        "birth-date",
        rf"{_BORN}(?:[ .:=(,'-]|is|was|on|in|my|:|是|为|在|于|the){{0,10}}(?P<value>{_DATE})",
        before="A-Za-z",
        after="0-9",
        digits=1,
        ignore_case=True,
    ),
    Rule(
        "BIRTH_DATE",
        "birth-date-before",
        r"(?P<value>[0-9]{4}[-/.年] ?[0-9]{1,2}(?:[-/.月] ?[0-9]{1,2} ?[日号]?|月)?|[0-9]{4}年)"
        r"(?:出生|生人|生于)",
        chinese=True,
        before="0-9",
        digits=4,
    ),
)
