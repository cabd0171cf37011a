"""Who may do what at the demo company, and did: both systems' tables over all days, with the
overreach that was planted and the list of it."""

from __future__ import annotations

from datetime import date
from random import Random

from governance.demo.access import planted_deeds, planted_people, planted_rights
from governance.demo.access.accounts import Accounts
from governance.demo.access.cast import Cast
from governance.demo.access.customers import Customers
from governance.demo.access.logbook import Logbook
from governance.demo.access.papers import Papers
from governance.demo.access.personnel import Personnel
from governance.demo.access.plot import Plot
from governance.demo.access.registers import Registers
from governance.demo.access.roles import Roles
from governance.demo.books import Books, Place
from governance.demo.notation import Row


def estate(
    books: Books, first_rows: dict[Place, dict[int, Row]], people: Cast, seed: int, start: date,
    days: int,
) -> Plot:  # fmt: skip
    """All of it, thought out. `books` must have lived their days: what is planted here keeps away
    from the records that something happened to. `first_rows` are those of day 0."""
    random = Random(f"{seed}:access")  # noqa: S311 - repeatable, not secret
    registers = Registers(start, days)
    roles = Roles(registers)
    accounts = Accounts(registers, people, roles, random)
    plot = Plot(
        registers=registers,
        personnel=Personnel(registers, people, books),
        roles=roles,
        accounts=accounts,
        papers=Papers(registers, accounts, books, random),
        logbook=Logbook(registers, accounts, books, random),
        customers=Customers(registers, people, books, first_rows),
    )
    for theme in (planted_rights, planted_people, planted_deeds):
        for case in theme.CASES:
            case(plot)
    plot.papers.file_all()
    plot.logbook.write({member.no for member in plot.idle})
    return plot
