"""Names of people by the words around them, in English and Chinese; the tagger finds the others."""

import re
from collections.abc import Iterator
from itertools import pairwise

from stages.clean.masking.rules.base import Rule, listed, words
from stages.clean.masking.rules.given import GIVEN_NAMES

_UPPER = "A-ZÀ-ÖØ-ÞĀ-Ž"
_LOWER = "A-Za-zÀ-ÖØ-öø-ÿĀ-ž"
_FOREIGN = "À-ÖØ-öø-ÿĀ-ž"
_PART = rf"(?:[{_UPPER}]\.|[{_UPPER}][{_LOWER}]*(?:['’-][{_LOWER}]+)*)"
_PARTICLE = r"(?:(?:van|von|der|den|de|del|della|da|dos|di|du|la|le|bin|ibn|al|el|ter|ten|y|bint)[ -])"
_NAME = rf"(?P<value>{_PART}(?: {{1,2}}{_PARTICLE}{{0,2}}{_PART}){{0,3}})"

NOT_NAMES = frozenset(
    listed(
        """
        a all am an and any anybody anyone are as at be both but by can car client colleague
        colleagues could customer day dear did do does everybody everyone folks for from friend
        friends good got great guys had happy has have he hello her here hi his home how i i'm if in
        is it its just ladies last like love madam manager me miss more morning much my name new no
        not now of off ok on one or our out please regards sales see she sir so some somebody
        someone sorry staff still support team thank thanks that the their them then there these
        they this to today tomorrow tonight too up us very was we well what when where which who why
        will with world would yes yesterday you your monday tuesday wednesday thursday friday
        saturday sunday ask
        """
    )
)
"""Words that begin with a capital in greetings and titles without being anybody's name."""

TITLES = words(
    "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Professor", "Doctor", "Sir", "Mister", "Dame", "Rev"
)
_KIN = words(
    "wife,husband,son,daughter,brother,sister,mother,father,mom,mum,dad,uncle,aunt,cousin,boss,doctor",
    "friend,girlfriend,boyfriend,fiance,fiancee,neighbour,neighbor,colleague,roommate,landlord,manager",
)
_FIELDS = words(
    "full name,first name,last name,surname,given name,maiden name,customer name,patient name,name",
    "cardholder name,cardholder,card holder,account holder,passenger,beneficiary,payee,recipient,sender",
    "attn,attention,contact person,contact,signed by,signed,patient,client,applicant,employee,author,tenant",
)

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟"
    "姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔葛温"
    "赖文施洪辛柯庄牛樊殷翟倪颜耿季芦关焦左柳甘祝包宁尚符舒阮纪梅童凌毕单裴霍涂成苗谷曲盛冉翁蓝骆路游靳管柴鲍华"
    "喻祁蒲房滕屈饶解牟艾尤时穆农司卓古吉缪简车项连芮褚娄窦戚岳景党宫费卜冷晏席卫米柏宗桂全佟应臧闵苟邬边卞姬师"
    "仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝萧傅闫付肖岑卓瞿佐古亓"
)
_DOUBLE = words("欧阳,司马,上官,诸葛,东方,皇甫,尉迟,公孙,慕容,令狐,夏侯,司徒,端木,南宫,西门,独孤,宇文,长孙")
_GIVEN_NOT = (
    "的了是在和与跟及也都就才说来去到有要想会能可不没被把给对从向让叫为于先女老小同经医住家今昨电手号"
    "你我他她它这那"
)


def _letters_but(without: str) -> str:
    """A character class of the Chinese characters other than these; RE2 has no other way to say it."""
    gone = sorted(ord(letter) for letter in set(without) if "\u4e00" <= letter <= "\u9fff")
    edges = [0x4DFF, *gone, 0xA000]
    ranges = [(left + 1, right - 1) for left, right in pairwise(edges) if right - left > 1]
    return "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges) + "]"


