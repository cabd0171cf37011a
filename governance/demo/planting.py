"""Planting faults: each of these changes the books and writes the fault down, in one go.

A record is taken for one purpose only, so no two faults or edits ever meet in one record and the
truth needs no arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from governance.demo import damage, firms
from governance.demo.books import Books
from governance.demo.company import Key
from governance.demo.faults import Fault
from governance.demo.notation import STYLES, Row, Value, in_oa
from governance.demo.schema import ENTITIES

Where = Callable[[Row], bool]


def in_no_drop(row: Row) -> bool:
    return row["branch"] not in (firms.DROP_BRANCH, firms.LEDGER_BRANCH)


class Planter:
    """Takes records from a shuffled pool and spoils them on purpose."""

    def __init__(self, books: Books, seed: int) -> None:
        self.books = books
        self.random = Random(f"{seed}:faults")  # noqa: S311 - repeatable, not secret
        self.pools = {entity: list(books.records[entity]) for entity in ENTITIES}
        self.counts = {entity: len(pool) for entity, pool in self.pools.items()}
        self.promised: set[int] = set()  # faults that will be mended anyway
        for pool in self.pools.values():
            self.random.shuffle(pool)

    def portion(self, entity: str, share: float) -> int:
        """How many records a share of the entity is; at least one."""
        return max(1, round(self.counts[entity] * share))

    def take(self, entity: str, count: int, where: Where = in_no_drop) -> list[Key]:
        """Up to `count` records that nobody has taken yet and that `where` holds for."""
        pool, records = self.pools[entity], self.books.records[entity]
        taken: list[Key] = []
        left: list[Key] = []
        while pool and len(taken) < count:
            key = pool.pop()
            (taken if where(records[key]) else left).append(key)
        pool.extend(reversed(left))
        return taken

    def fault(self, entity: str, key: Key, kind: str, cause: str, **more: object) -> int:
        fault = Fault(entity, "crm", "oa", key, kind, cause, self.books.day)
        return self.books.plant(Fault(**{**vars(fault), **more}))

    def cell(self, entity: str, key: Key, field: str, cause: str, how: str = "different") -> int:
        return self.fault(entity, key, "mismatch", cause, field=field, cell_class=how)

    def stale(self, entity: str, key: Key, field: str, cause: str = "stale_copy") -> int:
        """The CRM moves on, the OA keeps its old copy."""
        new = damage.edited(self.random, self.books.records[entity][key], field)
        self.books.change(entity, key, field, new)
        return self.cell(entity, key, field, cause)

    def moved_in_oa(self, entity: str, key: Key, field: str, cause: str = "edited_in_oa") -> int:
        """Somebody edits the OA, and nobody tells the CRM."""
        new = damage.edited(self.random, self.books.records[entity][key], field)
        written = in_oa(field, new, self.books.styles[entity, key])
        self.books.set("oa", entity, key, field, written)
        return self.cell(entity, key, field, cause)

    def moved_on_both(self, entity: str, key: Key, field: str) -> int:
        """Both sides are edited, to different values."""
        record = self.books.records[entity][key]
        for_oa = damage.edited(self.random, record, field)
        while (for_crm := damage.edited(self.random, record, field)) == for_oa:
            pass
        self.books.change(entity, key, field, for_crm)
        written = in_oa(field, for_oa, self.books.styles[entity, key])
        self.books.set("oa", entity, key, field, written)
        return self.cell(entity, key, field, "edited_on_both")

    def spoilt(
        self, entity: str, key: Key, field: str, value: Value, cause: str, how: str = "different"
    ) -> int:
        """The OA holds `value` instead of what it should."""
        self.books.set("oa", entity, key, field, value)
        return self.cell(entity, key, field, cause, how)

    def mend_later(self, number: int, days: int) -> None:
        """In `days` somebody lets the OA take over the CRM's value of a spoilt cell."""
        fault = self.books.faults[number]
        self.promised.add(number)

        def mend() -> None:
            assert fault.field is not None
            self.books.synchronise(fault.entity, fault.key, fault.field)
            self.books.heal(number)

        self.books.later(days, mend)

    def gone_from_oa(self, entity: str, key: Key, cause: str) -> int:
        self.books.remove("oa", entity, key)
        return self.fault(entity, key, "only_left", cause)

    def gone_from_crm(self, entity: str, key: Key, cause: str = "deleted_in_crm") -> int:
        self.books.remove("crm", entity, key)
        return self.fault(entity, key, "only_right", cause)

    def born(self, entity: str, record: Row, arrives: int | None, cause: str) -> None:
        """A new record in the CRM; it reaches the OA `arrives` days later, or never."""
        key = self.books.key_of(entity, record)
        self.books.records[entity][key] = record
        self.books.styles[entity, key] = self.random.randrange(STYLES)
        self.books.enter("crm", entity, key)
        if arrives == 0:
            self.books.enter("oa", entity, key)
            return
        number = self.fault(entity, key, "only_left", cause)

        def arrive() -> None:
            self.books.enter("oa", entity, key)
            self.books.heal(number)

        if arrives is not None:
            self.books.later(arrives, arrive)

    def copied_in_oa(self, entity: str, key: Key, field: str | None) -> int:
        """A second row of the same key in the OA, the same or with one field changed."""
        number = self.books.ids["oa", entity][key]
        row = dict(self.books.rows["oa", entity][number])
        if field is not None:
            new = damage.edited(self.random, self.books.records[entity][key], field)
            row[field] = in_oa(field, new, self.books.styles[entity, key])
        self.books.insert("oa", entity, row)
        cause = "copies_equal" if field is None else "copies_unequal"
        return self.fault(entity, key, "duplicate_right", cause)

    def copied_in_crm(self, entity: str, key: Key) -> int:
        number = self.books.ids["crm", entity][key]
        self.books.insert("crm", entity, dict(self.books.rows["crm", entity][number]))
        return self.fault(entity, key, "duplicate_left", "copies_equal")

    def conflicting_copies(self, entity: str, key: Key, field: str) -> None:
        """Two rows in the OA, neither of which says what the CRM says."""
        row = self.books.rows["oa", entity][self.books.ids["oa", entity][key]]
        style, record = self.books.styles[entity, key], self.books.records[entity][key]
        for_first = damage.edited(self.random, record, field)
        while (for_second := damage.edited(self.random, record, field)) == for_first:
            pass
        self.books.insert("oa", entity, {**row, field: in_oa(field, for_second, style)})
        self.books.set("oa", entity, key, field, in_oa(field, for_first, style))
        self.fault(entity, key, "duplicate_left", "copies_conflict")
        self.fault(entity, key, "duplicate_right", "copies_conflict", copies=2)

    def keyless_in_oa(self, entity: str, key: Key, part: str, shown: str) -> int:
        """A row entered by hand in the OA that nobody gave a number; `key` lends its looks."""
        row = self.books.rows["oa", entity][self.books.ids["oa", entity][key]]
        written = {**row, part: None, shown: f"{row[shown]}（补录）"}
        self.books.insert("oa", entity, written)
        return self.fault(entity, (), "null_key_right", "key_missing", row=written[shown])

    def key_lost_in_oa(self, entity: str, key: Key, part: str, shown: str) -> None:
        """The OA's row loses its number: missing by key, and a row without one."""
        row = self.books.rows["oa", entity][self.books.ids["oa", entity][key]]
        self.books.set("oa", entity, key, part, None)
        self.fault(entity, key, "only_left", "key_lost")
        self.fault(entity, (), "null_key_right", "key_lost", row=row[shown])

    def key_rounded_in_oa(self, entity: str, key: Key, part: str, written: str) -> None:
        """The OA's key went through a spreadsheet: a record is missing and an unknown one there."""
        self.books.set("oa", entity, key, part, written)
        self.fault(entity, key, "only_left", "damaged_id")
        self.fault(entity, (written,), "only_right", "damaged_id")
