"""The demo world: both systems and the branches' files on day 0, each later day, and the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from governance.demo.access.cast import cast, settle
from governance.demo.access.estate import estate
from governance.demo.backlog import plant_backlog
from governance.demo.books import Books, Op, Place
from governance.demo.company import Maker, found
from governance.demo.drops import LEDGER, LEGACY, Drops, Sheet, plant_in_ledger, plant_in_legacy
from governance.demo.faults import BackupFault, Fault, Overreach, Truth
from governance.demo.lapses import lapses
from governance.demo.life import OUTAGES, Life
from governance.demo.notation import Row
from governance.demo.planting import Planter
from governance.demo.schema import ALTERATIONS, Alteration

SEED = 20260301


@dataclass(frozen=True)
class Plan:
    """What will be written where on which day, and what is then wrong. Nothing is written yet."""

    first_rows: dict[Place, dict[int, Row]]
    ops: dict[int, list[Op]]
    sheets: tuple[Sheet, ...]
    truth: Truth

    def date_of(self, day: int) -> date:
        return self.truth.today - timedelta(days=self.truth.days - day)


class Stores(Protocol):
    """Where a plan is carried out: two databases and the folders of the drops."""

    def create(self, plan: Plan) -> None: ...
    def alter(self, change: Alteration) -> None: ...
    def apply(self, ops: list[Op]) -> None: ...
    def drop(self, sheet: Sheet, on: date) -> None: ...


def plan(today: date, size: int = 5000, days: int = 30, seed: int = SEED) -> Plan:
    """Think out the whole world. The same arguments give the same plan, whatever the clock says.

    Day 0 lies `days` before `today`, which is the last day. Raises ValueError for a company that
    is too small or a life without a day.
    """
    if days < 1:
        raise ValueError("the demo company lives for at least one day")
    start = today - timedelta(days=days)
    maker = Maker(seed, start)
    records = found(maker, size)
    people = cast(list(records["staff"].values()), start)
    settle(records, people)
    books = Books(records, seed, start)
    planter = Planter(books, seed)
    legacy, ledger = Drops(LEGACY, books), Drops(LEDGER, books)
    plant_in_legacy(legacy, planter)
    plant_in_ledger(ledger, planter)
    plant_backlog(planter)
    for drop in (legacy, ledger):
        drop.write()
    first_rows = {
        place: {number: dict(row) for number, row in rows.items()}
        for place, rows in books.rows.items()
    }
    life = Life(books, planter, maker, (legacy, ledger), start)
    for day in range(1, days + 1):
        life.live(day)
    rights = estate(books, first_rows, people, seed, start, days)
    first_rows |= rights.registers.first_rows
    ops = {
        day: [*books.ops.get(day, ()), *rights.registers.ops.get(day, ())]
        for day in range(1, days + 1)
    }
    truth = Truth(
        seed, size, days, today, told(books.faults, days), OUTAGES, seen(rights.planted, days),
        lacking(lapses(ops, records), days),
    )  # fmt: skip
    return Plan(first_rows, ops, (*legacy.sheets, *ledger.sheets), truth)


def told(faults: list[Fault], days: int) -> tuple[Fault, ...]:
    """The faults that are seen at all, with an end only where it lies within the days."""
    within = (
        replace(f, healed=None) if f.healed is not None and f.healed > days else f
        for f in faults
        if f.planted <= days and f.healed != f.planted
    )
    return tuple(sorted(within, key=lambda f: (f.planted, f.entity, f.kind, f.key, f.field or "")))


def seen(planted: list[Overreach], days: int) -> tuple[Overreach, ...]:
    """The overreach that shows within the days, with an end only where that does."""
    within = (
        replace(o, healed=None) if o.healed is not None and o.healed > days else o
        for o in planted
        if o.planted <= days
    )
    return tuple(sorted(within, key=lambda o: (o.planted, o.rule, o.subject)))


def lacking(planted: Iterable[BackupFault], days: int) -> tuple[BackupFault, ...]:
    """The faults of backups that show within the days, with an end only where that does."""
    within = (
        replace(b, healed=None) if b.healed is not None and b.healed > days else b
        for b in planted
        if b.planted <= days
    )
    return tuple(sorted(within, key=lambda b: (b.planted, b.system, b.fault)))


class World:
    """A plan being carried out in real stores, one day at a time."""

    def __init__(self, plan: Plan, stores: Stores) -> None:
        self.plan = plan
        self.stores = stores
        self.day = 0

    def build(self) -> None:
        """Write day 0. The stores must be empty."""
        self.stores.create(self.plan)
        self.drop_files()

    def advance(self, day: int) -> None:
        """Bring the stores from the day before to `day`; days cannot be left out or repeated."""
        if day != self.day + 1 or day > self.plan.truth.days:
            raise ValueError(f"day {day} does not follow day {self.day}")
        self.day = day
        for change in ALTERATIONS:
            if change.day == day:
                self.stores.alter(change)
        self.stores.apply(self.plan.ops.get(day, []))
        self.drop_files()

    def drop_files(self) -> None:
        for sheet in self.plan.sheets:
            if sheet.day == self.day:
                self.stores.drop(sheet, self.plan.date_of(self.day))

    def truth_at(self, day: int) -> tuple[Fault, ...]:
        """The findings that must exist after the run of `day`: these, and no others."""
        return self.plan.truth.at(day)
