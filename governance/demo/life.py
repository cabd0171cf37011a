"""Thirty days in the life of the demo company, as a story that its trend line tells.

From day 12 the job that carries CRM changes to the OA stands still; on day 19 it runs again and
brings most of them, some it has lost. On the night of day 23 the OA cannot be read at all.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from governance.demo import damage, firms
from governance.demo.backlog import in_fen
from governance.demo.books import Books
from governance.demo.company import Key, Maker
from governance.demo.drops import Drops
from governance.demo.faults import Outage
from governance.demo.mends import mend
from governance.demo.notation import Row, Value, local
from governance.demo.planting import Planter, in_no_drop

SYNC_BREAKS, SYNC_RETURNS = 12, 19
FEN_IMPORT, TRUNCATING_FORM, SHIFTED_CLOCK = 6, 16, 21
OUTAGES = (Outage(23, "oa"),)
# Share of records that are edited in the CRM on an ordinary day.
EDITS = (
    ("customer", "phone", 0.0012), ("customer", "address", 0.0008), ("customer", "owner", 0.0008),
    ("customer", "level", 0.0006), ("customer", "credit_limit", 0.0006),
    ("contact", "mobile", 0.0012), ("contact", "job_title", 0.0006),
    ("contract", "status", 0.0022), ("contract", "amount", 0.0003),
    ("payment", "method", 0.0003),
)  # fmt: skip
# The office is empty at the weekend; personnel enters its changes on Wednesdays.
WORKDAYS = range(5)
STAFF_DAY, STAFF_EDITS = 2, 0.02


class Life:
    """Lives the days one after another; what happens is in the books afterwards."""

    def __init__(
        self, books: Books, planter: Planter, maker: Maker, drops: tuple[Drops, ...], start: date
    ) -> None:
        self.books, self.planter, self.maker = books, planter, maker
        self.drops = {drop.kind.of: drop for drop in drops}
        self.start = start
        self.random = planter.random
        self.first = {entity: list(rows.values()) for entity, rows in books.records.items()}

    def live(self, day: int) -> None:
        """Everything that happens on `day`, the files that are dropped last."""
        self.books.day = day
        for act in self.books.agenda.pop(day, []):
            act()
        if self.today.weekday() in WORKDAYS:
            for entity, field, share in EDITS:
                self.edits(entity, field, share)
            self.arrivals()
        if self.today.weekday() == STAFF_DAY:
            self.edits("staff", "post", STAFF_EDITS)
        self.mishaps(day)
        mend(self.planter, day)
        for drop in self.drops.values():
            drop.write()

    @property
    def today(self) -> date:
        return self.start + timedelta(days=self.books.day)

    def times(self, rate: float) -> int:
        """How often something happens today that happens `rate` times a day."""
        whole = int(rate)
        return whole + (self.random.random() < rate - whole)

    def edits(self, entity: str, field: str, share: float) -> None:
        count = self.times(self.planter.counts[entity] * share)
        keys = self.planter.take(entity, count, lambda row: row.get(field) is not None)
        for key in keys:
            self.edit(entity, key, field)

    def edit(self, entity: str, key: Key, field: str) -> None:
        """Somebody corrects a record in the CRM; the job takes it to the OA, today or tomorrow."""
        record = self.books.records[entity][key]
        new: Value = damage.edited(self.random, record, field)
        self.books.change(entity, key, field, new)
        drop = self.drops.get(entity)
        if drop is not None and record["branch"] == drop.kind.branch:
            drop.out_of_date(key, field)
        delay = self.delay()
        if delay == 0:
            self.books.synchronise(entity, key, field)
            return
        cause = "sync_broken" if self.is_broken else "not_yet_synchronised"
        number = self.planter.cell(entity, key, field, cause)
        if delay is not None:
            self.planter.mend_later(number, delay)

    @property
    def is_broken(self) -> bool:
        return SYNC_BREAKS <= self.books.day < SYNC_RETURNS

    def delay(self) -> int | None:
        """Days until a change reaches the OA; None where it never does."""
        chance = self.random.random()
        if not self.is_broken:
            return 0 if chance < 0.8 else 1
        if chance < 0.7:
            return SYNC_RETURNS - self.books.day
        return None if chance < 0.85 else 25 - self.books.day

    def arrivals(self) -> None:
        """New customers with a contact each, new contracts, new payments."""
        size = len(self.first["customer"])
        sellers = {row["branch"]: row["owner"] for row in self.first["customer"]}
        for _ in range(self.times(size * 0.0012)):
            branch = self.random.choice(firms.BRANCHES)
            customer = self.maker.customer(branch, sellers[branch.name], self.today)
            self.bear("customer", customer)
            self.bear("contact", self.maker.contact(customer))
        for _ in range(self.times(size * 0.0012)):
            signer = self.random.choice(self.first["customer"])
            self.bear("contract", self.maker.contract(signer, self.today))
        for _ in range(self.times(size * 0.0022)):
            self.bear("payment", self.new_payment())

    def new_payment(self) -> Row:
        contract = self.random.choice(self.first["contract"])
        known = self.books.records["payment"]
        number = next(n for n in range(4, 1000) if (contract["number"], str(n)) not in known)
        part = (contract["amount"] / 10).quantize(Decimal("0.01"))
        amount = damage.new_money(self.random, part)
        return self.maker.payment(contract, number, amount, self.today)

    def bear(self, entity: str, record: Row) -> None:
        delay = self.delay()
        if not self.is_broken and delay == 0:
            delay = 1  # a new record is never in the OA before the next morning
        cause = "sync_broken" if self.is_broken else "not_yet_created"
        self.planter.born(entity, record, delay, cause)
        drop = self.drops.get(entity)
        if drop is not None and record["branch"] == drop.kind.branch:
            drop.out_of_date(self.books.key_of(entity, record), None)

    def mishaps(self, day: int) -> None:
        """What people do by hand, and the three days on which a program did harm."""
        if day % 3 == 0:
            for key in self.some("customer", 0.0002):
                number = self.planter.gone_from_crm("customer", key)
                if self.random.random() < 0.5:
                    self.delete_in_oa_later(number, key)
        if day % 5 == 0:
            for key in self.some("contact", 0.0002):
                self.planter.gone_from_oa("contact", key, "deleted_in_oa")
        if day % 4 == 0:
            for key in self.some("customer", 0.0002, "phone"):
                self.planter.moved_in_oa("customer", key, "phone")
            for key in self.some("contract", 0.0002, "status"):
                self.planter.moved_on_both("contract", key, "status")
        if day == 10:
            for key in self.some("payment", 0.0004):
                self.planter.copied_in_oa("payment", key, None)
        self.programs(day)

    def programs(self, day: int) -> None:
        planter, records = self.planter, self.books.records
        if day == FEN_IMPORT:
            for key in self.some("payment", 0.002):
                written = in_fen(records["payment"][key])
                number = planter.spoilt("payment", key, "amount", written, "amount_unit")
                planter.mend_later(number, 3)
        if day == TRUNCATING_FORM:
            for key in self.long_addresses():
                short = records["customer"][key]["address"][: damage.OA_ADDRESS_LENGTH]
                planter.spoilt("customer", key, "address", short, "truncated")
        if day == SHIFTED_CLOCK:
            for key in self.some("contract", 0.003):
                early = local(records["contract"][key]["signed_at"], 0) - timedelta(hours=8)
                number = planter.spoilt("contract", key, "signed_at", early, "time_zone")
                planter.mend_later(number, 5)

    def some(self, entity: str, share: float, field: str | None = None) -> list[Key]:
        count = self.planter.portion(entity, share)
        return self.planter.take(
            entity,
            count,
            lambda row: in_no_drop(row) and (field is None or row[field] is not None),
        )

    def long_addresses(self) -> list[Key]:
        return self.planter.take(
            "customer",
            self.planter.portion("customer", 0.0025),
            lambda row: in_no_drop(row) and len(row["address"]) > damage.OA_ADDRESS_LENGTH,
        )

    def delete_in_oa_later(self, number: int, key: Key) -> None:
        """After six days the OA deletes the customer as well, and they agree again."""

        def delete() -> None:
            self.books.remove("oa", "customer", key)
            self.books.heal(number)

        self.books.later(6, delete)
