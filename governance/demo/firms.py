"""Fictional firms: branches, company names, credit codes, addresses, bank accounts, goods."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from governance.demo.people import words

COMPANY_ZH = "云帆装备"
COMPANY_EN = "Yunfan Equipment"


@dataclass(frozen=True)
class Branch:
    """One of our branches: the region it sells in, with that region's codes and streets."""

    name: str
    place: str
    province: str
    region_code: str
    area_code: str
    postcode: str
    districts: tuple[str, ...]
    share: int


BRANCHES = (
    Branch("总部", "无锡", "江苏省", "320200", "0510", "214000", ("新吴区", "滨湖区", "惠山区"), 5),
    Branch(
        "上海分公司", "上海", "", "310100", "021", "200000", ("嘉定区", "松江区", "浦东新区"), 4
    ),
    Branch("苏州分公司", "苏州", "江苏省", "320500", "0512", "215000", ("相城区", "吴中区"), 2),
    Branch("佛山分公司", "佛山", "广东省", "440600", "0757", "528000", ("南海区", "顺德区"), 3),
    Branch("成都分公司", "成都", "四川省", "510100", "028", "610000", ("龙泉驿区", "郫都区"), 3),
    Branch("天津分公司", "天津", "", "120100", "022", "300000", ("西青区", "北辰区"), 2),
    Branch("武汉分公司", "武汉", "湖北省", "420100", "027", "430000", ("江夏区", "蔡甸区"), 3),
    Branch("西安分公司", "西安", "陕西省", "610100", "029", "710000", ("雁塔区", "未央区"), 2),
    Branch("石家庄分公司", "石家庄", "河北省", "130100", "0311", "050000", ("长安区", "鹿泉区"), 1),
)
BRANCH_NAMED = {branch.name: branch for branch in BRANCHES}
DROP_BRANCH = "苏州分公司"
LEDGER_BRANCH = "佛山分公司"

FIRST = "恒泰华瑞鑫宏盛金天中新德安兴力科凯信永嘉博卓远丰联海锦正众"
SECOND = "泰达源信通隆诚利昌邦腾阳辰祥和创维奥峰航森耀康捷润川越凌翔晟"
INDUSTRIES = {
    "机床": ("精密机械", "数控机床", "机械设备"),
    "汽车零部件": ("汽车零部件", "汽车配件", "汽车部件"),
    "电子": ("电子科技", "电子元件", "半导体设备"),
    "模具": ("模具", "精密模具", "模具制造"),
    "能源": ("新能源科技", "电力设备", "能源装备"),
    "轨道交通": ("轨道交通设备", "铁路配件", "轨道装备"),
    "医疗器械": ("医疗器械", "医疗科技", "生物医疗设备"),
    "冶金": ("金属制品", "特种钢材", "冶金设备"),
}
LEGAL_FORMS = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司", "集团有限公司")
STREETS = words(
    "长江路 黄河路 创业路 科技大道 工业一路 工业三路 振兴路 机场北路 金山大道 迎宾路 "
    "珠江路 华山路 泰山路 锡梅路 建设东路 园区大道 星湖街 东环路 纬四路 经二路"
)
GOODS = words(
    "五轴加工中心 数控车床 立式加工中心 卧式镗铣床 激光切割机 自动化产线 工业机器人工作站 "
    "备品备件 年度维保服务 刀具系统 夹具改造 数控系统升级"
)
BANK_PREFIXES = ("621700", "622202", "622848", "621661", "622588", "622262")
CODE_STARTS = ("MA", "MC", "ME", "5A", "7B")
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def branch_slots(random: Random, count: int) -> list[Branch]:
    """`count` branches in a mixed order, each with its share, whatever the count."""
    cycle = [branch for branch in BRANCHES for _ in range(branch.share)]
    slots: list[Branch] = []
    while len(slots) < count:
        random.shuffle(cycle)
        slots += cycle
    return slots[:count]


def brand(random: Random) -> str:
    """Two characters, never the same one twice."""
    first = random.choice(FIRST)
    return first + random.choice([second for second in SECOND if second != first])


def company_name(random: Random, branch: Branch, industry: str) -> str:
    line = random.choice(INDUSTRIES[industry])
    form = random.choice(LEGAL_FORMS)
    if random.random() < 0.12:
        return f"{brand(random)}{line}（{branch.place}）{form}"
    return f"{branch.place}{brand(random)}{line}{form}"


def legal_form(name: str) -> str:
    """The legal form a name ends in, or '' where it has none."""
    return next((form for form in sorted(LEGAL_FORMS, key=len)[::-1] if name.endswith(form)), "")


def organisation_code(body: str) -> str:
    """`body` (8 characters) with the check character of GB 11714."""
    total = sum(int(c, 36) * w for c, w in zip(body, ORGANISATION_WEIGHTS, strict=True))
    check = 11 - total % 11
    return body + ("X" if check == 10 else "0" if check == 11 else str(check))


def credit_code(random: Random, region: str, *, digits_only: bool = False) -> str:
    """18 characters that pass GB 32100; those of digits only are what Excel takes for a number."""
    while True:
        body = f"{random.randrange(10**8):08d}"
        if not digits_only:
            body = random.choice(CODE_STARTS) + body[2:]
        code = with_credit_check(f"91{region}{organisation_code(body)}")
        if not digits_only or code.isdigit():
            return code


def with_credit_check(body: str) -> str:
    """`body` (17 characters) with the check character of GB 32100."""
    total = sum(CREDIT_ALPHABET.index(c) * w for c, w in zip(body, CREDIT_WEIGHTS, strict=True))
    return body + CREDIT_ALPHABET[(31 - total) % 31]


def address(random: Random, branch: Branch) -> str:
    """A street address; about one in six names a building and is longer than 24 characters."""
    street = f"{random.choice(STREETS)}{random.randrange(1, 999)}号"
    city = f"{branch.province}{branch.place}市{random.choice(branch.districts)}"
    if random.random() < 0.18:
        return (
            f"{city}{street}高端装备产业园{random.randrange(1, 30)}号楼{random.randrange(1, 9)}层"
        )
    return f"{city}{street}"


def bank_account(random: Random) -> str:
    """19 digits: more than a spreadsheet's number can hold."""
    return f"{random.choice(BANK_PREFIXES)}{random.randrange(1, 10**13):013d}"
