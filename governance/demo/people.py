"""Fictional people: names, mobile numbers, mail addresses, identity numbers.

Nobody can be reached or looked up by what is made here: mail addresses end in the reserved
`.example`, identity numbers carry a region code that was never assigned, and the middle digits of
mobile numbers, which are masked wherever they are shown, stay in one small block.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random


def words(text: str) -> list[str]:
    return text.split()


def pairs(text: str) -> list[tuple[str, str]]:
    """Characters and their sound, read from a line in which they take turns."""
    return list(zip(text.split()[::2], text.split()[1::2], strict=True))


SURNAMES = pairs(
    "王 wang 李 li 张 zhang 刘 liu 陈 chen 杨 yang 黄 huang 赵 zhao 吴 wu 周 zhou 徐 xu 孙 sun "
    "马 ma 朱 zhu 胡 hu 郭 guo 何 he 高 gao 林 lin 罗 luo 郑 zheng 梁 liang 谢 xie 宋 song 唐 tang "
    "许 xu 韩 han 冯 feng 邓 deng 曹 cao 彭 peng 曾 zeng 肖 xiao 田 tian 董 dong 袁 yuan 潘 pan "
    "蒋 jiang 蔡 cai 余 yu 杜 du 叶 ye 程 cheng 苏 su 魏 wei 吕 lv 丁 ding 任 ren 沈 shen 姚 yao "
    "欧阳 ouyang 上官 shangguan 诸葛 zhuge"
)
GIVEN = pairs(
    "伟 wei 芳 fang 娜 na 敏 min 静 jing 磊 lei 洋 yang 艳 yan 勇 yong 军 jun 杰 jie 娟 juan "
    "明 ming 超 chao 霞 xia 平 ping 刚 gang 文 wen 辉 hui 玲 ling 健 jian 华 hua 红 hong "
    "鹏 peng 丽 li 强 qiang 峰 feng 浩 hao 宇 yu 欣 xin 怡 yi 佳 jia 晨 chen 雪 xue 梅 mei 琳 lin "
    "琪 qi 博 bo 思 si 远 yuan 嘉 jia 慧 hui 建 jian 国 guo 志 zhi 海 hai 晓 xiao 春 chun 秋 qiu "
    "天 tian 子 zi 雨 yu 诗 shi 俊 jun 凯 kai 龙 long 泽 ze 睿 rui 涵 han 悦 yue 航 hang 逸 yi"
)
# Outside GBK but inside GB18030: an OA that still thinks in GBK writes a question mark instead.
RARE_GIVEN = ("㛃 jie", "䶮 yan", "㵘 man", "㐂 xi")
MOBILE_PREFIXES = words(
    "130 131 132 133 135 136 137 138 139 150 151 152 153 155 156 157 158 159 "
    "176 177 180 181 182 183 185 186 187 188 189 199"
)
IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
UNASSIGNED_REGION = "990101"


@dataclass(frozen=True)
class Person:
    """A name as it is written and as it stands in a mail address."""

    name: str
    romanised: str


def person(random: Random, *, rare: bool = False) -> Person:
    """A person; `rare` ones have a given name that GBK cannot hold."""
    family = random.choice(SURNAMES)
    if rare:
        character, sound = random.choice(RARE_GIVEN).split()
        return Person(family[0] + character, f"{family[1]}.{sound}")
    parts = [random.choice(GIVEN) for _ in range(1 if random.random() < 0.35 else 2)]
    given = "".join(part[0] for part in parts)
    return Person(family[0] + given, f"{family[1]}.{''.join(part[1] for part in parts)}")


def mobile(random: Random) -> str:
    return f"{random.choice(MOBILE_PREFIXES)}00{random.randrange(1_000_000):06d}"


def mail(who: Person, number: int, host: str) -> str:
    """An address nobody owns; `number` keeps two people of one name apart."""
    return f"{who.romanised}{number % 1000 or ''}@{host}.example"


def identity_number(random: Random) -> str:
    """18 characters with a right check character, of a region that does not exist."""
    born = date(1964, 1, 1) + timedelta(days=random.randrange(38 * 365))
    body = f"{UNASSIGNED_REGION}{born:%Y%m%d}{random.randrange(1000):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, IDENTITY_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]
