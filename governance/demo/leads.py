"""A list from a trade fair: the company's customers among strangers, without a customer number.

Whoever typed it shortened names, left out legal forms, made typing errors, wrote branches for
firms. Which line is which customer is known, so what a linkage finds can be counted.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from governance.demo import firms, people
from governance.demo.notation import Row, full_width, phone

CUSTOMER_COLUMNS = ("客户编号", "客户名称", "统一社会信用代码", "联系电话", "地址", "联系人")
LEAD_COLUMNS = ("展商序号", "单位", "手机", "办公地址", "姓名")
SHARE, STRANGERS, BRANCHES, BRANCHES_KNOWN = 0.6, 0.25, 0.05, 0.03
OTHER_PLACES = ("杭州", "宁波", "南京", "常州", "青岛", "长沙", "厦门", "东莞")
FIRST_LEAD = 3001


@dataclass(frozen=True)
class Lists:
    """Both lists, cell by cell, and the truth: pairs of customer number and lead number."""

    customers: tuple[tuple[str | None, ...], ...]
    leads: tuple[tuple[str | None, ...], ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass
class _Firm:
    number: str
    name: str
    credit_code: str | None
    phone: str
    address: str
    contact: str


def lists(customers: Sequence[Row], seed: int = 1) -> Lists:
    """The customers as the CRM lists them, and the fair's list, of about as many lines."""
    random = Random(f"{seed}:leads")  # noqa: S311 - repeatable, not secret
    known = [_firm(random, row) for row in customers]
    heads = random.sample(known, round(len(known) * BRANCHES_KNOWN))
    known += [_branch(random, head, f"{head.number}F") for head in heads]
    shown = random.sample(known, round(len(known) * SHARE))
    met = [(firm.number, _written(random, firm)) for firm in shown]
    for head in random.sample(known, round(len(known) * BRANCHES)):
        if not firms_branch(head.name):
            branch = _branch(random, head, "")
            if random.random() < 0.5:
                branch.phone = head.phone
            met.append(("", _written(random, branch)))
    for _ in range(round(len(known) * STRANGERS)):
        met.append(("", _written(random, _stranger(random, random.choice(known)))))
    random.shuffle(met)
    leads = [(str(FIRST_LEAD + at), *cells) for at, (_, cells) in enumerate(met)]
    pairs = [(n, str(FIRST_LEAD + at)) for at, (n, _) in enumerate(met) if n]
    rows = [(f.number, f.name, f.credit_code, f.phone, f.address, f.contact) for f in known]
    return Lists(tuple(rows), tuple(leads), tuple(pairs))


def write(made: Lists, folder: Path) -> None:
    """`customers.csv`, `leads.csv` and the truth, `pairs.csv`."""
    for name, header, rows in (
        ("customers.csv", CUSTOMER_COLUMNS, made.customers),
        ("leads.csv", LEAD_COLUMNS, made.leads),
        ("pairs.csv", ("left_id", "right_id"), made.pairs),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)


def firms_branch(name: str) -> bool:
    return name.endswith(("分公司", "办事处"))


def _firm(random: Random, row: Row) -> _Firm:
    who = people.person(random).name
    code = row["credit_code"]
    return _Firm(row["code"], row["name"], code, row["phone"], row["address"], who)


def _branch(random: Random, head: _Firm, number: str) -> _Firm:
    """A branch of a firm: another place, people and telephone of its own."""
    place = random.choice([b for b in firms.BRANCHES if b.place not in head.name])
    name = f"{head.name}{place.place}{random.choice(('分公司', '分公司', '办事处'))}"
    return _Firm(
        number,
        name,
        None,
        people.mobile(random),
        firms.address(random, place),
        people.person(random).name,
    )


def _stranger(random: Random, like: _Firm) -> _Firm:
    """A firm that nobody knows; every third is called as one of ours elsewhere."""
    branch = random.choice(firms.BRANCHES)
    name = firms.company_name(random, branch, random.choice(list(firms.INDUSTRIES)))
    if random.random() < 0.33:
        place = next((b.place for b in firms.BRANCHES if b.place in like.name), "")
        if place and not firms_branch(like.name):
            name = like.name.replace(place, random.choice(OTHER_PLACES), 1)
    return _Firm(
        "",
        name,
        None,
        people.mobile(random),
        firms.address(random, branch),
        people.person(random).name,
    )


def _written(random: Random, firm: _Firm) -> tuple[str | None, ...]:
    """The firm as somebody typed it at the fair, in the order of LEAD_COLUMNS."""
    number: str | None = phone(firm.phone, random.randrange(6))
    if (drawn := random.random()) < 0.18:
        number = None if drawn < 0.12 else people.mobile(random)
    where: str | None = _shortened(random, firm.address)
    if (drawn := random.random()) < 0.19:
        where = None if drawn < 0.15 else firms.address(random, random.choice(firms.BRANCHES))
    who: str | None = firm.contact
    if (drawn := random.random()) < 0.3:
        who = None if drawn < 0.2 else people.person(random).name
    return (_named(random, firm.name), number, where, who)


def _named(random: Random, name: str) -> str:
    if firms_branch(name):
        return name.replace("有限公司", "", 1) if random.random() < 0.4 else name
    form = firms.legal_form(name)
    drawn = random.random()
    if drawn < 0.25:
        return name
    bare = name.removesuffix(form)
    if drawn < 0.42:
        return bare
    if drawn < 0.52:
        return bare + random.choice([f for f in firms.LEGAL_FORMS if f != form])
    if drawn < 0.72:
        return _without_place(bare)
    if drawn < 0.78:
        return full_width(bare.replace("（", "(").replace("）", ")")) + form
    return _mistyped(random, bare) + random.choice(("", form))


def _without_place(name: str) -> str:
    for branch in firms.BRANCHES:
        name = name.replace(f"（{branch.place}）", "").removeprefix(branch.place)
    return name


def _mistyped(random: Random, name: str) -> str:
    """One character left out, doubled, exchanged with its neighbour or with another."""
    at = random.randrange(len(name) - 1)
    how = random.randrange(4)
    if how == 0:
        return name[:at] + name[at + 1 :]
    if how == 1:
        return name[: at + 1] + name[at:]
    if how == 2:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name[:at] + random.choice(firms.FIRST + firms.SECOND) + name[at + 1 :]


def _shortened(random: Random, address: str) -> str:
    drawn = random.random()
    if drawn < 0.3:
        for branch in firms.BRANCHES:
            if branch.province:
                address = address.removeprefix(branch.province)
    elif drawn < 0.45:
        address = address.split("高端装备")[0]
    return address
