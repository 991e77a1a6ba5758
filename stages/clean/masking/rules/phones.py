"""Telephone numbers: valid ones of the regions and of any country code, common shapes, any in context."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from stages.artifacts import StageError
from stages.clean.masking.rules.base import Rule, listed, words

_CUES = words(
    "telephone,phone number,phone,tel,mobile,cellphone,cell,fax,whatsapp,call me at,call me on,text me at",
    "call,contact number,reach me at,dial,ring,message me on,messages to,sms to,text to,hotline,landline",
    "电话,手机,手机号,联系方式,联系电话,热线,传真,座机,微信同号,致电,拨打",
)
_LABELS = words("office,fax,mobile,cell,home,work,desk,direct,tel,phone")
_NUMBER = r"\+?\(?[0-9](?:[ .()/-]{0,3}[0-9]){6,40}"
_EXTENSION = r"(?: ?(?:x|ext\.?|extension) ?[0-9]{1,6})?"
_GROUP = re.compile("[0-9]+")
_BETWEEN = re.compile("[^0-9]+")
_NOT_A_PHONE = re.compile(
    r"[0-9]{1,3}\.[0-9]+"  # a decimal
    r"|(?:19|20)[0-9]{2}[-/.]?[01]?[0-9][-/.]?[0-3]?[0-9](?:[ -]+[0-9]{1,2}[. -]?[0-9]{0,2}){0,2}"  # a date
    r"|(?:(?:19|20)[0-9]{2}[ /-]*){2,4}"  # years
    r"|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:19|20)[0-9]{2}(?:[ -]+[0-9]{1,2}[. -]?[0-9]{0,2}){0,2}"
)
_KINDS = listed(
    "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail"
)


def _national(regions: Sequence[str]) -> Callable[[str], Iterator[tuple[int, int]]]:
    shapes = [_shape(region) for region in regions]

    def narrow(value: str) -> Iterator[tuple[int, int]]:
        if _NOT_A_PHONE.fullmatch(value):
            return
        done = 0
        for start, end, digits in _runs(value):
            if start >= done and any(shape.fullmatch(digits) for shape in shapes):
                yield start, end + _extension(value, end)
                done = end

    return narrow


def _runs(value: str) -> Iterator[tuple[int, int, str]]:
    """Runs of whole digit groups, from each group on the longest first: a number may stand between others."""
    groups = [match.span() for match in _GROUP.finditer(value)]
    for first in range(len(groups)):
        start = groups[first][0]
        while start and value[start - 1] in "(+":
            start -= 1
        for last in range(min(len(groups), first + 7), first, -1):
            end = groups[last - 1][1]
            digits = _BETWEEN.sub("", value[start:end].replace("(0)", ""))
            if 7 <= len(digits) <= 15 and not _NOT_A_PHONE.fullmatch(value[start:end]):
                yield start, end, digits


def _extension(value: str, end: int) -> int:
    found = re.match(_EXTENSION, value[end:])
    return found.end() if found else 0


def _international(value: str) -> Iterator[tuple[int, int]]:
    """The longest run from the plus on that is valid in the country of its code; all of it where none is."""
    for start, end, digits in _runs(value):
        if start == 0 and any(
            (shape := _abroad(digits[:length])) and shape.fullmatch(digits[length:]) for length in (1, 2, 3)
        ):
            yield 0, end + _extension(value, end)
            return
    yield 0, len(value)


@cache
def _abroad(code: str) -> re.Pattern[str] | None:
    """The digits that numbers of the country code may have after it."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    metadata = regions and PhoneMetadata.metadata_for_region(regions[0])
    if not metadata or not metadata.general_desc or code.startswith("0"):
        return None
    return re.compile(f"0?(?:{metadata.general_desc.national_number_pattern})")


