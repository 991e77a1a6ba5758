import re

import pytest

from stages.artifacts import StageError
from stages.clean.masking import Masker
from stages.clean.masking.rules.base import words
from stages.params.clean import Masking


@pytest.fixture(scope="module")
def masker():
    return Masker.from_params(Masking(tagger="none"), "en")


FOUND = [
    ("write to bob.smith+spam@mail.example.co.uk today", "write to [EMAIL] today"),
    ("bob (at) example (dot) com", "[EMAIL]"),
    ("邮箱zhang_wei@qq.com谢谢", "邮箱[EMAIL]谢谢"),
    ("see https://example.com/u?id=1, or www.example.org.", "see [URL], or [URL]."),
    ("RT @bob_smith: hi", "RT [HANDLE]: hi"),
    ("我的微信号：wx_12345", "我的微信号：[HANDLE]"),
    ("call (415) 555-0132 now", "call [PHONE] now"),
    ("ring 020 7946 0958 4 times", "ring [PHONE] 4 times"),
    ("+44 7448 941517 4 times", "[PHONE] 4 times"),
    ("手机13812345678，谢谢", "手机[PHONE]，谢谢"),
    ("手机１３８１２３４５６７８，谢谢", "手机[PHONE]，谢谢"),
    ("卡号4111111111111111被冻结", "卡号[CARD]被冻结"),
    ("卡号４１１１１１１１１１１１１１１１被冻结", "卡号[CARD]被冻结"),
    ("7 4111-1111-1111-1111 12", "7 [CARD] 12"),
    ("iban GB29 NWBK 6016 1331 9268 19 is mine", "iban [IBAN] is mine"),
    ("account number: 00123456789", "account number: [BANK_ACCOUNT]"),
    ("身份证11010519491231002X的主人", "身份证[NATIONAL_ID]的主人"),
    ("ssn 536-90-4399", "ssn [NATIONAL_ID]"),
    ("DNI 12345678Z", "DNI [NATIONAL_ID]"),
    ("passport no. X12345678", "passport no. [PASSPORT]"),
    ("from 192.168.10.250 and fe80::1ff:fe23:4567:890a", "from [IP] and [IP]"),
    ("地址是10.20.30.40吗", "地址是[IP]吗"),
    ("mac 00:1B:44:11:3A:B7", "mac [MAC]"),
    ("born on 12 March 1985 in Rome", "born on [BIRTH_DATE] in Rome"),
    ("DOB: 1985-03-12", "DOB: [BIRTH_DATE]"),
    ("出生日期：1985年3月12日", "出生日期：[BIRTH_DATE]"),
    ("1985年3月出生", "[BIRTH_DATE]出生"),
    ("password: hunter2", "password: [SECRET]"),
    ("the password is hunter2", "the password is [SECRET]"),
    ("密码：abc123，别说", "密码：[SECRET]，别说"),
    ("key AKIAIOSFODNN7EXAMPLE", "key [SECRET]"),
    ("ghp_" + "a1B2" * 9, "[SECRET]"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE+/=\n-----END RSA PRIVATE KEY-----", "[SECRET]"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123", "[SECRET]"),
    ("0x52908400098527886E0F7030069857D2E4169EE7", "[CRYPTO]"),
    ("My name is Ann van der Berg. Bye", "My name is [PERSON]. Bye"),
    ("Kind regards,\nMary-Ann O'Neil", "Kind regards,\n[PERSON]"),
    ("Dr. Okafor saw me. Okafor was kind", "Dr. [PERSON] saw me. [PERSON] was kind"),
    ("我叫张伟来自北京", "我叫[PERSON]来自北京"),
    ("联系人：欧阳娜娜", "联系人：[PERSON]"),
    ("李老师，您好", "[PERSON]老师，您好"),
    ("张先生，欧阳女士，您好", "[PERSON]，[PERSON]，您好"),
    ("@5-小草莓 @Mc_豪：好", "[HANDLE] [HANDLE]：好"),
    ("zip code 90210", "zip code [ADDRESS]"),
    ("身份证 110105-19491231-002x", "身份证 [NATIONAL_ID]"),
    ("１１０１０５１９４９１２３１００２Ｘ", "[NATIONAL_ID]"),
    ("住在北京市朝阳区建国路88号3单元502室的人", "[ADDRESS]的人"),
    ("税号91110000600037341L。", "税号[TAX_ID]。"),
    ("手机138 1234 5678", "手机[PHONE]"),
    ("call me on 01.84.17.61.18", "call me on [PHONE]"),
    ("+46 (0)8 928 571 38, home", "[PHONE], home"),
    ("345-899-3560x4587", "[PHONE]"),
    ("(64) 3591-3246 office", "[PHONE] office"),
    ("车牌号京A·12345，粤B12345D", "车牌号[PLATE]，[PLATE]"),
    ("my car AB12 CDE", "my car [PLATE]"),
    ("license plate: 7ABC123", "license plate: [PLATE]"),
    ("at 48.85837, 2.29448 today", "at [GPS] today"),
    ("51°30'26\"N 0°7'39\"W", "[GPS]"),
    ("北纬39.9042", "北纬[GPS]"),
    ("a 28 year old woman, aged 30", "a [AGE] year old woman, aged [AGE]"),
    ("I'm 64 y/o.", "I'm [AGE] y/o."),
    ("今年35岁", "今年[AGE]岁"),
    ("MRN: 00345678", "MRN: [ACCOUNT]"),
    ("病历号：00345678", "病历号：[ACCOUNT]"),
    ("pay 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "pay [CRYPTO]"),
    ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "[CRYPTO]"),
    ("MORGA657054SM9IJ", "[LICENCE]"),
    ("P.O. Box 1234", "[ADDRESS]"),
    ("USS Lorenzen\nFPO AE 25990", "[ADDRESS]"),
    ("Unit 1009 Box 0219\nDPO AP 51065", "[ADDRESS]"),
    ("wohnt Strickstrasse 61, ja", "wohnt [ADDRESS], ja"),
    ("31 rue de la Hulotais", "[ADDRESS]"),
    ("it is Via Nuova del Campo 85", "it is [ADDRESS]"),
    ("Árpád fejedelem útja 62.", "[ADDRESS]"),
    ("I saw Alice there", "I saw [PERSON] there"),
    ("songs written by Ann-Marie Oduya", "songs written by [PERSON]"),
    ("then Csenger Gábor came", "then [PERSON] came"),
    (
        "Dr. Okafor came. T. OKAFOR left, the Okafors too",
        "Dr. [PERSON] came. [PERSON] left, the [PERSON] too",
    ),
]
NOT_FOUND = [
    "The year 2014-2015 was good, 1,234,567 people came",
    "pi is 3.14159265358979",
    "the meeting is at 12:30:45 on 2024-05-06",
    "order 4111111111111112",
    "version v1.2.3.4 of std::vector",
    "the password is wrong",
    "Thanks, everyone! Dear customer, hello there",
    "这家酒店不错，我是高兴的，服务很好",
    "I was born happy",
    "#42 and 100% of 3/4",
    "order 110105194912310021 of 2024",
    "I am 5 minutes late, he is 100% right",
    "turned 300 pages, since 2 weeks",
    "pay 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
    "a value of 48.8583 and 2.2944 kg",
    "It rained in Paris, France, in May 2020",
    "Microsoft and the White House were open on Monday",
    "the route is long, place 3 of 12",
    "01-02-2020 11:30 and 2020-01-02 11",
    "scores 123 456 789",
]


