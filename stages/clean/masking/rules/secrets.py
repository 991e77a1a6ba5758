"""Credentials: what opens a door must never reach a model."""

import re

from stages.clean.masking.rules.base import Rule, words

_LETTERS = "A-Za-z0-9_-"
_PREFIXED = (
    r"(?:(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}"  # AWS
    # GitHub, GitLab
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,64}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,255}"  # Slack
    r"|sk-[A-Za-z0-9_-]{20,255}"  # OpenAI, Anthropic
    r"|[rsp]k_(?:live|test)_[A-Za-z0-9]{16,255}"  # Stripe
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,255}"  # Google
    r"|hf_[A-Za-z0-9]{30,64}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,255}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})"
)
_NAMES = words(
    "password,passwd,passcode,passphrase,pwd,pass word,login pin,pin code,pin number,pin",
    "api key,api-key,api_key,apikey,secret key,secret_key,access key,access_key,access token,access_token",
    "auth token,auth_token,client secret,client_secret,private key,private_key,secret,token",
    "密码,口令,验证码,密钥,支付密码,登录密码",
)
_MIXED = re.compile(r"[0-9!#$%^&*_+=~]")


def _mixed(value: str) -> bool:
    """Not a plain word: `the password is wrong` gives nothing away."""
    return bool(_MIXED.search(value))


RULES = (
    Rule("SECRET", "token", _PREFIXED, _LETTERS, score=1.0),
    Rule(
        "SECRET",
        "jwt",
        r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
        _LETTERS,
        score=1.0,
    ),
    Rule(
        "SECRET",
        "private-key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"[^-]*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
        gate="PRIVATE KEY",
        beyond=20_000,
        score=1.0,
    ),
    Rule(
        "SECRET",
        "bearer",
        r"bearer +(?P<value>[A-Za-z0-9._~+/=-]{16,})",
        "A-Za-z",
        ignore_case=True,
    ),
    Rule(
        "SECRET",
        "assigned",
        rf"{_NAMES}[\"']? *(?:[:=：]|=>|是[:：]?|为[:：]?) *[\"']?(?P<value>[^\s\"',;，。；、]{{4,200}})",
        before="A-Za-z",
        ignore_case=True,
    ),
    Rule(
        "SECRET",
        "spoken",
        rf"{_NAMES}(?: is| was|:| to)+ +[\"']?(?P<value>[^\s\"',;，。；、]{{4,200}})",
        before="A-Za-z",
        validate=_mixed,
        ignore_case=True,
        score=0.8,
    ),
)
