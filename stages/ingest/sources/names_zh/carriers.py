"""Templates of texts with people in them: forms, letters, chat, microblogs, news, deliveries.

In braces stand what is made up: P person, F full name, S surname, T title, N nickname, A address, O
organisation, L city, D a number, M a month's day, W any word, H an account's name. Other
letters stand for themselves.
"""

import re

from stages.ingest.sources.names_zh import ADDRESS, PERSON, Piece, Tagged, joined, words
from stages.ingest.sources.names_zh.makers import Maker

_TEXT = """
姓名：{F}　性别：女　年龄：{D}岁　住址：{A}
收件人：{P}，电话另告，地址：{A}
收货地址：{A} {F}收
请寄到{A}，收件人{F}，谢谢。
快递放{A}门口就行，{P}会下来拿
我家住在{A}，离地铁站不远。
我现在住{A}，房租每月{D}元
地址是{A}，到了给{P}打电话。
公司地址：{A}（{O}旁边）
{O}位于{A}，交通方便。
{O}，地址{A}，欢迎光临
聚会地点：{A}，时间{M}晚上七点
户籍所在地{A}，现居{L}。
送货到{A}，联系人{P}
甲方：{F}，住所：{A}；乙方：{O}。
原告{F}，住{A}。被告{F}，住{A}。
患者{F}，{D}岁，{L}人，因咳嗽{D}天入院，主治医生{F}。
申请人：{F}
联系人：{S}{T}
经办人{F}，审核人{F}
家长您好，我是{F}的班主任{S}{T}，请明天来一趟学校。
尊敬的{S}{T}：您好！感谢您对{O}的支持。
亲爱的{N}，好久不见，{L}下雪了吗？
此致敬礼 {F} {M}
——{F}
{F}敬上
您好，{F}{T}，您在{O}办理的业务已经受理。
{P}在吗？帮我问下{P}什么时候回{L}
{P}你好，我是{P}，上次在{O}见过。
@{P} 明天几点集合？
@{P} @{P} @{P} 你们快来看
回复@{P}:哈哈哈哈，真的假的
回复{P}：好的，谢谢亲
//@{P}:转发微博
//@{P}: 说得好！//@{P}:赞
//@{P}:笑死我了//@{P}://@{P}:转
转自{P}的微博
#{P}#今天也要加油
#{P}{L}演唱会#太棒了
#{P}生日快乐#
【{P}】新专辑今天上线啦
{P}{P}{P}我爱你们！
{P}，{P}，你们俩够了
支持{P}！！{P}最棒！
我最喜欢{P}了
{P}唱得真好听，比{P}强多了
{P}和{P}在一起了？？
刚看完{P}的新电影，哭死了
听说{P}要来{L}开演唱会，求门票
{P}生日快乐，永远{D}岁
祝{P}{P}新婚快乐，百年好合
今天和{P}、{P}去吃火锅，{P}请客
跟{P}逛街，累死了
{P}说他明天不来了
是不是{P}又欺负你了
谢谢{P}的礼物，好喜欢
{P}太可爱了啊啊啊
{P}你给我出来！
想{P}了
晚安，{P}
早安{P}，早安{L}
我觉得{P}比较适合这个角色
投票给{P}，大家快来
{P}加油，你是最胖的
唉{P}，真是对不起
{P}快回来吧，家里的猫想你了
还记得{P}吗，我们高中的同桌，现在在{O}上班
昨天在{O}门口遇见{P}，他瘦了好多
群里的{P}是谁？
{P}发来一张照片
{P}:今天不上班
{P}：好的，收到。
{P}：我不同意{P}的看法
{P}的妈妈做的饭真好吃
我叫{F}，今年{D}岁，来自{L}
我叫{F}
我是{F}，请多关照
大家好，我是{O}的{F}。
他叫{F}，是我们班的班长
这位是{F}{T}，这位是{F}{T}。
{T}{F}出席了会议并讲话。
{O}{T}{F}表示，今年的目标已经完成。
{O}{T}{F}、副{T}{F}等参加了活动。
据{O}{T}{F}介绍，该项目投资{D}万元。
记者{F}{L}报道
本报记者 {F} 通讯员 {F}
（{F} {F}）
文/{F} 图/{F}
作者：{F}
编剧{F}，导演{F}，主演{F}、{F}、{F}
{F}，男，{D}年生，{L}人，现任{O}{T}。
获奖名单：{F}、{F}、{F}、{F}、{F}
名单如下：{F} {F} {F} {F} {F} {F}
值班：{F}，{F}；带班：{F}
参会人员：{F}（{O}）、{F}（{O}）
{S}{T}，您的预约改到{M}上午了
{S}{T}在{O}工作了{D}年
麻烦转告{S}{T}一声
{S}总和{S}总都到了，开会吧
请{P}把合同发给{P}，抄送{P}
{F}转账{D}元给{F}，备注：房租
户名：{F}，开户行：{O}{L}支行
持卡人{F}，卡号另行通知
考生{F}，准考证号{D}，考点：{O}
著名作家{F}的小说《{L}往事》出版
翻译：{F}，{F}校
《{L}的春天》 {F}著
英国首相{X}会见了到访的{F}。
{X}在{L}发表演讲
{X}进球了！{X}助攻！
{X}和{X}谁更厉害？
球星{X}转会了
科学家{X}提出了这个理论
{X}的画展在{L}开幕
民警{F}将走失的老人送回{A}家中。
租房：{A}，两室一厅，{D}元，联系{S}{T}
{L}的天气真好，张开双臂拥抱阳光
黄金周去{L}，白天爬山，晚上看马戏
高兴死了，终于买到{L}的车票
常常想起{L}，何时再去一次
马上到家，关门了，王牌节目开始啦
周末和周一都不上班，于是去了{O}
方便面和白开水，单身的晚饭
温度{D}度，江水很凉，成都人都在吃火锅
任何问题请致电{O}客服，许多人都打不通
{O}招聘，待遇好，康师傅管饱
时间过得真快，孟春已过，夏天来了
欧阳锋的蛤蟆功？才不信，是张飞打岳飞
{O}诉{O}一案，{M}在{L}开庭
{O}与{O}签约，总额{D}亿元
从{L}到{L}坐高铁只要{D}分钟
张口就来，李子真甜，金条涨价，石头记
小心地滑，小明星大跟班，老鼠爱大米，老板娘
阿里巴巴上市，阿姨做饭，大哥大，小米手机
林业局、水利局、司法局联合检查
毛衣，马甲，牛仔裤，白裙子，全场五折
//@{H}:转发微博
//@{H}: 真的吗//@{P}:是的
//@{H}:{W}，{W}
@{H} @{H} 快来看
@{H} 和@{P} 一起去
回复@{H}:谢谢支持
#{W}{W}#今天{W}了吗
#{W}#{W}真是太好了
【{W}{W}】{W}的五个方法
{W}、{W}、{W}，你喜欢哪一个？
{W}和{W}，我都要
我爱{W}，也爱{W}
{W}{W}{W}{W}
{W}，{W}，{W}
这个{W}太{W}了
今天吃了{W}和{W}
分享{H}的微博
来自{H}
{P}喜欢{W}，{P}喜欢{W}
{W}的{P}和{W}的{P}
{W}{P}{W}
{W}，{P}！
{P}的{W}真{W}
{P}{W}了
一边{W}一边{W}
{W}在{L}举行，{W}{D}元
请大家{W}，不要{W}
老{W}，小{W}，大{W}
"""
TEMPLATES = tuple(line for line in _TEXT.splitlines() if line)
_WITH_ADDRESS = tuple(one for one in TEMPLATES if "{A}" in one)
_BETWEEN = (
    *[""] * 9,
    "的",
    "的",
    "了",
    "和",
    "，",
    "，",
    "、",
    " ",
    "！",
    "。",
    "是",
    "在",
    "很",
    "都",
    "要",
    "也",
)
_SLOT = re.compile(r"\{([A-Z])\}")
_OPENING = (
    "哈哈，",
    "唉",
    "呵呵",
    "啊啊啊",
    "哇塞 ",
    "嗯，",
    "[泪]",
    "[心]",
    "亲们，",
    "那个，",
    "话说",
    "2333 ",
    "好吧，",
)
_CLOSING = (
    "哈哈哈",
    "~~~",
    "！！！",
    "泪泪泪",
    "心心",
    "[赞]",
    "嘻嘻",
    "…",
    "转发微博",
    "赞赞赞",
    "www",
    "么么哒",
    "？？",
    " http://t.cn/x",
)


