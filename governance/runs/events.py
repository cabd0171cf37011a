"""What happened to a finding, told by the data: sealed with each run, carried with the finding.

That it was found need not be told of one to which nothing else ever happened: it is written down
with the first thing that happens after.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from checks.sql import quoted

EVENTS = {
    "check_name": "VARCHAR",
    "finding_id": "VARCHAR",
    "run": "INTEGER",
    "at": "TIMESTAMP",
    "event": "VARCHAR",
    "left_hash": "VARCHAR",
    "right_hash": "VARCHAR",
    "left_value": "VARCHAR",
    "right_value": "VARCHAR",
    "detail": "VARCHAR",
}


class Event(StrEnum):
    """`opened`: it outlived its lag. `changed`: it stands, with other values."""

    FOUND = "found"
    OPENED = "opened"
    CHANGED = "changed"
    FIXED = "fixed"
    REVERTED = "reverted"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    BOUNCED = "bounced"
    WAIVER_VOID = "waiver_void"
    WAIVER_EXPIRED = "waiver_expired"


_CARRIED = """
INSERT INTO events SELECT e.* FROM previous_events AS e
SEMI JOIN (SELECT finding_id FROM findings
           WHERE check_name = $check AND left_source = $left AND right_source = $right) AS f
    ON f.finding_id = e.finding_id
"""

_FIRST = """
INSERT INTO events BY NAME
SELECT p.check_name, p.finding_id, p.first_run AS run, p.first_seen AS at, 'found' AS event,
       p.left_hash, p.right_hash, p.left_value, p.right_value
FROM previous AS p
SEMI JOIN happened AS h ON h.finding_id = p.finding_id
ANTI JOIN events AS e ON e.finding_id = p.finding_id
"""


def create(con: Any) -> None:
    """An empty table `events`."""
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in EVENTS.items())
    con.execute(f"CREATE TABLE events ({declared})")


def carry(con: Any, names: dict[str, Any]) -> None:
    """Carry on what happened to the findings of a pair that are still known."""
    con.execute(_CARRIED, names)


def add(con: Any, happened: str, values: dict[str, Any]) -> bool:
    """Write down what the query `happened` tells, in the columns of `events`; whether it told
    anything. On most nights most queries do not."""
    made = con.execute(f"CREATE OR REPLACE TABLE happened AS {happened}", values)
    if not made.fetchall()[0][0]:
        return False
    con.execute(_FIRST)
    con.execute("INSERT INTO events BY NAME FROM happened")
    return True
