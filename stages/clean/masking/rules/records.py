"""Ages where they are stated, places on the globe, licence plates, numbers of somebody's records."""

import re

from stages.clean.masking.rules.base import Rule, words

_EDGE = "0-9A-Za-z"
_FILLER = r"(?:[ .:#=(,'-]|number|num|no|nr|id|is|was|my|:|是|为|号码?){0,12}"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_OLDEST = 120
_DEGREES = r"-?[0-9]{1,3}\.[0-9]{4,12}"


def _age(value: str) -> bool:
    return not value.isdigit() or int(value) <= _OLDEST


def _on_globe(value: str) -> bool:
    """Latitude and longitude, in this order or in the other, as Chinese maps give them."""
    first, second = (abs(float(number)) for number in re.findall(r"[0-9]+\.[0-9]+", value))
    return min(first, second) <= 90 and max(first, second) <= 180


RULES = (
    Rule(
        "AGE",
        "age",
        r"(?P<value>[0-9]{1,3})[ -]?(?:years?[ -]olds?|yrs?[ .-]{0,2}old|years? of age|y/o|yo|y\.o\.)",
        before="0-9A-Za-z.,$/-",
        after="A-Za-z",
        validate=_age,
        digits=1,
        ignore_case=True,
        score=0.8,
    ),
    Rule(
        "AGE",
        "age-context",
        r"(?:aged?(?: (?:of|is|was))?|turn(?:s|ed|ing)"
        r"|(?:when|since|until) (?:i|he|she|they) (?:was|were|turned)"
        r"|(?:i am|i['’]m|he is|he['’]s|she is|she['’]s)(?: only| now| already| just)?)[ :]{1,2}"
        r"(?P<value>[0-9]{1,3})(?:$|[.,;!?)\n]| (?:and|but|now|years|when|at|from|with|or))",
        before="A-Za-z",
        validate=_age,
        digits=1,
        ignore_case=True,
        score=0.7,
    ),
    Rule(
        "AGE",
        "age-zh",
        r"(?P<value>[0-9]{1,3}|[一二三四五六七八九十百]{1,4})(?:周岁|岁)",
        before="0-9.一二三四五六七八九十百",
        validate=_age,
        chinese=True,
        score=0.8,
    ),
    Rule(
        "AGE",
        "age-zh-field",
        r"年龄(?:[ :是为]{0,3})(?P<value>[0-9]{1,3})",
        after="0-9",
        validate=_age,
        chinese=True,
        score=0.8,
    ),
    Rule(
        "GPS",
        "coordinates",
        rf"{_DEGREES}°? ?[NS]?[,;/ ]{{1,2}}{_DEGREES}(?:°? ?[EW])?",
        before="0-9A-Za-z.",
        after="0-9A-Za-z",
        validate=_on_globe,
        gate=r"[0-9]\.[0-9]{4}[0-9]*[^0-9.\n]{1,5}[0-9]{1,3}\.[0-9]{4}",
        digits=10,
    ),
    Rule(
        "GPS",
        "coordinates-minutes",
        r"[0-9]{1,3} ?° ?[0-9]{1,2} ?['′’] ?(?:[0-9]{1,2}(?:\.[0-9]+)? ?[\"″”'’]{1,2})? ?[NS]"
        r"[,;/ ]{0,3}[0-9]{1,3} ?° ?[0-9]{1,2} ?['′’] ?(?:[0-9]{1,2}(?:\.[0-9]+)? ?[\"″”'’]{1,2})? ?[EW]",
        before="0-9",
        after="A-Za-z",
        gate="[0-9] ?° ?[0-9]",
        digits=4,
    ),
    Rule(
        "GPS",
        "coordinates-context",
        words("latitude,longitude,lat,lon,lng,long,经度,纬度,东经,西经,北纬,南纬")
        + rf"[\"']?(?:[ .:=(]|is|是|为){{0,4}}(?P<value>{_DEGREES}°?)",
        before="A-Za-z",
        after="0-9",
        digits=5,
        ignore_case=True,
    ),
    Rule(
        "PLATE",
        "plate-cn",
        rf"[{_PROVINCES}使][A-HJ-NP-Z][ ·•・.-]?[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳领]",
        after=_EDGE,
        validate=lambda value: bool(re.search("[0-9]", value)),
        chinese=True,
    ),
    Rule(
        "PLATE",
        "plate-gb",
        r"[A-HK-PRSVWY][A-HJ-PR-Y](?:0[2-9]|[1-7][0-9]) ?[A-HJ-PR-Z]{3}",
        before=_EDGE,
        after=_EDGE,
        digits=2,
        score=0.8,
    ),
    Rule(
        "PLATE",
        "plate-context",
        words(
            "license plate,licence plate,number plate,plate number,plate,registration number",
            "vehicle registration,reg no,车牌号码,车牌号,车牌,车号",
        )
        + rf"{_FILLER}(?P<value>[0-9A-Z一-鿿]{{1,4}}(?:[ ·-]?[0-9A-Z]{{1,5}}){{1,3}})",
        before="A-Za-z",
        after=_EDGE,
        validate=lambda value: len(re.findall("[0-9]", value)) >= 2 and value.upper() == value,
        digits=2,
        score=0.8,
    ),
    Rule(
        "ACCOUNT",
        "account-context",
        words(
            "mrn,medical record,chart number,patient id,patient number,member id,membership number",
            "policy number,customer id,customer number,client id,employee id,staff id,student id",
            "health insurance number,medicare,subscriber id,claim number,case number,loan number",
            "user id,insurance id,beneficiary id",
            "病历号,病案号,住院号,门诊号,就诊卡号,就诊号,医保卡号,医保号,社保卡号,社保号",
            "会员号,会员卡号,工号,学号,保单号,客户号,客户编号,患者编号,病人编号,用户编号,公积金账号",
        )
        + rf"{_FILLER}(?P<value>[A-Z]{{0,4}}[ -]?[0-9][A-Z0-9]{{0,3}}(?:[ -]?[A-Z0-9]{{1,4}}){{1,6}})",
        before="A-Za-z",
        after=_EDGE,
        validate=lambda value: sum(map(str.isdigit, value)) >= 4,
        digits=4,
        ignore_case=True,
        score=0.8,
    ),
)