def filled(maker: Maker) -> Tagged:
    """A template filled with made-up values, now and then amid a microblog's exclamations."""
    template = maker.rng.choice(TEMPLATES if maker.rng.random() < 0.8 else _WITH_ADDRESS)
    pieces: list[Piece] = []
    at = 0
    if maker.rng.random() < 0.12:
        pieces.append((maker.rng.choice(_OPENING), None))
    for slot in _SLOT.finditer(template):
        pieces.append((template[at : slot.start()], None))
        pieces.append(_value(maker, slot[1]))
        at = slot.end()
    pieces.append((template[at:], None))
    if maker.rng.random() < 0.12:
        pieces.append((maker.rng.choice(_CLOSING), None))
    return joined(pieces)


def strewn(maker: Maker) -> Tagged:
    """Words of the dictionary in no order, at times a person among them: what a name is not."""
    rng = maker.rng
    pieces: list[Piece] = [(maker.word(), None) for _ in range(rng.randint(3, 9))]
    if rng.random() < 0.5:
        pieces.insert(rng.randint(0, len(pieces)), (maker.person(), PERSON))
    between = [(rng.choice(_BETWEEN), None) for _ in pieces]
    return joined([piece for pair in zip(pieces, between, strict=True) for piece in pair])


def _value(maker: Maker, slot: str) -> Piece:
    rng = maker.rng
    if slot == "D":
        return str(rng.choice((rng.randint(1, 99), rng.randint(100, 99999)))), None
    if slot == "M":
        return f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日", None
    if slot == "T":
        return rng.choice(words.TITLES), None
    plain = {"O": maker.organisation, "L": maker.place, "W": maker.word, "H": maker.handle}
    if slot in plain:
        return plain[slot](), None
    made = {"P": maker.person, "F": maker.full, "S": maker.surname, "N": maker.nickname, "X": maker.foreign}
    return (maker.address(), ADDRESS) if slot == "A" else (made[slot](), PERSON)
