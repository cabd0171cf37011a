"""Putting right what was handed out: days on which people mend the OA, and what does not last.

On each of these days the OA's users work off an import sheet: most of its lines are entered, a few
are forgotten. Some days later the old job overwrites a few of the mended cells again.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from governance.demo.company import Key
from governance.demo.notation import Value
from governance.demo.planting import Planter

# Records whose change never reached the OA, or that were edited there.
CAUSES = ("stale_copy", "edited_in_oa")
FORGOTTEN, OVERWRITTEN, AFTER = 0.15, 0.12, 3


@dataclass(frozen=True)
class Sheet:
    """What is handed out on the morning of a day, and entered on the same day."""

    day: int
    entity: str
    field: str


SHEETS = (
    Sheet(9, "contact", "mobile"),
    Sheet(13, "contract", "status"),
    Sheet(18, "customer", "level"),
    Sheet(25, "customer", "phone"),
)


def mend(planter: Planter, day: int) -> None:
    """Enter today's sheets into the OA."""
    for sheet in SHEETS:
        if sheet.day == day:
            _enter(planter, sheet, Random(f"mends:{day}"))  # noqa: S311 - repeatable, not secret


def _enter(planter: Planter, sheet: Sheet, random: Random) -> None:
    books = planter.books
    for number, fault in enumerate(books.faults):
        mine = (fault.entity, fault.field) == (sheet.entity, sheet.field)
        if not mine or fault.cause not in CAUSES or fault.healed is not None:
            continue
        if number in planter.promised or fault.planted >= sheet.day or random.random() < FORGOTTEN:
            continue
        row = books.rows["oa", fault.entity][books.ids["oa", fault.entity][fault.key]]
        old = row[sheet.field]
        books.synchronise(fault.entity, fault.key, sheet.field)
        books.heal(number)
        if random.random() < OVERWRITTEN:
            _overwrite_later(planter, fault.entity, fault.key, sheet.field, old)


def _overwrite_later(planter: Planter, entity: str, key: Key, field: str, old: Value) -> None:
    def overwrite() -> None:
        planter.spoilt(entity, key, field, old, "overwritten_again")

    planter.books.later(AFTER, overwrite)
