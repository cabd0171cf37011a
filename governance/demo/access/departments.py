"""The company's departments: the company, its branches, and their sections, as both systems number
them."""

from __future__ import annotations

from dataclasses import dataclass

from governance.demo import firms

COMPANY = "1"
# Sections of the head office, by the job's place in them; every branch has sales and an office.
OFFICES = (
    ("01", "总经办"), ("02", "财务部"), ("03", "法务部"), ("04", "采购部"), ("05", "人力资源部"),
    ("06", "信息中心"), ("07", "审计部"),
)  # fmt: skip
SALES, SALES_TEAMS, OFFICE = "10", ("11", "12"), "20"
OFFICE_OF = {
    "总经理": "01", "副总经理": "01", "财务经理": "02", "会计": "02",
    "法务": "03", "采购": "04", "人事": "05", "信息系统管理员": "06",
    "安全管理员": "06", "运维工程师": "06", "审计": "07",
}  # fmt: skip


@dataclass(frozen=True)
class Department:
    no: str
    parent: str | None
    name: str


def branch_no(branch: str) -> str:
    names = [b.name for b in firms.BRANCHES]
    return f"1{names.index(branch) + 1}"


def place(branch: str, job: str, number: int) -> str:
    """The department of one with that job; sales people are spread over two teams."""
    base = branch_no(branch)
    if job == "客户经理":
        return base + SALES_TEAMS[number % 2]
    if job == "销售主管":
        return base + SALES
    return base + OFFICE_OF[job] if branch == firms.BRANCHES[0].name else base + OFFICE


def tree() -> list[Department]:
    """All departments, parents first."""
    found = [Department(COMPANY, None, firms.COMPANY_ZH)]
    for branch in firms.BRANCHES:
        base = branch_no(branch.name)
        found.append(Department(base, COMPANY, branch.name))
        found.append(Department(base + SALES, base, f"{branch.name}销售部"))
        found += [
            Department(base + team, base + SALES, f"{branch.name}销售{word}部")
            for team, word in zip(SALES_TEAMS, "一二", strict=True)
        ]
        if branch is firms.BRANCHES[0]:
            found += [Department(base + no, base, name) for no, name in OFFICES]
        else:
            found.append(Department(base + OFFICE, base, f"{branch.name}综合部"))
    return found
