"""Parts of postal addresses that a pattern tells; the tagger finds the others."""

from stages.clean.masking.rules.base import Rule, words

_STREETS = words(
    "Street,St,Avenue,Ave,Road,Rd,Lane,Ln,Drive,Dr,Boulevard,Blvd,Court,Ct,Place,Pl,Terrace,Way,Close",
    "Crescent,Square,Sq,Highway,Hwy,Parkway,Pkwy",
)

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
        rf"[0-9]{{1,5}}[A-Za-z]? (?:[NSEW]\.? )?(?:[A-Z][A-Za-z'’.-]+ ){{1,3}}{_STREETS}\.?",
        before="0-9A-Za-z",
        after="A-Za-z",
        digits=1,
        score=0.8,
    ),
)