def _shape(region: str) -> re.Pattern[str]:
    """The digits that a valid national number of the region may have, its country code before them or not."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.general_desc is None:
        raise StageError(
            f"clean.masking.phone_regions: {region} is no region; take ISO codes such as US, GB, CN"
        )
    forms = [getattr(metadata, kind) for kind in _KINDS]
    kinds = {form.national_number_pattern for form in forms if form}
    numbers = "|".join(f"(?:{pattern})" for pattern in sorted(filter(None, kinds)))
    prefix = metadata.national_prefix_for_parsing or metadata.national_prefix or ""
    rules = [form.national_prefix_formatting_rule for form in metadata.number_format]
    required = bool(rules) and all(
        rule and rule.startswith(metadata.national_prefix or "-") for rule in rules
    )
    national = f"(?:{prefix}){'' if required else '?'}" if prefix else ""
    return re.compile(f"(?:(?:(?:00|011)?{metadata.country_code})(?:{prefix})?|{national})(?:{numbers})")


def phone_rules(regions: Sequence[str]) -> tuple[Rule, ...]:
    """The rules, with the national formats of these regions.

    Raises:
        StageError: a region is none.
    """
    return (
        Rule(
            "PHONE",
            "phone-international",
            r"\+[1-9](?:[ .()/-]{0,3}[0-9]){7,14}" + _EXTENSION,
            "0-9A-Za-z+",
            "0-9",
            narrow=_international,
            gate=r"\+[1-9]",
            digits=8,
            last=True,
        ),
        Rule(
            "PHONE",
            "phone-grouped",
            r"(?:\([0-9]{2,5}\) ?[0-9]{2,4}|0[0-9]{1,4}[ ./-][0-9]{2,4}[ ./-][0-9]{2,4})"
            r"(?:[ ./-][0-9]{2,4}){0,3}" + _EXTENSION,
            "0-9A-Za-z_.,+/-",
            "0-9/-",
            narrow=_grouped,
            gate=r"\([0-9]{2,5}\) ?[0-9]{2}|0[0-9]{1,4}[ ./-][0-9]{2}",
            digits=8,
            score=0.8,
            last=True,
        ),
        Rule(
            "PHONE",
            "phone",
            _NUMBER + _EXTENSION,
            before="0-9A-Za-z_+$€£¥",
            after="0-9",
            narrow=_national(regions),
            gate=r"(?:^|[^0-9A-Za-z_+])[0-9](?:[ .()/-]{0,3}[0-9]){6}",
            digits=7,
            score=0.95,
            last=True,
        ),
        Rule(
            "PHONE",
            "phone-cn",
            r"(?:\+?(?:00)?86[ -]?)?1[3-9](?:[ -]?[0-9]){9}",
            "0-9.",
            "0-9",
            gate=r"(?:^|[^0-9.])(?:\+?(?:00)?86[ -]?)?1[3-9](?:[ -]?[0-9]){3}",
            digits=11,
        ),
        Rule(
            "PHONE",
            "phone-shape",
            r"(?:\+?[0-9]{1,3}[ .-])?(?:\([0-9]{3}\) ?|[0-9]{3}[.-])[0-9]{3}[ .-][0-9]{4}" + _EXTENSION,
            "0-9A-Za-z_.-",
            "0-9-",
            gate=r"[0-9][.)-] ?[0-9]{3}[ .-][0-9]{4}",
            digits=10,
        ),
        Rule(
            "PHONE",
            "phone-context",
            rf"{_CUES}(?:[ .:#=(,'-]|number|no|is|are|was|my|at|on|me|us|him|her|是|为|号码?){{0,12}}"
            rf"(?P<value>\+?\(?[0-9](?:[ .()/-]{{0,2}}[0-9]){{5,15}}{_EXTENSION})",
            before="A-Za-z",
            after="0-9",
            gate=rf"{_CUES}[^0-9\n]{{0,24}}[0-9]",
            ignore_case=True,
            digits=6,
            score=0.8,
            last=True,
        ),
        Rule(
            "PHONE",
            "phone-labelled",
            rf"(?P<value>\+?\(?[0-9](?:[ .()/-]{{0,2}}[0-9]){{5,15}})[ -]{{0,3}}\(?{_LABELS}",
            before="0-9A-Za-z",
            after="A-Za-z",
            gate=rf"[0-9][ -]{{0,3}}\(?{_LABELS}",
            ignore_case=True,
            digits=6,
            score=0.8,
            last=True,
        ),
    )


def _grouped(value: str) -> Iterator[tuple[int, int]]:
    """Groups with an area code in brackets or a trunk zero: eight to twelve digits that are no date."""
    number = re.sub(_EXTENSION + "$", "", value)
    if 8 <= sum(map(str.isdigit, number)) <= 12 and not _NOT_A_PHONE.fullmatch(number):
        yield 0, len(value)
