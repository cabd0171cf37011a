"""What the systems' logs tell: who looked at customers and took lists away, and when people logged
in. The CRM has kept its log for long, the OA only since its last release."""

from __future__ import annotations

from datetime import datetime
from random import Random

from governance.demo.access import cast
from governance.demo.access.accounts import Accounts
from governance.demo.access.cast import Member
from governance.demo.access.registers import Registers, office_hour
from governance.demo.books import Books

CRM_SINCE, OA_SINCE = 110, 21
LOGINS_ON = 0  # Mondays: the systems write down the last login of a week
LOOKED, CHANGED, EXPORTED, APPLIED = "客户查询", "客户修改", "客户导出", "流程查询"
EXPORTS_EVERY = 23
# What the log names where more than one customer was touched.
LIST = "客户列表"
# Heads of sales who hold the right to export and have not used it for long.
IDLE = 2


class Logbook:
    """Writes the logs of an ordinary company."""

    def __init__(
        self, registers: Registers, accounts: Accounts, books: Books, random: Random
    ) -> None:
        self.registers, self.accounts, self.random = registers, accounts, random
        self.people = accounts.people
        self.owned: dict[str, list[str]] = {}
        for row in books.records["customer"].values():
            self.owned.setdefault(row["owner"], []).append(row["code"])
        self.days = registers.days

    def write(self, idle: set[str]) -> None:
        """All of it. `idle` are those who never take a list away."""
        for at, member in enumerate(self.people.members.values()):
            if member.left_on is None and member.no not in self.people.leavers:
                if ("crm", member.no) in self.accounts.ids and member.no in self.owned:
                    self._sells(member, at)
                if member.job == cast.CHIEF and member.no not in idle:
                    self._takes_lists(member, at)
                self._logs_in(member, at)
        self._oa()

    def note(
        self, actor: str, action: str, at: datetime, day: int, *, rows: int | None = None,
        target: str | None = None, address: str | None = None,
    ) -> None:  # fmt: skip
        """One line of the CRM's log, which the night of `day` reads."""
        self.registers.add(
            "crm", "operation", max(day, 0), actor=actor, action=action, at=at,
            object=target or LIST, rows=rows, address=address or self.address(actor),
        )  # fmt: skip

    def address(self, login: str) -> str:
        number = sum(login.encode()) * 31
        return f"10.20.{number % 23 + 1}.{number % 241 + 7}"

    def _login(self, member: Member) -> str:
        return self.accounts.logins["crm", self.accounts.ids["crm", member.no]]

    def _sells(self, member: Member, at: int) -> None:
        """Looks at the own customers, now and then changes one."""
        mine = sorted(self.owned[member.no])
        for day in range(-CRM_SINCE + at % 9, self.days + 1, 8):
            real = self.registers.workday(day)
            hour = office_hour(self.random)
            action = CHANGED if self.random.random() < 0.2 else LOOKED
            when = self.registers.moment(real, hour)
            target = self.random.choice(mine)
            self.note(self._login(member), action, when, day, rows=1, target=target)

    def _takes_lists(self, member: Member, at: int) -> None:
        for day in range(-CRM_SINCE + at % EXPORTS_EVERY, self.days + 1, EXPORTS_EVERY):
            real = self.registers.workday(day)
            when = self.registers.moment(real, office_hour(self.random))
            rows = self.random.randrange(20, 140)
            self.note(self._login(member), EXPORTED, when, day, rows=rows)

    def _logs_in(self, member: Member, at: int) -> None:
        """The last login of a week, in both systems."""
        for day in range(1, self.days + 1):
            if self.registers.date_of(day).weekday() != LOGINS_ON:
                continue
            for store in ("crm", "oa"):
                account = self.accounts.ids.get((store, member.no))
                if account is not None:
                    when = self.registers.moment(day - 2 - at % 3, 9 + at % 8)
                    self.registers.change(store, "account", account, day, last_login=when)

    def _oa(self) -> None:
        """The OA's log: who looked at requests."""
        here = [m for m in self.people.members.values() if ("oa", m.no) in self.accounts.ids]
        here = [m for m in here if m.left_on is None and m.no not in self.people.leavers]
        for at, member in enumerate(here):
            for day in range(-OA_SINCE + at % 5, self.days + 1, 7):
                hour = office_hour(self.random)
                when = self.registers.moment(self.registers.workday(day), hour)
                self.registers.add(
                    "oa", "operation", max(day, 0), actor=member.no, action=APPLIED, at=when,
                    address=self.address(member.no), rows=1,
                )  # fmt: skip
