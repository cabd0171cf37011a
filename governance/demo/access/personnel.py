"""What the personnel office keeps in the OA: the staff with job, department and last day."""

from __future__ import annotations

from datetime import date

from governance.demo.access import cast, departments
from governance.demo.access.cast import Cast
from governance.demo.access.registers import Registers
from governance.demo.books import Books

HERE, GONE = "在职", "离职"


class Personnel:
    """The staff list of the OA, and the departments of both systems."""

    def __init__(self, registers: Registers, people: Cast, books: Books) -> None:
        self.registers, self.people, self.books = registers, people, books
        self.rows = {
            m.no: registers.add(
                "oa", "person", no=m.no, name=m.name, status=GONE if m.left_on else HERE,
                dept=m.dept, job=m.job, manager=m.manager, hired=m.hired_on, left=m.left_on,
                mobile=m.mobile, mail=m.mail,
            )
            for m in people.members.values()
        }  # fmt: skip
        leaders = {m.dept: m.no for m in people.of(cast.CHIEF, cast.MANAGER)}
        for department in departments.tree():
            for store in ("crm", "oa"):
                registers.add(
                    store, "department", dept=department.no, parent=department.parent,
                    name=department.name, leader=leaders.get(department.no), status="0",
                )  # fmt: skip

    def leave(self, no: str, day: int, on: date) -> None:
        """Enter on `day` that somebody's last day was, or will be, `on`."""
        gone = on < self.registers.date_of(day)
        self.registers.change(
            "oa", "person", self.rows[no], day, left=on, status=GONE if gone else HERE
        )
        if gone:
            self.inactive(no, day)

    def move(self, no: str, day: int, to: str, on: date) -> None:
        """Enter on `day` that somebody has belonged to department `to` since `on`."""
        before = self.people.members[no].dept
        self.registers.change("oa", "person", self.rows[no], day, dept=to)
        noon = self.registers.moment((on - self.registers.start).days + 1, 12)
        self.registers.add("oa", "move", day, no=no, before=before, after=to, at=noon)

    def inactive(self, no: str, day: int) -> None:
        """The lists of the staff that are compared hear of it the same day, on both sides, unless
        it is just this that they are planted to differ about."""
        if any(f.key == (no,) and f.field == "active" for f in self.books.faults):
            return
        for store in ("crm", "oa"):
            row = self.books.ids[store, "staff"].get((no,))
            if row is not None:
                self.registers.change(store, "staff", row, day, active=False)
