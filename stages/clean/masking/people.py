"""Made-up people: every value is drawn at random, and every check digit is right."""

import hashlib
import random
import string
from collections.abc import Callable
from datetime import date, timedelta

import phonenumbers
from stdnum import iban, luhn
from stdnum.iso7064 import mod_11_2
from stdnum.us import ssn

from stages.clean.masking.checksums import BASE58
from stages.clean.masking.rules.base import listed

_GIVEN = listed(
    """
    Amara Olivia James Sofia Mateo Aisha Yusuf Priya Arjun Mei Hiroshi Fatima Omar Ingrid Lars Chloe
    Pierre Giulia Marco Katarzyna Piotr Anastasia Dmitri Kwame Zanele Thandiwe Carlos Lucia Beatriz Joao
    Emily Michael Jennifer David Sarah Robert Jessica Daniel Karen Brian Deborah Kevin Siobhan Niamh
    Rhys Nadia Leila Tariq Samira Nguyen Linh Minji Haruto Sakura Ravi Deepa Abdul Zainab Elena Viktor
    """
)
_FAMILY = listed(
    """
    Okafor Johnson Martinez Garcia Khan Patel Sharma Tanaka Nakamura Larsson Nielsen Dubois Moreau Rossi
    Bianchi Kowalski Nowak Ivanov Petrov Mensah Dlamini Ferreira Oliveira Thompson Anderson Williams
    Miller Wilson Robinson Murphy Kelly Evans Hughes Haddad Rahman Hussain Tran Pham Kim Park Suzuki
    Yamamoto Gupta Reddy Schneider Weber Fischer Novak Horvat Papadopoulos Andersen Virtanen Goldberg
    Cohen Rodriguez Hernandez Sanchez Castillo Mitchell Campbell
    """
)
_FAMILY_ZH = listed(
    """
    王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 董
    萧 程 曹 袁 邓 许 傅 沈 欧阳 司马 上官 诸葛
    """
)
_GIVEN_ZH = listed(
    """
    伟 芳 娜 敏 静 秀英 丽 强 磊 洋 艳 勇 军 杰 娟 涛 超 明霞 秀兰 刚 平 桂英 志强 建国 欣怡
    子轩 梓涵 雨桐 浩然 诗涵 俊熙 思远 佳琪 博文 晓燕 海涛 国栋 雪梅 文静 宇航
    """
)
_ROMAN = listed(
    """
    wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin
    """
)
_HOSTS = ("example.com", "example.org", "mail.example.net", "post.example.co.uk")
_REGIONS_ZH = ("110101", "310104", "440106", "510107", "330106", "420106", "320102", "610113")
_AREAS = ("212", "415", "312", "646", "713", "206", "303", "617", "404", "503")


def person(draw: random.Random, language: str) -> dict[str, str]:
    """One person's values by type."""
    given, family = draw.choice(_GIVEN), draw.choice(_FAMILY)
    born = date(1940, 1, 1) + timedelta(days=draw.randrange(24000))
    chinese = language == "zh"
    account = (f"{given}.{family}" if not chinese else draw.choice(_ROMAN) + _letters(draw, 4)).lower()
    account += str(draw.randrange(10, 9999))
    return {
        "PERSON": draw.choice(_FAMILY_ZH) + draw.choice(_GIVEN_ZH) if chinese else f"{given} {family}",
        "EMAIL": f"{account}@{draw.choice(_HOSTS)}",
        "PHONE": _mobile_zh(draw) if chinese else _phone(draw),
        "CARD": _card(draw),
        "IBAN": _iban(draw),
        "NATIONAL_ID": _resident_id(draw, born) if chinese else _ssn(draw),
        "IP": _ip(draw),
        "MAC": ":".join(f"{draw.randrange(256):02x}" for _ in range(6)),
        "HANDLE": "@" + account.replace(".", "_"),
        "URL": f"https://{draw.choice(_HOSTS)}/users/{account}",
        "BIRTH_DATE": _date(draw, born, chinese),
        "SECRET": _secret(draw),
        "PLATE": _plate(draw, chinese),
        "GPS": f"{draw.uniform(-60, 70):.5f}, {draw.uniform(-170, 170):.5f}",
        "AGE": str(draw.randrange(18, 98)),
        "ACCOUNT": _letters(draw, 2, string.ascii_uppercase) + str(draw.randrange(1, 10)) + _digits(draw, 7),
        "CRYPTO": _wallet(draw),
    }


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choices(string.digits, k=count))


def _letters(draw: random.Random, count: int, letters: str = string.ascii_lowercase) -> str:
    return "".join(draw.choices(letters, k=count))


