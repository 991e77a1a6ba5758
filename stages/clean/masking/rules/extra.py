"""What tells of nobody by itself, and is found only where a user asks for it: `spans.EXTRA_TYPES`."""

import re
from collections.abc import Iterator

from stages.clean.masking.rules.base import Rule, listed, words
from stages.clean.masking.rules.identity import MONTHS
from stages.clean.masking.rules.names import NOT_NAMES, TITLES
from stages.clean.masking.rules.places import COUNTRIES, NATIONALITIES, SHORT, STATES

_UPPER = "A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΫА-Я"
_LOWER = "A-Za-zÀ-ÖØ-öø-ÿĀ-žΆ-ώА-я"
_WORD = rf"[{_UPPER}0-9][{_LOWER}0-9&.'’-]*[{_LOWER}0-9]"
_FORMS = words(
    "Inc,Inc.,LLC,L.L.C.,Ltd,Ltd.,Limited,Corp,Corp.,Corporation,Company,Co.,PLC,plc,LLP,LP,GmbH,AG,SE,KG,S.A.".replace(
        ".", r"\."
    ),
    "SA,S.p.A.,SpA,S.r.l.,SARL,SAS,BV,B.V.,NV,N.V.,AB,ASA,Oy,Oyj,Kft,Zrt,A/S,ApS,Pty,Pvt,Group,Holdings".replace(
        ".", r"\."
    ),
    "Technologies,Technology,Systems,Solutions,Software,Labs,Laboratories,Consulting,Partners,Capital,Ventures",
    "Insurance,Bank,Financial,Securities,Investments,Industries,Enterprises,Services,Media,Networks,Network,Studios",
    "Records,Airlines,Airways,Motors,Energy,Pharmaceuticals,Pharma,Research,Analytics,Data,Institute,University",
    "College,School,Academy,Hospital,Clinic,Foundation,Association,Society,Agency,Authority,Commission,Council",
    "Ministry,Department,Committee,Federation,Union,Church,Museum,Library,Press,News,Times,Journal,Magazine",
    "Hotel,Restaurant,Airport,Club,Orchestra,Band,Theatre,Theater,Company,Stores,Foods,Brothers,Sons",
)
_OF = r"(?: (?:of|for|and|&|de|the) (?:the )?| )"
_SENTENCE_WORDS = NOT_NAMES | frozenset(
    listed(
        """
        about above after again against ago also although always among another around away back because been
        before being below best better between bill both business call came card come contact did different
        directed down during each either else enough even ever every example few find first follow found full
        further give go god hence however i'd i'll i've into it's know last later lets let's like line list
        little look made make many maybe might mine most mr mrs ms must name near need never next nobody none
        nor nothing number often old once only open order other others ours over own part perhaps please put
        quite rather read really same say see send several should since still such sure take tell than though
        through thus time together true under until used using usually via want way were whatever whenever
        whether while whole whom whose within without work write yet dear english
        ceo cto cfo usa uk tv pc id url dvd cd ok faq pin atm dob ssn zip phone mobile fax tel email e-mail
        address street city state country
        god gods lord devil satan heaven hell bible christmas easter halloween internet web wi-fi bot sql html
        january february march april may june july august september october november december
        """
    )
)
"""Words that begin with a capital without naming anything."""


_ABSTRACT = re.compile(
    "[a-z](?:dom|ness|ity|tion|sion|ment|ship|ism|hood|ance|ence|tude|logy|ics|pline|ing|able|ible|ous|ful|less)$"
)
"""Ends of words for ideas, which some write with capitals."""


def _proper(value: str) -> Iterator[tuple[int, int]]:
    """The capitalised words inside of a sentence: its first word and common words aside."""
    if value.upper() == value and len(value) > 12:
        return
    for match in re.finditer(rf"{_WORD}(?: (?:of |& )?{_WORD})*", value):
        parts = list(re.finditer(r"\S+", match.group()))
        while parts and parts[0].group().strip(".,'’").lower() in _SENTENCE_WORDS:
            parts = parts[1:]
        while parts and parts[-1].group().strip(".,'’").lower() in _SENTENCE_WORDS:
            parts = parts[:-1]
        if len(parts) == 1 and _ABSTRACT.search(parts[0].group()):
            continue
        if parts and any(letter.isalpha() for letter in parts[0].group()):
            yield match.start() + parts[0].start(), match.start() + parts[-1].end()


RULES = (
    Rule(
        "TITLE",
        "title",
        rf"(?P<value>{TITLES}\.?) ?(?:\[|[{_UPPER}])",
        before=_LOWER,
        score=0.8,
    ),
    Rule("NATIONALITY", "nationality", rf"{NATIONALITIES}s?", _LOWER, _LOWER, ignore_case=True, score=0.8),
    Rule("LOCATION", "country", rf"{COUNTRIES}|{STATES}", _LOWER, _LOWER, ignore_case=True, score=0.8),
    Rule("LOCATION", "country-short", SHORT, _LOWER, _LOWER, score=0.8),
    Rule(
        "DATE",
        "date",
        r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}"
        rf"|{MONTHS}\.? ?[0-9]{{1,2}}(?:st|nd|rd|th)?(?:,? ?[0-9]{{4}})?|{MONTHS},? [0-9]{{4}}"
        rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)?[ -]?{MONTHS}\.?(?:,?[ -]?[0-9]{{4}})?"
        r"|[0-9]{4}年(?:[0-9]{1,2}月(?:[0-9]{1,2}[日号])?)?|[0-9]{1,2}月[0-9]{1,2}[日号]",
        before="0-9A-Za-z./-",
        after="0-9A-Za-z/",
        digits=1,
        ignore_case=True,
        score=0.8,
    ),
    Rule(
        "DATE",
        "year",
        r"(?:1[89]|20)[0-9]{2}s?",
        before="0-9A-Za-z$#/.,:+-",
        after="0-9A-Za-z/:%-",
        digits=4,
        score=0.6,
        last=True,
    ),
    Rule(
        "DATE",
        "weekday",
        words("Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday"),
        _LOWER,
        _LOWER,
        score=0.6,
    ),
    Rule(
        "ORGANISATION",
        "company",
        rf"(?:{_WORD}{_OF}){{1,4}}{_FORMS}",
        before=_LOWER,
        after=_LOWER,
        score=0.8,
    ),
    Rule(
        "ORGANISATION",
        "partners",
        rf"{_WORD}(?:, {_WORD})*,? (?:and|&) {_WORD}",
        before=_LOWER,
        after=_LOWER,
        validate=lambda value: "," in value or "&" in value,
        score=0.6,
    ),
    Rule(
        "ORGANISATION",
        "employer",
        r"(?i:work(?:s|ed|ing)? (?:for|at|with)|employed (?:by|at)|job at|(?:is|are|was) from|founded|joined"
        r"|became|support|company|(?:ceo|cto|cfo|founder|director|head|president|chairman|employees?|manager"
        r"|member|owner) (?:of|at))"
        rf" (?P<value>{_WORD}(?: {_WORD}){{0,3}})",
        before=_LOWER,
        score=0.6,
    ),
    Rule(
        "ORGANISATION",
        "proper-noun",
        rf"[{_LOWER}0-9,;:)\"'’”] +(?P<value>{_WORD}(?: (?:of |& )?{_WORD}){{0,4}})",
        after=_LOWER,
        narrow=_proper,
        score=0.4,
    ),
)
"""`extra_rules` takes those that are asked for. A proper noun may be a person, a firm, a place or a work."""
