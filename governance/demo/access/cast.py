"""Who of the staff has which job, in which department, under whom; and who is about to leave.

Nothing is drawn: the jobs follow from the list of the staff, so that no other draw ever moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest

from governance.demo import firms
from governance.demo.access import departments
from governance.demo.notation import Row

# The jobs' titles are those of data/demo/policy.yaml.
REP, CHIEF = "客户经理", "销售主管"
ACCOUNTANT, TREASURER = "会计", "财务经理"
LEGAL, BUYER, PERSONNEL = "法务", "采购", "人事"
MANAGER, DEPUTY = "总经理", "副总经理"
SYSTEM, SECURITY, AUDIT, OPERATIONS = "信息系统管理员", "安全管理员", "审计", "运维工程师"
# How many of each, at least, and how many of a hundred people beyond forty.
STAFFED = (
    (MANAGER, 1, 0), (DEPUTY, 1, 1), (TREASURER, 2, 1), (ACCOUNTANT, 2, 6), (LEGAL, 2, 2),
    (BUYER, 2, 3), (SYSTEM, 2, 1), (SECURITY, 2, 0), (AUDIT, 2, 1), (OPERATIONS, 2, 1),
    (PERSONNEL, 0, 3),
)  # fmt: skip
# How many leave, and how many have left something behind; a larger company has more of both.
LEAVERS, FORMER, LARGE, MORE = 3, 2, 100, 2
# A branch with fewer people has no head of sales of its own, or nobody at all who sells.
LEAST_FOR_CHIEF, LEAST_FOR_REP = 4, 3


@dataclass(frozen=True)
class Member:
    """One of the staff on the eve of day 0. `left_on` is set for those who are gone."""

    no: str
    name: str
    login: str
    mobile: str
    mail: str
    branch: str
    dept: str
    job: str
    manager: str | None
    hired_on: date
    left_on: date | None = None


@dataclass(frozen=True)
class Cast:
    """Everybody, by staff number. `leavers` will leave, one after another, while we look on;
    `former` have gone before and left something behind."""

    members: dict[str, Member]
    leavers: tuple[str, ...]
    former: tuple[str, ...]

    def of(self, *jobs: str) -> list[Member]:
        """Those with one of `jobs` who stay, in the order of the staff list."""
        gone = {*self.leavers, *self.former}
        return [
            m
            for m in self.members.values()
            if m.job in jobs and m.left_on is None and m.no not in gone
        ]

    def sellers(self, branch: str) -> list[Member]:
        """Who looks after the customers of a branch."""
        everyone = self.of(REP)
        return [m for m in everyone if m.branch == branch] or everyone


@dataclass
class _Desk:
    """One branch while its jobs are given away."""

    branch: str
    left: list[Row]
    jobs: dict[str, str] = field(default_factory=dict)

    def give(self, job: str) -> None:
        self.jobs[self.left.pop(0)["code"]] = job


def cast(staff: list[Row], start: date) -> Cast:
    """The company's people on the eve of `start`."""
    desks = [_Desk(b.name, [r for r in staff if r["branch"] == b.name]) for b in firms.BRANCHES]
    for desk in desks:
        desk.left.sort(key=lambda row: not row["active"])
        active = sum(row["active"] for row in desk.left)
        for job, least in ((REP, LEAST_FOR_REP), (CHIEF, LEAST_FOR_CHIEF)):
            if active >= least:
                desk.give(job)
    _staff_offices(desks, len(staff))
    jobs = {no: job for desk in desks for no, job in desk.jobs.items()}
    going = [r for r in staff if r["code"] not in jobs and r["active"]][1:]
    more = MORE if len(staff) >= LARGE else 0
    leavers = going[max(0, len(going) - LEAVERS - more) :]
    former = [r for r in staff if not r["active"]][: FORMER + more]
    chiefs = _chiefs(staff, jobs)
    members = [_member(row, jobs.get(row["code"], REP), chiefs, start) for row in staff]
    return Cast(
        {m.no: m for m in members},
        tuple(row["code"] for row in leavers),
        tuple(row["code"] for row in former),
    )


def _staff_offices(desks: list[_Desk], size: int) -> None:
    """Give the head office's jobs to its people first, then to those of the branches in turn."""
    free = iter(list(_in_turn(desks)))
    for job, least, share in STAFFED:
        for _ in range(least + max(0, size - 40) * share // 100):
            desk, row = next(free)
            desk.left.remove(row)
            desk.jobs[row["code"]] = job


def _in_turn(desks: list[_Desk]) -> Iterator[tuple[_Desk, Row]]:
    head, *branches = desks
    yield from [(head, row) for row in head.left if row["active"]][len(head.left) // 3 :]
    for rows in zip_longest(*(desk.left for desk in branches)):
        for desk, row in zip(branches, rows, strict=True):
            if row is not None and row["active"]:
                yield desk, row


def _chiefs(staff: Iterable[Row], jobs: dict[str, str]) -> dict[str, str]:
    """The head of sales of each branch, and the general manager under the empty name."""
    found = {row["branch"]: row["code"] for row in staff if jobs.get(row["code"]) == CHIEF}
    found[""] = next(no for no, job in jobs.items() if job == MANAGER)
    return found


def _member(row: Row, job: str, chiefs: dict[str, str], start: date) -> Member:
    boss = chiefs[row["branch"]] if job == REP and row["branch"] in chiefs else chiefs[""]
    number = int(row["code"])
    left = None if row["active"] else start - timedelta(days=40 + number % 150)
    return Member(
        no=row["code"],
        name=row["name"],
        login=row["email"].split("@")[0].replace(".", ""),
        mobile=row["mobile"],
        mail=row["email"],
        branch=row["branch"],
        dept=departments.place(row["branch"], job, number),
        job=job,
        manager=None if boss == row["code"] else boss,
        hired_on=row["hired_on"],
        left_on=left,
    )


def settle(records: dict[str, dict[tuple[str, ...], Row]], people: Cast) -> None:
    """Give every customer and contract to one who sells, with three others to whom it may go.

    The one who owned it at first stays written down: who belonged together still does.
    """
    sellers = {branch.name: people.sellers(branch.name) for branch in firms.BRANCHES}
    all_sellers = [m.no for m in people.of(REP, CHIEF)]
    for row in (*records["customer"].values(), *records["contract"].values()):
        row["first_owner"] = row["owner"]
        here = sellers[row["branch"]]
        row["owner"] = here[int(row["owner"]) % len(here)].no
        at = all_sellers.index(row["owner"])
        row["heirs"] = tuple((all_sellers * 2)[at + 1 : at + 4])
