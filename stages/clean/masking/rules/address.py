"""Parts of postal addresses that a pattern tells; the tagger finds others, `joining` joins them."""

import re
from collections.abc import Iterator

from stages.clean.masking.rules.base import Rule, words

_UPPER = "A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я"
_LOWER = "A-Za-zÀ-ÖØ-öø-ÿĀ-žΆ-ώА-я"
_WORD = rf"(?:[{_UPPER}][{_LOWER}'’.-]*)"
_HOUSE = "[0-9]{1,5}(?:[A-Za-z]|[ /-][0-9]{1,4})?"
_STREETS = words(
    "Street,St,Avenue,Ave,Road,Rd,Lane,Ln,Drive,Dr,Boulevard,Blvd,Court,Ct,Place,Pl,Terrace,Way,Close",
    "Crescent,Square,Sq,Highway,Hwy,Parkway,Pkwy,Circle,Cir,Trail,Trl,Alley,Row,Walk,Gardens,Grove,Mews,Hill",
    "Plaza,Pike,Turnpike,Route,Loop,Path,Str,str",
)
_ENDINGS = words(
    "strasse,straße,str.,weg,gasse,platz,allee,ufer,ring,damm".replace(".", r"\."),
    "straat,laan,gracht,plein,kade,dreef,gatan,vägen,gränd,stigen,väg,gata,vej,gade,stræde,gate,veien,vegen",
    "vænget,katu,tie,kuja,polku,tänav,tee,iela,gatvė,gata,götu,vegur,utca,út",
)
"""In Germanic and Finnic languages the word for a street ends its name, and the number follows."""
_OPENINGS = words(
    "rue,avenue,boulevard,place,chemin,allée,impasse,quai,cours,route,via,viale,piazza,corso,vicolo,largo,strada",
    "contrada,calle,avenida,plaza,paseo,camino,carrer,carretera,rúa,ronda,avinguda,rua,travessa,praça,estrada",
    "ulica,ulice,aleja,osiedle,náměstí,třída,улица,проспект,jalan,odos,str,bulevardul",
    r"C/,ul\.,al\.,os\.,pl\.,ul,av\.,avda\.,bd\.,nám\.,ул\.,пр\.",
)
"""In the Romance and Slavic ones it comes first."""
_LINKS = (
    r"(?:(?:de|del|della|delle|dei|degli|di|da|do|dos|das|du|des|la|las|le|les|los|el|l['’]|d['’]|von|van|der|den)"
    r" ?)"
)
_AFTERS = words(
    "utca,útja,utcája,tér,tere,körút,rakpart,rkp.,u.,út,sokak,sok.,caddesi,cad.".replace(".", r"\.")
)
"""In Hungarian and Turkish it follows as a word of its own."""


def _numbered(value: str) -> Iterator[tuple[int, int]]:
    if re.search("[0-9]", value):
        yield 0, len(value)


