"""The accounts of both systems: who has which, under what name, and how it tells whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import ClassVar

from governance.demo.access import cast, departments
from governance.demo.access.cast import Cast, Member
from governance.demo.access.registers import Registers, office_hour
from governance.demo.access.roles import ROLES, Roles
from governance.demo.notation import Value
from governance.demo.shapes import Store

PERSON, SHARED, SERVICE, BUILT_IN = "00", "01", "02", "99"
ENABLED, DISABLED = "0", "1"
# Of so many accounts one says nothing of the staff number, and one nothing that is certain.
UNDECLARED, UNCERTAIN = 11, 47


@dataclass(frozen=True)
class Extra:
    """An account that is nobody's own."""

    store: Store
    login: str
    name: str
    type: str


EXTRAS = (
    Extra("crm", "sync_job", "数据同步接口", SERVICE),
    Extra("crm", "bi_reader", "报表接口", SERVICE),
    Extra("oa", "esb_user", "集成平台", SERVICE),
    Extra("crm", "zhouyibin", "周逸斌（外包）", PERSON),
)


class Accounts:
    """The accounts as they stand in the registers, and what they are in."""

    built_in: ClassVar[int] = 1

    def __init__(self, registers: Registers, people: Cast, roles: Roles, random: Random) -> None:
        self.registers, self.people, self.roles, self.random = registers, people, roles, random
        self.ids: dict[tuple[Store, str], int] = {}
        self.logins: dict[tuple[Store, int], str] = {}
        self.memberships: dict[tuple[Store, int, str], int] = {}
        self.uncertain: set[str] = set()
        for store in ("crm", "oa"):
            self.open(store, "admin", name="超级管理员", type=BUILT_IN)
            for number, member in enumerate(people.members.values(), start=1):
                self.open_for(store, member, number)
            for extra in EXTRAS:
                if extra.store == store:
                    self.open(store, extra.login, name=extra.name, type=extra.type)
        self.grant_all()

    def open_for(self, store: Store, member: Member, number: int) -> None:
        """The account of one of the staff. Whoever left cannot log in."""
        jobs = {job for role in ROLES if role.store == store for job in role.jobs}
        if member.job not in jobs:
            return
        gone = member.left_on is not None
        known: dict[str, Value] = {"staff": member.no, "mobile": member.mobile}
        known |= {"mail": member.mail}
        if store == "crm" and number % UNDECLARED == 5:
            known["staff"] = None
        if store == "crm" and number % UNCERTAIN == 7 and member in self.people.of(cast.REP):
            known = {}
            self.uncertain.add(member.no)
        login = member.login if store == "crm" else member.no
        # Whoever leaves soon has been away for some time.
        days = (self.registers.start - (member.left_on or self.registers.start)).days
        days = max(days, 18 if member.no in self.people.leavers else 0)
        self.ids[store, member.no] = self.open(
            store, login, name=member.name, dept=member.dept,
            status=DISABLED if gone else ENABLED, seen=-days - 1 - number % 9, **known,
        )  # fmt: skip

    def grant_all(self) -> None:
        """Everybody who is here gets the roles of the job."""
        for (store, no), account in self.ids.items():
            member = self.people.members[no]
            for role in ROLES:
                if role.store == store and member.job in role.jobs and member.left_on is None:
                    self.join(store, account, role.key)

    def open(
        self, store: Store, login: str, *, day: int = 0, type: str = PERSON,
        status: str = ENABLED, seen: int = -1, **known: Value,
    ) -> int:  # fmt: skip
        """An account that was last used on day `seen`."""
        registers = self.registers
        known.setdefault("dept", departments.COMPANY)
        if store == "crm":
            known["api"] = "0"
        number = registers.add(
            store, "account", day, login=login, type=type, status=status,
            last_login=registers.moment(seen, office_hour(self.random)),
            created=registers.moment(-400 - self.random.randrange(900)), **known,
        )  # fmt: skip
        self.logins[store, number] = login
        return number

    def join(
        self, store: Store, account: int, key: str, day: int = 0, by: int | None = None
    ) -> int:
        """Put an account into a role, as the security officer does unless `by` is told; into an
        officer's own roles the built-in administrator."""
        officers = [self.ids[store, m.no] for m in self.people.of(cast.SECURITY)]
        if by is None:
            by = self.built_in if account in officers else officers[0]
        at = day if day else -100 - self.random.randrange(300)
        number = self.registers.add(
            store, "membership", day, account=account, role=self.roles.ids[store, key], by=by,
            at=self.registers.moment(at, 16),
        )  # fmt: skip
        self.memberships[store, account, key] = number
        return number

    def leave(self, store: Store, account: int, key: str, day: int) -> None:
        """Take an account out of a role."""
        self.registers.remove(store, "membership", self.memberships[store, account, key], day)

    def disable(self, store: Store, account: int, day: int) -> None:
        self.registers.change(store, "account", account, day, status=DISABLED)
