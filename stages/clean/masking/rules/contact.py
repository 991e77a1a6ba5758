"""E-mail, web addresses, handles and telephone numbers."""

import re
from collections.abc import Callable, Iterator, Sequence

from phonenumbers import Leniency, PhoneMetadata, PhoneNumberMatcher

from stages.artifacts import StageError
from stages.clean.masking.rules.base import Rule, words

_LETTERS = "A-Za-z0-9À-ÖØ-öø-ɏͰ-ӿ"
_CJK = "一-鿿"
_LABEL = f"[{_LETTERS}](?:[{_LETTERS}-]{{0,61}}[{_LETTERS}])?"
_GENERIC = words("com,org,net,edu,gov,info,biz,xyz,dev,app,io")
# Not those that are words too: after a full stop without a space they are no domain.
_COUNTRY = words("uk,ca,au,nz,ie,de,fr,nl,ch,fi,dk,pl,pt,ru,ua,cn,jp,kr,br,mx,za")
_TOP = rf"(?:{_GENERIC}(?:\.[a-z]{{2}})?|(?:co|com|org|net|ac|gov|edu)\.[a-z]{{2}}|{_COUNTRY})"
_DOMAIN = rf"(?:{_LABEL}\.){{1,5}}{_TOP}"
_TRAILING = re.compile(r"[.,;:!?)\]}'\"*_~…-]+$")

_PHONE_WORDS = words(
    "telephone,phone number,phone,tel,mobile,cellphone,cell,fax,whatsapp,call me at,call me on,text me at",
    "call,contact number,reach me at,dial,ring",
    "电话,手机,手机号,联系方式,联系电话,热线,传真,座机,微信同号",
)
_NUMBER = r"\+?\(?[0-9](?:[ .()/-]{0,3}[0-9]){6,40}"
_EXTENSION = r"(?: ?(?:x|ext\.?) ?[0-9]{1,5})?"
_NOT_A_PHONE = re.compile(
    r"[0-9]{1,3}\.[0-9]+"  # a decimal
    r"|(?:19|20)[0-9]{2}[-/.]?[01]?[0-9][-/.]?[0-3]?[0-9](?:[ -]+[0-9]{1,2}[. -]?[0-9]{0,2}){0,2}"  # a date
    r"|(?:(?:19|20)[0-9]{2}[ /-]*){2,4}"  # years
    r"|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2}(?:[ -]+[0-9]{1,2}[. -]?[0-9]{0,2}){0,2}"
)


def _trim(value: str) -> Iterator[tuple[int, int]]:
    kept = _TRAILING.sub("", value)
    if kept:
        yield 0, len(kept)


def _phones(regions: Sequence[str]) -> Callable[[str], Iterator[tuple[int, int]]]:
    shapes = [(region, _shape(region)) for region in regions]

    def narrow(value: str) -> Iterator[tuple[int, int]]:
        if _NOT_A_PHONE.fullmatch(value):
            return
        done = 0
        for start, end, digits in _runs(value):
            if start < done:
                continue
            for region, shape in shapes:
                # The matcher takes 70 microseconds, most of them to refuse: so the shape is asked first.
                if shape.fullmatch(digits) and (found := _matched(value[start:end], region)):
                    yield start + found[0], start + found[1]
                    done = end
                    break

    return narrow


def _runs(value: str) -> Iterator[tuple[int, int, str]]:
    """Runs of whole digit groups, from each group on the longest first: a number may stand between others."""
    groups = [match.span() for match in re.finditer("[0-9]+", value)]
    for first in range(len(groups)):
        start = groups[first][0]
        while start and value[start - 1] in "(+":
            start -= 1
        for last in range(min(len(groups), first + 7), first, -1):
            end = groups[last - 1][1]
            digits = re.sub("[^0-9]", "", value[start:end])
            if 7 <= len(digits) <= 15:
                yield start, end, digits


def _matched(value: str, region: str) -> tuple[int, int] | None:
    for match in PhoneNumberMatcher(value, region, leniency=Leniency.VALID, max_tries=4):
        return match.start, match.end
    return None