RULES = (
    Rule(
        "ADDRESS",
        "postcode-context",
        words("zip code", "zipcode", "zip", "postcode", "postal code", "post code", "邮编", "邮政编码")
        + r"(?:[ .:=(,]|is|was|my|:|是|为){0,8}(?P<value>[0-9A-Z]{2,5}(?:[ -]?[0-9][0-9A-Z]{1,4})?)",
        before="A-Za-z",
        after="0-9A-Za-z",
        validate=lambda value: any(map(str.isdigit, value)),
        digits=2,
        ignore_case=True,
        score=0.8,
    ),
    Rule(
        "ADDRESS",
        "gb-postcode",
        r"(?:[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2})",
        before="0-9A-Za-z",
        after="0-9A-Za-z",
        digits=2,
        score=0.8,
    ),
    Rule(
        "ADDRESS",
        "street",
        rf"{_HOUSE},? (?:[NSEW]\.? )?(?:{_WORD} |[0-9]{{1,3}}(?:st|nd|rd|th) ){{1,4}}{_STREETS}\.?",
        before="0-9A-Za-z",
        after="A-Za-z",
        gate=rf"[A-Za-z.] {_STREETS}|[0-9](?:st|nd|rd|th) {_STREETS}",
        digits=1,
        score=0.8,
    ),
    Rule(
        "ADDRESS",
        "street-ending",
        rf"(?:{_HOUSE},? )?(?:{_WORD} ){{0,2}}[{_UPPER}][{_LOWER}-]*{_ENDINGS} {_HOUSE}",
        before="0-9" + _LOWER,
        after=_LOWER + "0-9",
        gate=rf"{_ENDINGS} [0-9]",
        digits=1,
        score=0.8,
    ),
    Rule(
        "ADDRESS",
        "street-opening",
        rf"(?:{_HOUSE},? )?(?i:{_OPENINGS}) {_LINKS}{{0,3}}{_WORD}(?: {_LINKS}{{0,2}}{_WORD}){{0,4}}"
        rf"(?:,? {_HOUSE})?",
        before="0-9" + _LOWER,
        after=_LOWER + "0-9",
        narrow=_numbered,
        gate=rf"(?i:{_OPENINGS}) {_LINKS}{{0,3}}[{_UPPER}]",
        digits=1,
        score=0.8,
    ),
    Rule(
        "ADDRESS",
        "street-after",
        rf"(?:{_HOUSE},? )?{_WORD}(?: [{_LOWER}]+){{0,2}} {_AFTERS} {_HOUSE}\.?",
        before="0-9" + _LOWER,
        after=_LOWER + "0-9",
        gate=rf" {_AFTERS} [0-9]",
        digits=1,
        score=0.8,
    ),
    Rule(
        "ADDRESS",
        "corner",
        rf"(?:the )?corner of (?:[{_UPPER}0-9][{_LOWER}0-9'’.-]*,? (?:{_LINKS})?){{1,6}}(?:and|&)"
        rf" (?:[0-9]+ )?{_WORD}(?: {_WORD}){{0,3}}",
        before="0-9A-Za-z",
        after=_LOWER,
        gate="corner of ",
        score=0.8,
    ),
    Rule(
        "ADDRESS",
        "po-box",
        r"(?:[0-9]{1,5} )?(?:p\.? ?o\.? ?box|post office box|postfach|boîte postale|apartado(?: postal)?)"
        r" (?:no\.? ?)?#?[0-9]{1,6}",
        before="0-9A-Za-z",
        after="0-9A-Za-z",
        ignore_case=True,
        digits=1,
    ),
    Rule(
        "ADDRESS",
        "military",
        r"(?:(?:(?:psc|cmr|unit) [0-9]{1,5}(?:,? box [0-9]{1,5})?|(?:uss|usns|usnv|uscgc|hms) [a-z'-]+)"
        r"[\s,]{1,3})?(?:apo|fpo|dpo),? a[aep],? [0-9]{5}(?:-[0-9]{4})?",
        before="0-9A-Za-z",
        after="0-9A-Za-z",
        gate=r"(?:psc|cmr|unit) [0-9]|(?:uss|usns|usnv|uscgc|hms) [a-z]|[afd]po,? a[aep]",
        beyond=60,
        ignore_case=True,
    ),
    Rule(
        "ADDRESS",
        "address-zh",
        r"(?:[一-鿿]{2,8}(?:省|自治区))?(?:[一-鿿]{2,8}(?:市|自治州|盟))?(?:[一-鿿]{1,8}(?:区|县|旗))?"
        r"(?:[一-鿿]{1,8}(?:镇|乡|街道))?[一-鿿0-9]{1,12}(?:路|街|大道|巷|弄|胡同|道|村|小区|花园|苑)"
        r"[0-9一二三四五六七八九十百甲乙]{1,6}(?:号|弄|栋|幢|巷|组)"
        r"(?:[0-9A-Za-z一二三四五六七八九十-]{1,6}(?:号楼|栋|幢|座|单元|层|楼|室|号|户)){0,4}",
        gate=r"(?:路|街|大道|巷|弄|胡同|道|村|小区|花园|苑)[0-9一二三四五六七八九十百甲乙]{1,6}(?:号|弄|栋|幢|巷|组)",
        chinese=True,
        score=0.8,
    ),
)