_GIVEN = _letters_but(_GIVEN_NOT)
_DOTTED_ZH = "[一-鿿]{1,6}(?:[·•・‧][一-鿿]{1,6}){1,3}"
CHINESE_SURNAME = f"(?:{_DOUBLE}|[{_SURNAMES}])"
_PERSON_ZH = f"{_DOTTED_ZH}|{CHINESE_SURNAME}{_GIVEN}{{1,2}}"
_NAME_ZH = f"(?P<value>{_PERSON_ZH})"
_FIELDS_ZH = words(
    "真实姓名,姓名,名字,联系人,收件人,收货人,寄件人,户名,持卡人,开户人,负责人,法人,患者,病人,客户姓名,客户,乘客",
    "申请人,委托人,经办人,签名,署名,落款,作者,学生,家长,员工,监护人,投保人,被保险人,当事人,原告,被告",
)
_CUES_ZH = words("我叫,我的名字叫,名叫,名字叫,他叫,她叫,名字是")
_WEAK_CUES_ZH = words(
    "我是,这是,叫做,本人,此致,你好,您好,亲爱的,尊敬的,联系,转告,咨询,感谢,谢谢,致",
    "我朋友,我同事,我同学,我室友,我老板,我邻居",
    "我老公,我老婆,我丈夫,我妻子,我爸,我妈,我哥,我姐,我弟,我妹,我儿子,我女儿",
)
"""These stand before much else: the name must end the clause."""
_AFTER_ZH = words(
    "老师,医生,大夫,经理,主任,律师,教授,同学,师傅,阿姨,总经理,董事长,工程师,护士,警官,同志,敬上"
)
COURTESIES_ZH = ("先生", "女士", "小姐", "太太", "夫人")
"""These are masked along with the name: they tell the sex."""


_PAIR = rf"(?P<value>{_PART}(?: {_PARTICLE}{{0,2}}{_PART}){{1,3}})"
_BEFORE = words(
    "spoke with,spoke to,speak with,speak to,talked to,talked with,talk to,talk with,met with,meet with,met",
    "ask,asked,told,contact,contacted,called,emailed,texted",
    "forward this to,forward it to,sent to,package for",
    "parcel for,booked under,booked for,married to,reservation for,appointment with,on behalf of,written by",
)
_AFTER = words(
    "sent,lives,lived,wrote,called,says,said,told,works,worked,emailed,texted,asked,was born,signed,moved",
)


_DEEDS = words(
    "written,directed,sung,composed,painted,produced,designed,created,performed,translated,edited,led"
)
_ANY_GIVEN = "(?:" + "|".join(sorted(name.capitalize() for name in GIVEN_NAMES)) + rf")(?:[^{_LOWER}]|$)"
_CLOSINGS = "(?:regards|wishes|thanks|thank you|cheers|sincerely|faithfully|yours|truly)"

_WORDS = re.compile(r"\S+")


def _pairs(value: str) -> Iterator[tuple[int, int]]:
    """At least two capitalised words, none of them a common one."""
    parts = value.split()
    if len(parts) > 1 and not any(part.strip(".,'’").lower() in NOT_NAMES for part in parts):
        yield 0, len(value)


def _last_pair(value: str) -> Iterator[tuple[int, int]]:
    """The capitalised words at the end, after the last common one; from two on."""
    start = 0
    for match in _WORDS.finditer(value):
        if match.group().strip(".,'’").lower() in NOT_NAMES:
            start = match.end() + 1
    if len(value[start:].split()) > 1:
        yield start, len(value)


def _people(value: str) -> Iterator[tuple[int, int]]:
    """The leading capitalised words that can be a name."""
    end = 0
    for match in _WORDS.finditer(value):
        if match.group().strip(".,'’").lower() in NOT_NAMES:
            break
        end = match.end()
    kept = value[:end].rstrip(" .'’-") if not re.search(r"\b[A-Z]\.$", value[:end]) else value[:end]
    if kept:
        yield 0, len(kept)


def _given(value: str) -> Iterator[tuple[int, int]]:
    """A known given name, and the capitalised words after it that are no common ones."""
    if value.split(" ", 1)[0].lower().rstrip("'’") not in GIVEN_NAMES:
        return
    end = 0
    for part in _WORDS.finditer(value):
        if end and part.group().strip(".,'’").lower() in NOT_NAMES:
            break
        first, end = not end, part.end()
        if not first and part.group().endswith(("'s", "’s")):
            end -= 2
            break
    yield 0, end


def _foreign(value: str) -> Iterator[tuple[int, int]]:
    """Capitalised words of which one has letters that English lacks."""
    if not value.isascii() and not any(part.lower() in NOT_NAMES for part in value.split()):
        yield 0, len(value)


def _cue(name: str, cues: str, between: str = " +") -> Rule:
    begin = rf"(?i:{cues}){between}"
    return Rule("PERSON", name, begin + _NAME, _LOWER, narrow=_people, score=0.8, gate=rf"{begin}[{_UPPER}]")


