"""Sentences in which people give personal values away; `{TYPE}` stands for a value."""

_CUED_EN = (
    "My name is {PERSON} and my e-mail is {EMAIL}.",
    "Dear {PERSON},\nyour card {CARD} was declined.",
    "Hello, my name is {PERSON}. Please call me on {PHONE} after six.",
    "Name: {PERSON}, DOB: {BIRTH_DATE}, SSN: {NATIONAL_ID}",
    "The account holder: {PERSON}. Send the refund to {IBAN}, thanks!",
    "Mr. {PERSON} logged in from {IP} with password: {SECRET}",
    "Could you change the address on my order?\n\nKind regards,\n{PERSON}\n{PHONE}",
    "I paid with {CARD}, it should be under the name {EMAIL}.",
    "follow me {HANDLE} or see {URL} for pics",
    "We rotated the key {SECRET} after {IP} was compromised.",
    "Her social security number is {NATIONAL_ID} and she was born on {BIRTH_DATE}.",
    "Contact: {PERSON}, {EMAIL}, {PHONE}",
    "My doctor, Dr. {PERSON}, asked for my number: {PHONE}.",
    "Please wire it to {IBAN}. Best wishes, {PERSON}",
    "The device {MAC} at {IP} belongs to user {HANDLE}.",
    "My car, licence plate {PLATE}, was towed at {GPS} this morning.",
    "Somebody in {PLATE} cut me off and nearly hit my bike.",
    "I'm {AGE} years old and my medical record number is {ACCOUNT}.",
    "Patient aged {AGE}, member ID: {ACCOUNT}, call {PHONE}",
    "Send the coins to {CRYPTO} or write to {EMAIL}.",
    "dropped a pin ({GPS}), wallet {CRYPTO} if you want to chip in",
)
_FREE_EN = (
    "I spoke with {PERSON} yesterday about the refund.",
    "Yesterday {PERSON} sent me an e-mail from {EMAIL} about the contract.",
    "{PERSON} lives next door, the number is {PHONE}.",
    "Please forward this to {PERSON} ({EMAIL}).",
    "My flight was booked under {PERSON} with card {CARD}.",
    "The package for {PERSON} never arrived, can you check?",
    "I met {PERSON} at the airport last week.",
    "Ask {PERSON} or write to {EMAIL}.",
)
_ZH = (
    "我叫{PERSON}，手机号是{PHONE}。",
    "姓名：{PERSON}，身份证号{NATIONAL_ID}，电话{PHONE}",
    "联系人：{PERSON}，邮箱{EMAIL}",
    "你好，我是{PERSON}，我的卡号{CARD}被冻结了。",
    "收件人：{PERSON}，{PHONE}，请尽快发货",
    "{PERSON}先生您好，您的订单已发货，客服电话{PHONE}。",
    "请把钱转到{CARD}，户名：{PERSON}。",
    "服务器{IP}的密码：{SECRET}，别告诉别人",
    "我的微博是{HANDLE}，主页{URL}",
    "身份证{NATIONAL_ID}，出生日期：{BIRTH_DATE}",
    "昨天{PERSON}老师打电话给我，号码{PHONE}。",
    "密钥是{SECRET}，来自{IP}的请求都被拒绝了。",
    "我的名字叫{PERSON}，生日是{BIRTH_DATE}，发邮件到{EMAIL}联系我",
    "设备{MAC}在{IP}上。银行卡{CARD}，谢谢",
    "我的车牌号是{PLATE}，停在{GPS}附近",
    "刚才一辆{PLATE}差点撞到我，太危险了",
    "我今年{AGE}岁，病历号：{ACCOUNT}，电话{PHONE}",
    "患者年龄：{AGE}，医保卡号{ACCOUNT}",
    "请把币转到{CRYPTO}，谢谢",
    "会员号{ACCOUNT}，钱包地址{CRYPTO}，坐标{GPS}",
)


def carriers(language: str, with_tagger: bool) -> tuple[str, ...]:
    """The sentences of a language; without the tagger only those in which a word tells that a name comes."""
    if language == "zh":
        return _ZH
    return (*_CUED_EN, *_FREE_EN) if with_tagger else _CUED_EN
