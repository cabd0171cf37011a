"""The tables of accounts, roles and logs while they are thought out: what they hold on day 0, and
what becomes of it on which day."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from governance.demo.access.tables import ACCESS_TABLES
from governance.demo.books import Op, Place
from governance.demo.notation import BUSINESS_ZONE, Row, Value
from governance.demo.schema import table_of
from governance.demo.shapes import Store


class Registers:
    """Rows by place and number, and the steps of each later day.

    Times are given as aware instants; the OA keeps wall clocks. Nothing that happens on a day is
    read before the night that follows, so it bears the date of the day before `day`.
    """

    def __init__(self, start: date, days: int) -> None:
        self.start, self.days = start, days
        self.first_rows: dict[Place, dict[int, Row]] = {
            (t.store, t.entity): {} for t in ACCESS_TABLES
        }
        self.ops: dict[int, list[Op]] = defaultdict(list)
        self.last_id: dict[Place, int] = defaultdict(int)

    def add(self, store: Store, entity: str, day: int = 0, **values: Value) -> int:
        """A row from `day` on; its number."""
        place: Place = (store, entity)
        self.last_id[place] += 1
        number = self.last_id[place]
        row: Row = dict.fromkeys(table_of(store, entity).fields)
        row |= {name: _told(store, value) for name, value in values.items()}
        if day > 0:
            self.ops[day].append(Op(store, entity, "insert", number, row))
        else:
            self.first_rows[place][number] = row
        return number

    def change(self, store: Store, entity: str, number: int, day: int = 0, **values: Value) -> None:
        """New values for a row from `day` on; it must be there by then."""
        told = {name: _told(store, value) for name, value in values.items()}
        if day > 0:
            self.ops[day].append(Op(store, entity, "update", number, told))
        else:
            self.first_rows[store, entity][number] |= told

    def remove(self, store: Store, entity: str, number: int, day: int) -> None:
        self.ops[day].append(Op(store, entity, "delete", number, {}))

    def date_of(self, day: int) -> date:
        return self.start + timedelta(days=day)

    def moment(self, day: int, clock: float = 10.0) -> datetime:
        """That hour of the last day before the night of `day`; hours of 24 and more are that
        night's."""
        minutes = round(clock * 60)
        before = self.date_of(day - 1) + timedelta(days=minutes // 1440)
        at = time(minutes // 60 % 24, minutes % 60)
        return datetime.combine(before, at, BUSINESS_ZONE).astimezone(UTC)

    def workday(self, day: int) -> int:
        """The nearest day at or before `day` of which the day before was a working day."""
        while self.date_of(day - 1).weekday() > 4:
            day -= 1
        return day


def office_hour(random: Random) -> float:
    """An hour between nine and six."""
    return 9 + random.randrange(9 * 60) / 60


def _told(store: Store, value: Value) -> Value:
    if store == "oa" and isinstance(value, datetime):
        return value.astimezone(BUSINESS_ZONE).replace(tzinfo=None)
    return value