def _chinese(name: str, pattern: str, after: str = "") -> Rule:
    return Rule("PERSON", name, pattern, after=after, score=0.8, chinese=True)


RULES = (
    _cue("name-title", TITLES, r"(?:\. ?| +)"),
    _cue("name-said", r"names? (?:is|are|was)|name['’]s|named|i am called|call me|known as"),
    _cue("name-greeting", r"dear|hi|hello|hey|hiya", r",? +"),
    Rule(
        "PERSON",
        "name-signature",
        rf"(?i:(?:(?:kind|best|warm|many|with) )*{_CLOSINGS})(?: ?(?:, ?|[,.!-]? *\n\s*)){_NAME}",
        _LOWER,
        narrow=_people,
        score=0.8,
        gate=rf"(?i:{_CLOSINGS}) ?[,.!-]? *(?:\n|[{_UPPER}]|$)",
        beyond=150,
    ),
    _cue("name-field", _FIELDS, r" ?[:=] *"),
    _cue("name-kin", rf"(?:my|his|her|our) (?:[a-z]+ )?{_KIN},?"),
    Rule(
        "PERSON",
        "name-verb",
        rf"(?i:{_BEFORE}) {_PAIR}",
        _LOWER,
        _LOWER,
        narrow=_pairs,
        score=0.7,
        gate=rf"(?i:{_BEFORE}) [{_UPPER}]",
    ),
    Rule(
        "PERSON",
        "name-subject",
        rf"{_PAIR} {_AFTER}",
        _LOWER,
        _LOWER,
        narrow=_last_pair,
        score=0.7,
        gate=rf"[{_UPPER}][{_LOWER}.'’-]* {_AFTER}",
    ),
    Rule(
        "PERSON",
        "name-mail",
        rf"{_PAIR} ?[(<\[] ?(?:EMAIL\]|[^\s()<>@]{{1,64}}@)",
        _LOWER,
        narrow=_last_pair,
        score=0.7,
        gate=r"[(<\[] ?(?:EMAIL\]|[^\s()<>@]+@)",
    ),
    Rule(
        "PERSON",
        "name-given",
        rf"[{_UPPER}][{_LOWER}]+(?:-[{_LOWER}]+)?(?: {_PARTICLE}{{0,2}}{_PART}){{0,3}}",
        _LOWER + "@/_-",
        _LOWER + "_@",
        narrow=_given,
        gate=_ANY_GIVEN,
        score=0.7,
    ),
    Rule(
        "PERSON",
        "name-foreign",
        rf"[{_UPPER}][{_LOWER}]+ (?:[{_UPPER}]\.? )?[{_UPPER}][{_LOWER}-]+",
        _LOWER + "-",
        _LOWER + "0-9@",
        narrow=_foreign,
        gate=rf"[{_FOREIGN}][{_LOWER}]* [{_UPPER}]|[{_LOWER}.] [{_UPPER}][{_LOWER}]*[{_FOREIGN}]"
        rf"| [{_FOREIGN}]",
        score=0.6,
    ),
    Rule(
        "PERSON",
        "name-credit",
        rf"(?i:{_DEEDS}) (?:and [a-z]+ )?by {_PAIR}",
        _LOWER,
        _LOWER,
        narrow=_pairs,
        score=0.7,
    ),
    Rule(
        "PERSON",
        "name-speaking",
        rf"(?i:this is|it['’]s|i am|i['’]m) +{_NAME}(?: here| speaking| calling|,? (?:from|with|at) [A-Z])",
        _LOWER,
        narrow=_people,
        score=0.8,
    ),
    _chinese("name-zh-field", rf"{_FIELDS_ZH}(?: *[:=|] *|是|为|叫)(?P<value>{_PERSON_ZH}|{_GIVEN}{{2,4}})"),
    _chinese("name-zh-said", rf"{_CUES_ZH}[:, ]*(?P<value>{_PERSON_ZH}|{_GIVEN}{{2,3}})"),
    _chinese("name-zh-clause", rf"{_WEAK_CUES_ZH}[:, ]*{_NAME_ZH}", after="一-鿿"),
    _chinese("name-zh-title", rf"(?P<value>{CHINESE_SURNAME}{_GIVEN}{{0,2}}){_AFTER_ZH}"),
    _chinese("name-zh-courtesy", rf"(?P<value>{CHINESE_SURNAME}{_GIVEN}{{0,2}}{words(*COURTESIES_ZH)})"),
)
