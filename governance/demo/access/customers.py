"""Customers in the hands of those who leave: records that nothing else happens to."""

from __future__ import annotations

from governance.demo.access.cast import REP, Cast, Member
from governance.demo.access.registers import Registers
from governance.demo.books import Books, Place
from governance.demo.company import Key
from governance.demo.notation import Row
from governance.demo.planting import in_no_drop
from governance.demo.shapes import Store

STORES: tuple[Store, ...] = ("crm", "oa")


class Customers:
    """Moves customers between owners, in both systems at once, so that both always agree.

    `first_rows` are those of day 0 as they will be written.
    """

    def __init__(
        self, registers: Registers, people: Cast, books: Books,
        first_rows: dict[Place, dict[int, Row]],
    ) -> None:  # fmt: skip
        self.registers, self.people, self.books = registers, people, books
        self.first_rows = first_rows
        self.spare = self._untouched()
        self.kept: dict[str, list[tuple[Key, str]]] = {}

    def keep(self, member: Member, most: int) -> None:
        """Let customers be somebody's from day 0 on."""
        for _ in range(most):
            key = self.spare.pop()
            row = self.books.records["customer"][key]
            self.kept.setdefault(member.no, []).append((key, row["owner"]))
            row["owner"] = member.no
            for store in STORES:
                number = self.books.ids[store, "customer"][key]
                self.first_rows[store, "customer"][number]["owner"] = member.no

    def hand_over(self, member: Member, day: int) -> None:
        """On `day` they go to a rep who stays."""
        at = self.registers.moment(day)
        for key, owner in self.kept[member.no]:
            heir = owner if owner != member.no else self.people.of(REP)[0].no
            for store in STORES:
                number = self.books.ids[store, "customer"][key]
                self.registers.change(store, "customer", number, day, owner=heir, updated_at=at)

    def _untouched(self) -> list[Key]:
        books = self.books
        changed = {
            (op.store, op.id) for ops in books.ops.values() for op in ops if op.entity == "customer"
        }
        faulty = {f.key for f in books.faults if f.entity == "customer"}
        found = []
        for key, row in books.records["customer"].items():
            places = [(store, books.ids[store, "customer"].get(key)) for store in STORES]
            is_there = all(number in self.first_rows[store, "customer"] for store, number in places)
            if is_there and key not in faulty and not changed & set(places) and in_no_drop(row):
                found.append(key)
        return found
