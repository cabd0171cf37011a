"""Planting overreach: changes to the registers together with the line of the truth that tells of
them."""

from __future__ import annotations

from dataclasses import dataclass, field

from governance.demo.access import cast
from governance.demo.access.accounts import Accounts
from governance.demo.access.cast import Member
from governance.demo.access.customers import Customers
from governance.demo.access.logbook import Logbook
from governance.demo.access.papers import Papers
from governance.demo.access.personnel import Personnel
from governance.demo.access.registers import Registers
from governance.demo.access.roles import Role, Roles
from governance.demo.faults import Overreach
from governance.demo.shapes import Store


@dataclass(frozen=True)
class Plot:
    """All that a case may touch, and what was planted so far."""

    registers: Registers
    personnel: Personnel
    roles: Roles
    accounts: Accounts
    papers: Papers
    logbook: Logbook
    customers: Customers
    planted: list[Overreach] = field(default_factory=list)
    lent: dict[tuple[str, str], int] = field(default_factory=dict)

    def tell(
        self, rule: str, subject: str, cause: str, day: int, healed: int | None = None
    ) -> None:
        self.planted.append(Overreach(rule, subject, cause, day, healed))

    def staff(self, *jobs: str) -> list[Member]:
        """Who has one of these jobs, stays, and is known by their accounts."""
        found = self.accounts.people.of(*jobs)
        return [m for m in found if m.no not in self.accounts.uncertain]

    @property
    def reps(self) -> list[Member]:
        return self.staff(cast.REP)

    @property
    def chiefs(self) -> list[Member]:
        return self.staff(cast.CHIEF)

    @property
    def idle(self) -> list[Member]:
        """The heads of sales who have not taken lists away for long."""
        return self.chiefs[-2:]

    @property
    def size(self) -> int:
        """How often a case that many know happens: once in a small company."""
        return 1 if len(self.accounts.people.members) < cast.LARGE else 3

    def account(self, store: Store, member: Member) -> int:
        return self.accounts.ids[store, member.no]

    def role(
        self, store: Store, key: str, name: str, scope: str, codes: str, day: int = 0,
        departments: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """A role that somebody made beside those that there should be."""
        made = Role(store, key, name, scope, tuple(codes.split()), ())
        self.roles.create(made, day, departments=departments)

    def give(
        self, store: Store, member: Member, key: str, day: int = 0, healed: int | None = None
    ) -> None:
        """Let somebody into a role, until the morning of `healed`."""
        account = self.account(store, member)
        self.accounts.join(store, account, key, day)
        if healed is not None:
            self.accounts.leave(store, account, key, healed)

    def delegate(self, giver: Member, taker: Member, day: int, *, until: int | None) -> None:
        """Let somebody approve in another's place, from the morning of `day` on."""
        number = self.registers.add(
            "oa", "delegation", day, giver=giver.no, taker=taker.no,
            starts=self.registers.moment(day, 8), status="1",
            ends=None if until is None else self.registers.moment(until, 18),
        )  # fmt: skip
        self.lent[giver.no, taker.no] = number

    def delegation(self, giver: Member, taker: Member) -> str:
        return f"delegation:oa/{self.lent[giver.no, taker.no]}"


def human(member: Member) -> str:
    return f"human:{member.no}"
