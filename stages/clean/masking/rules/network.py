"""Addresses of machines."""

import ipaddress

from stages.clean.masking.rules.base import Rule


def _address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _ip6(value: str) -> bool:
    return (
        len(value) >= 6
        and value.count(":") >= 2
        and any(letter.isdigit() for letter in value)
        and _address(value)
    )


def _ip4(value: str) -> bool:
    # Five numbers are no address; a leading zero is read as what people mean by it.
    return _address(".".join(str(int(part)) for part in value.split(".")))


RULES = (
    Rule(
        "IP", "ip4", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3,7}", "0-9.vV", "0-9", validate=_ip4, digits=4, score=1.0
    ),
    Rule(
        "IP",
        "ip6",
        r"(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]{1,4})?",
        before="0-9A-Za-z:",
        after="0-9A-Za-z:",
        validate=_ip6,
        digits=1,
        score=1.0,
    ),
    Rule(
        "MAC",
        "mac",
        r"(?:[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2})",
        before="0-9A-Za-z:-",
        after="0-9A-Za-z:-",
        digits=1,
        score=1.0,
    ),
)
