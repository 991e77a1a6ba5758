"""Chinese identifiers in carriers, a part of `benchmarks/masking.py`: what of them stays visible."""

import random
import re

from stages.clean.masking import Masker, people
from stages.params.clean import Masking

CARRIERS = (
    "我的号码是{}，谢谢",
    "卡号{}被冻结了",
    "身份证{}丢了怎么办",
    "{}",
    "请核对：{}（本人）",
    "证件号:{};有效",
    "收款账户{}，户名见附件",
    "用户{}反馈无法登录",
    "我改成{}了你记一下",
    "姓名,证件,备注\n某某,{},无",
    '{{"id":"{}","ok":true}}',
    "他说“{}”就是他的",
    "【{}】已绑定",
    "号{}号",
    "联系{}或者来店里",
    "尾号不对，应为{}。",
    "第1步 填写{} 第2步 提交",
    "截至2024年，{}仍在使用",
)
CHINESE = 3600
"""values of each kind"""


def print_chinese() -> None:
    """Resident ids, mobile numbers and cards of made-up people, written in many ways, in many carriers."""
    masker = Masker.from_params(Masking(processes=1), "zh")
    print("\nChinese identifiers in carriers: characters left visible")
    for kind in ("NATIONAL_ID", "PHONE", "CARD"):
        draw = random.Random(20)
        visible = total = 0
        for number in range(CHINESE):
            carrier = CARRIERS[number % len(CARRIERS)]
            written = written_in_a_way(people.person(draw, "zh")[kind], draw)
            text = carrier.format(written)
            start = text.index(written)
            places = {place for one in masker.detect([text])[0] for place in range(one.start, one.end)}
            gold_places = [start + at for at, letter in enumerate(written) if letter.isalnum()]
            visible += sum(place not in places for place in gold_places)
            total += len(gold_places)
        print(f"  {kind:12} {visible / total:.4f} of {total} characters ({CHINESE} values)")


def written_in_a_way(value: str, draw: random.Random) -> str:
    """An identifier as people write it: as it is, full-width, in groups, or with a small check letter."""
    plain = re.sub("[ -]", "", value)
    size = draw.choice([3, 4, 6])
    return draw.choice(
        [
            value,
            plain,
            plain.lower(),
            "".join(chr(ord(one) + 0xFEE0) if one.isalnum() else one for one in value),
            " ".join(plain[at : at + 4] for at in range(0, len(plain), 4)),
            "-".join([plain[:size], plain[size : size + 4], plain[size + 4 :]]),
        ]
    )