@pytest.mark.parametrize(("text", "masked"), FOUND)
def test_values_are_masked_whole_and_nothing_else(masker, text, masked):
    assert masker.mask([text]) == [masked]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_not_personal_stays(masker, text):
    assert masker.mask([text]) == [text]


def test_a_rule_finds_the_same_in_a_long_text(masker):
    for text, _ in FOUND:
        long = "nothing to see here\n" * 60
        spans = masker.detect([long + text])[0]
        found = [(span.start - len(long), span.end - len(long), span.type) for span in spans]
        assert found == [(span.start, span.end, span.type) for span in masker.detect([text])[0]]


def test_invisible_characters_do_not_hide_a_value(masker):
    text = "jo\u200bhn@exam\u00adple.com!"
    assert masker.mask([text]) == ["[EMAIL]!"]
    (span,) = masker.detect([text])[0]
    assert text[span.start : span.end] == text[:-1]


def test_an_unknown_phone_region_is_named():
    with pytest.raises(StageError, match="phone_regions: XX"):
        Masker.from_params(Masking(tagger="none", phone_regions=["XX"]), "en")


def test_long_runs_without_a_value_are_read_in_time(masker):
    for piece in ("a", "1", "1 ", "a@", "A ", "王", "http://"):
        masker.mask([piece * (20_000 // len(piece))])


def test_cue_words_keep_their_order_in_the_tree_of_letters():
    pattern = words("zip code,zip,zipcode", r"d.o.b.,dob,no\.")
    for text in ("zip code", "zipcode", "zip", "dob", "d-o-b-", "no."):
        assert re.match(pattern, text).group() == text
    assert re.match(pattern, "zip-code").group() == "zip"
    assert not re.match(pattern, "nox")
