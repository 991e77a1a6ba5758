"""E-mail, web addresses and handles."""

import re
from collections.abc import Iterator

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


def _trim(value: str) -> Iterator[tuple[int, int]]:
    kept = _TRAILING.sub("", value)
    if kept:
        yield 0, len(kept)


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
    # of letters, digits, _ and -, with Chinese anywhere among them: a microblog reads it up to any other sign
    Rule(
        "HANDLE",
        "handle-zh",
        rf"@(?:[A-Za-z0-9_-]{{1,20}}[{_CJK}]|[{_CJK}][{_CJK}A-Za-z0-9_-])[{_CJK}A-Za-z0-9_-]{{0,28}}",
        "A-Za-z0-9_.%+-",
        chinese=True,
    ),
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
