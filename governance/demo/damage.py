"""What happens to values: honest edits, and the ways in which systems and people spoil them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from governance.demo import firms, people
from governance.demo.company import JOB_TITLES, METHODS, POSTS, STATUSES, TAX_RATES
from governance.demo.notation import Row, Value, full_width

TRADITIONAL = str.maketrans("机电设备贸医疗车铁轨", "機電設備貿醫療車鐵軌")
OA_ADDRESS_LENGTH = 24


def other(random: Random, choices: tuple[Any, ...], value: Any) -> Any:
    return random.choice([choice for choice in dict.fromkeys(choices) if choice != value])


def new_mobile(random: Random, value: str) -> str:
    while (drawn := people.mobile(random)) == value:
        pass
    return drawn


def new_address(random: Random, row: Row) -> str:
    while (drawn := firms.address(random, firms.BRANCH_NAMED[row["branch"]])) == row["address"]:
        pass
    return drawn


def new_name(random: Random, row: Row) -> str:
    """The firm renames itself: other brand, so that no rule about legal forms makes it equal."""
    place = firms.BRANCH_NAMED[row["branch"]].place
    while (drawn := f"{place}{firms.brand(random)}智能装备有限公司") == row["name"]:
        pass
    return drawn


def new_money(random: Random, value: Decimal) -> Decimal:
    """At least 5 % up or down and a whole hundred away, so beyond every tolerance."""
    factor = Decimal(random.choice((70, 80, 90, 110, 120, 150))) / 100
    changed = (value * factor).quantize(Decimal("0.01"))
    return changed if abs(changed - value) > 1000 else value + 5000


EDITS: dict[str, Callable[[Random, Row], Any]] = {
    "phone": lambda random, row: new_mobile(random, row["phone"]),
    "mobile": lambda random, row: new_mobile(random, row["mobile"]),
    "email": lambda random, row: f"new{random.randrange(100)}.{row['email']}",
    "name": new_name,
    "address": new_address,
    "level": lambda random, row: other(random, ("A", "B", "C", "E"), row["level"]),
    "credit_limit": lambda random, row: new_money(random, row["credit_limit"]),
    "amount": lambda random, row: new_money(random, row["amount"]),
    "tax_rate": lambda random, row: other(random, TAX_RATES, row["tax_rate"]),
    "status": lambda random, row: other(random, (*STATUSES, "已终止"), row["status"]),
    "ends_on": lambda random, row: row["ends_on"] + timedelta(days=random.choice((30, 90, 180))),
    "paid_on": lambda random, row: row["paid_on"] - timedelta(days=random.randrange(1, 12)),
    "method": lambda random, row: other(random, METHODS, row["method"]),
    "job_title": lambda random, row: other(random, JOB_TITLES, row["job_title"]),
    "post": lambda random, row: other(random, POSTS, row["post"]),
    "branch": lambda random, row: other(random, tuple(firms.BRANCH_NAMED), row["branch"]),
    "owner": lambda random, row: other(random, row["heirs"], row["owner"]),
    "active": lambda _random, row: not row["active"],
}


def edited(random: Random, row: Row, field: str) -> Value:
    """A new and truly different value of a field of a record that has one."""
    return EDITS[field](random, row)


def without_legal_form(name: str) -> str:
    return name.removesuffix(firms.legal_form(name))


def restyled_name(name: str, style: int) -> str:
    """A company name with other brackets, blanks, full-width or traditional characters."""
    return (
        name.replace("（", "(").replace("）", ")") + " ",
        name.translate(TRADITIONAL),
        f" {name}",
        f"{name[:2]} {name[2:]}" if "（" not in name else name.replace("（", " ("),
    )[style % 4]


def restyled_code(code: str, style: int) -> str:
    return (code.lower(), full_width(code), f"{code} ", f" {code.lower()}")[style % 4]


def restyled_text(text: str, _style: int) -> str:
    """The digits of an address as full-width signs, a blank at the end."""
    return full_width(text) + " "


def gbk_only(text: str) -> str:
    """What is left of a text after a system that knows GBK only."""
    return text.encode("gbk", errors="replace").decode("gbk")


def rounded_by_excel(digits: str) -> float:
    """A long number as a spreadsheet keeps it: fifteen digits, then noughts."""
    return float(digits[:15] + "0" * (len(digits) - 15))


def scientific(digits: str) -> str:
    """The same, as it is written once the sheet has been saved as text."""
    return f"{rounded_by_excel(digits):.5E}"


def survives_excel(digits: str) -> bool:
    return digits.endswith("0" * max(len(digits) - 15, 0)) or not digits.isdigit()
