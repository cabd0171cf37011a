"""Contracts and payments on their way through approval: made in the CRM or the OA, decided in the
OA, in force in the CRM afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count, cycle
from random import Random

from governance.demo.access import cast
from governance.demo.access.accounts import Accounts
from governance.demo.access.registers import Registers
from governance.demo.books import Books
from governance.demo.notation import BUSINESS_ZONE, Row

CONTRACT_FLOW, PAYMENT_FLOW = "contract_flow", "payment_flow"
DONE, RUNNING = "已生效", "审批中"
# Contracts have been approved on screen for so long; a small company shows its newest ones.
SINCE, LEAST = 120, 48
BOARD_FROM = Decimal(2_000_000)
PAYMENTS_FROM = 60
VENDORS = 90


@dataclass(frozen=True)
class Step:
    """Somebody (by staff number) agrees at a moment, in the place of `behalf` if told."""

    actor: str
    at: datetime
    behalf: str | None = None


class Papers:
    """Files documents. `spare` are contracts that nobody else will touch, for what is planted."""

    def __init__(
        self, registers: Registers, accounts: Accounts, books: Books, random: Random
    ) -> None:
        self.registers, self.accounts, self.books, self.random = registers, accounts, books, random
        self.people = accounts.people
        self.payment_numbers = count(1)
        self.lawyers = cycle([m.no for m in self.people.of(cast.LEGAL)])
        self.treasurers = cycle([m.no for m in self.people.of(cast.TREASURER)])
        self.board = self.people.of(cast.MANAGER)[0].no
        self.filed: dict[tuple[str, str], list[str]] = {}
        self.spare = self._untouched()

    def take(self) -> Row:
        """A contract for a purpose of its own."""
        return self.spare.pop(0)

    def file_all(self) -> None:
        """The contracts of the last months, those that are still to come, and the payments."""
        first = self.registers.start - timedelta(days=SINCE)
        for at, row in enumerate(self.spare):
            signed = row["signed_at"].astimezone(BUSINESS_ZONE)
            if signed.date() < first and at >= LEAST:
                break
            self._usual(row, (signed.date() - self.registers.start).days + 1)
        self.spare = []
        for day, row in self._arrivals():
            self._usual(row, day + 1)
        self._payments()

    def contract(
        self, row: Row, day: int, steps: Sequence[Step], *, creator: str | None = None,
        account: int | None = None, made: datetime | None = None,
        in_oa: bool = True, frame: str | None = None,
    ) -> int:  # fmt: skip
        """A contract that was made and approved by the night of `day`; its number in the CRM.
        `account` is the one that made it there, where that is not the creator's usual one."""
        creator = creator or row["owner"]
        account = account or self.accounts.ids["crm", creator]
        made = made or self.registers.moment(day, 9)
        done = max((s.at for s in steps), default=made)
        filed = self.registers.add(
            "crm", "e_contract", day, no=row["number"], customer=row["customer"],
            amount=row["amount"], frame=frame, state=DONE, creator=account, created=made,
            updated=done + timedelta(minutes=5),
        )  # fmt: skip
        if in_oa:
            self.request(row["number"], "contract", creator, row["customer"], row["amount"], day,
                         made, frame)  # fmt: skip
            self.steps(row["number"], CONTRACT_FLOW, day, steps)
        return filed

    def payment(self, day: int, creator: str, steps: Sequence[Step]) -> str:
        """A payment that was asked for and approved by the night of `day`; its number."""
        number = next(self.payment_numbers)
        no = f"FK{self.registers.start.year}-{number:05d}"
        amount = Decimal(self.random.randrange(20, 9000) * 100)
        vendor = f"GYS{number % VENDORS + 1:04d}"
        made = self.registers.moment(day, 9)
        self.request(no, "payment", creator, vendor, amount, max(day, 0), made)
        self.steps(no, PAYMENT_FLOW, max(day, 0), steps)
        return no

    def request(
        self, no: str, kind: str, creator: str, customer: str, amount: Decimal, day: int,
        made: datetime, frame: str | None = None,
    ) -> None:  # fmt: skip
        self.registers.add(
            "oa", "request", day, no=no, type=kind, creator=creator, customer=customer,
            amount=f"{amount:,.2f}", frame=frame, created=made,
        )  # fmt: skip

    def steps(self, no: str, flow: str, day: int, steps: Sequence[Step]) -> None:
        for number, step in enumerate(steps, start=1):
            self.registers.add(
                "oa", "step", day, no=no, step=str(number), actor=step.actor, behalf=step.behalf,
                result="同意", at=step.at, flow=flow,
            )  # fmt: skip

    def deciders(self, creator: str, amount: Decimal) -> list[str]:
        """Who decides on a contract: the head of sales, a lawyer, for large ones the manager."""
        first = self.people.members[creator].manager or self.board
        found = [first, next(self.lawyers)]
        return [*found, self.board] if amount > BOARD_FROM and first != self.board else found

    def decided(self, actors: Sequence[str], day: int) -> list[Step]:
        """They agree one after another, in the office hours before the night of `day`."""
        return [
            Step(actor, self.registers.moment(day, 10 + 2 * at)) for at, actor in enumerate(actors)
        ]

    def _usual(self, row: Row, day: int) -> None:
        """One more contract, as it should be; parts of one deal are named as such."""
        made = self.registers.moment(day, 9)
        near = self.filed.setdefault((row["customer"], row["owner"]), [])
        frame = near[0] if near else None
        near.append(row["number"])
        steps = self.decided(self.deciders(row["owner"], row["amount"]), day)
        self.contract(row, max(day, 0), steps, made=made, frame=frame)

    def _payments(self) -> None:
        clerks = cycle([m.no for m in self.people.of(cast.ACCOUNTANT)])
        rate = max(1, len(self.people.members) // 60)
        for day in range(-PAYMENTS_FROM, self.registers.days + 1):
            if self.registers.workday(day) != day:
                continue
            for _ in range(rate):
                steps = self.decided([next(self.treasurers), self.board], day)
                self.payment(day, next(clerks), steps)

    def _untouched(self) -> list[Row]:
        """Contracts that no fault and no edit ever meets, newest first."""
        books = self.books
        changed = {
            (op.store, op.id) for ops in books.ops.values() for op in ops if op.entity == "contract"
        }
        faulty = {f.key for f in books.faults if f.entity == "contract"}
        found = []
        for key, row in books.records["contract"].items():
            ids = [books.ids[store, "contract"].get(key) for store in ("crm", "oa")]
            told = zip(("crm", "oa"), ids, strict=True)
            if key not in faulty and None not in ids and not changed & set(told):
                found.append(row)
        return sorted(found, key=lambda row: row["signed_at"], reverse=True)

    def _arrivals(self) -> Iterator[tuple[int, Row]]:
        """The contracts that come in while we look on, each with its day."""
        for day, ops in sorted(self.books.ops.items()):
            for op in ops:
                if (op.store, op.entity, op.action) == ("crm", "contract", "insert"):
                    row = self.books.records["contract"].get((op.values["number"],))
                    if row is not None and day < self.registers.days:
                        yield day, row