def _until(make: Callable[[], str], valid: Callable[[str], bool]) -> str:
    while not valid(value := make()):
        pass
    return value


def _phone(draw: random.Random) -> str:
    def valid(number: str) -> bool:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, "US"))

    if draw.random() < 0.25:
        digits = _until(lambda: "+447" + _digits(draw, 9), valid)
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    digits = _until(lambda: draw.choice(_AREAS) + str(draw.randrange(2, 10)) + _digits(draw, 6), valid)
    area, office, line = digits[:3], digits[3:6], digits[6:]
    return draw.choice(
        [
            f"({area}) {office}-{line}",
            f"{area}-{office}-{line}",
            f"+1 {area} {office} {line}",
            f"{area}.{office}.{line}",
            digits,
        ]
    )


def _mobile_zh(draw: random.Random) -> str:
    digits = "1" + draw.choice(["38", "39", "50", "86", "77", "99"]) + _digits(draw, 8)
    return draw.choice([digits, f"{digits[:3]}-{digits[3:7]}-{digits[7:]}", f"+86 {digits}", _wide(digits)])


def _card(draw: random.Random) -> str:
    start = draw.choice(["4", "51", "55", "6011", "62"])
    body = start + _digits(draw, 15 - len(start))
    digits = body + luhn.calc_check_digit(body)
    mark = draw.choice(["", " ", "-"])
    return mark.join(digits[first : first + 4] for first in range(0, 16, 4))


def _iban(draw: random.Random) -> str:
    country, body = draw.choice(
        [("GB", _letters(draw, 4, string.ascii_uppercase) + _digits(draw, 14)), ("DE", _digits(draw, 18))]
    )
    whole = country + iban.calc_check_digits(f"{country}00{body}") + body
    return draw.choice([whole, " ".join(whole[first : first + 4] for first in range(0, len(whole), 4))])


def _ssn(draw: random.Random) -> str:
    return _until(lambda: f"{_digits(draw, 3)}-{_digits(draw, 2)}-{_digits(draw, 4)}", ssn.is_valid)


def _resident_id(draw: random.Random, born: date) -> str:
    body = draw.choice(_REGIONS_ZH) + born.strftime("%Y%m%d") + _digits(draw, 3)
    return body + mod_11_2.calc_check_digit(body)


def _ip(draw: random.Random) -> str:
    if draw.random() < 0.25:
        return "2001:db8:" + ":".join(f"{draw.randrange(4096, 65536):x}" for _ in range(6))
    return ".".join(str(draw.randrange(11, 250)) for _ in range(4))


def _date(draw: random.Random, born: date, chinese: bool) -> str:
    if chinese:
        return draw.choice([f"{born.year}年{born.month}月{born.day}日", born.isoformat()])
    return draw.choice(
        [born.isoformat(), born.strftime("%m/%d/%Y"), born.strftime("%d %B %Y"), born.strftime("%B %d, %Y")]
    )


def _secret(draw: random.Random) -> str:
    letters = string.ascii_letters + string.digits
    return draw.choice(
        [
            "AKIA" + _letters(draw, 16, string.ascii_uppercase + string.digits),
            "ghp_" + _letters(draw, 36, letters),
            "sk-" + _letters(draw, 40, letters),
            "xoxb-" + _digits(draw, 12) + "-" + _letters(draw, 24, letters),
        ]
    )


def _plate(draw: random.Random, chinese: bool) -> str:
    if chinese:
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
        return (
            draw.choice("京沪粤浙苏川鄂陕") + draw.choice(letters) + draw.choice(letters) + _digits(draw, 4)
        )
    letters = "ABCDEFGHJKLMNPRSTUVWXY"
    area = draw.choice("ABCDEFGHKLMNOP") + draw.choice(letters)
    return f"{area}{draw.randrange(51, 75)} {_letters(draw, 3, letters)}"


def _wallet(draw: random.Random) -> str:
    """An address of Ethereum, or of Bitcoin in Base58Check."""
    if draw.random() < 0.5:
        return "0x" + _letters(draw, 40, "0123456789abcdef")
    content = bytes(1) + draw.randbytes(20)
    whole = content + hashlib.sha256(hashlib.sha256(content).digest()).digest()[:4]
    number, found = int.from_bytes(whole), ""
    while number:
        number, rest = divmod(number, 58)
        found = BASE58[rest] + found
    # a leading zero byte is a leading 1
    return BASE58[0] * (len(whole) - len(whole.lstrip(bytes(1)))) + found


def _wide(digits: str) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in digits)