def _shape(region: str) -> re.Pattern[str]:
    """The digits that a national number of the region may have."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.general_desc is None:
        raise StageError(
            f"clean.masking.phone_regions: {region} is no region; take ISO codes such as US, GB, CN"
        )
    prefixes = metadata.national_prefix_for_parsing or metadata.national_prefix or ""
    country = f"(?:00|011)?{metadata.country_code}"
    return re.compile(f"(?:{country})?(?:{prefixes})?(?:{metadata.general_desc.national_number_pattern})")


def phone_rules(regions: Sequence[str]) -> tuple[Rule, ...]:
    """Telephone numbers: valid ones of the regions or with a country code, common shapes, any in context."""
    return (
        Rule(
            "PHONE",
            "phone",
            _NUMBER,
            before="0-9A-Za-z_+",
            after="0-9",
            narrow=_phones(regions),
            gate=r"[0-9](?:[ .()/-]{0,3}[0-9]){6}",
            digits=7,
            score=0.95,
            last=True,
        ),
        Rule(
            "PHONE",
            "phone-international",
            r"\+[1-9](?:[ .()/-]{0,3}[0-9]){7,14}",
            "0-9A-Za-z+",
            "0-9",
            digits=8,
            last=True,
        ),
        Rule(
            "PHONE",
            "phone-cn",
            r"(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}",
            "0-9.",
            "0-9",
            digits=11,
        ),
        Rule(
            "PHONE",
            "phone-shape",
            r"(?:\+?[0-9]{1,3}[ .-])?(?:\([0-9]{3}\) ?|[0-9]{3}[.-])[0-9]{3}[ .-][0-9]{4}" + _EXTENSION,
            "0-9A-Za-z_.-",
            "0-9-",
            digits=10,
        ),
        Rule(
            "PHONE",
            "phone-context",
            rf"{_PHONE_WORDS}(?:[ .:#=(,'-]|number|no|is|are|was|my|at|on|me|us|him|her|是|为|号码?){{0,12}}"
            rf"(?P<value>\+?\(?[0-9](?:[ .()/-]{{0,2}}[0-9]){{5,15}}{_EXTENSION})",
            before="A-Za-z",
            after="0-9",
            ignore_case=True,
            digits=6,
            score=0.8,
            last=True,
        ),
    )


RULES = (
    Rule(
        "EMAIL",
        "email",
        rf"[{_LETTERS}._%+'-]{{1,64}}@{_LABEL}(?:\.{_LABEL}){{0,6}}",
        before=f"{_LETTERS}._%+-",
        score=1.0,
        gate="@",
    ),
    Rule(
        "EMAIL",
        "email-spelled",
        rf"[{_LETTERS}._%+-]{{1,64}} ?(?:[(\[{{] ?at ?[)\]}}]| @ | at ) ?{_LABEL}"
        rf"(?: ?(?:[(\[{{] ?dot ?[)\]}}]| dot ) ?{_LABEL}){{1,4}}",
        before=f"{_LETTERS}._%+-",
        ignore_case=True,
        gate=r"dot ?[)\]}]| dot ",
    ),
    Rule(
        "EMAIL",
        "email-spaced",
        rf"[{_LETTERS}._%+-]{{1,64}} @ ?{_DOMAIN}",
        f"{_LETTERS}._%+-",
        "A-Za-z0-9",
        gate=" @",
    ),
    Rule(
        "URL",
        "url",
        rf"(?:(?:https?|ftp|sftp|wss?)://|www\.)[^\s<>\"{_CJK}，。；、！？（）【】《》]{{2,}}",
        before="A-Za-z0-9",
        narrow=_trim,
        ignore_case=True,
        score=1.0,
    ),
    Rule(
        "URL",
        "domain",
        rf"{_DOMAIN}(?:/[^\s<>\"{_CJK}，。；、！？（）]*)?",
        before=f"{_LETTERS}.@_-",
        after=f"{_LETTERS}@_-",
        narrow=_trim,
        ignore_case=True,
        score=0.8,
        gate=rf"\.{_TOP}",
    ),
    Rule(
        "HANDLE",
        "handle",
        r"@[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,38}[A-Za-z0-9_])?",
        "A-Za-z0-9_.%+-",
    ),
    Rule("HANDLE", "handle-zh", rf"@[{_CJK}][{_CJK}A-Za-z0-9_-]{{1,29}}", "A-Za-z0-9_.%+-", chinese=True),
    Rule("HANDLE", "handle-reddit", r"/?u/[A-Za-z0-9_-]{3,20}", "A-Za-z0-9_./", "A-Za-z0-9_/"),
    Rule(
        "HANDLE",
        "handle-context",
        words(
            "微信号",
            "微信",
            "qq号",
            "qq",
            "wechat",
            "skype",
            "telegram",
            "snapchat",
            "instagram",
            "用户名",
            "user name",
        )
        + r"(?: id| name|号码?)?(?: is|[:：=是为])[ :：]*(?P<value>[A-Za-z0-9_][A-Za-z0-9_.-]{3,29})",
        before="A-Za-z",
        ignore_case=True,
        score=0.8,
    ),
)
