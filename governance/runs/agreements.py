"""The last agreement: what both sides said before a finding stood between them.

Where two cells agree now, the agreed value is the one in today's snapshots, so only standing
findings need one kept. It is taken when a finding first shows, from the snapshots that were
compared before, and carried from run to run for as long as the finding stands: no snapshot has to
outlive retention for it. A finding without one was there from the first comparison, or the rules
have changed since; then no agreement is claimed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from checks.sql import quoted
from governance.runs.findings import PairRun

if TYPE_CHECKING:
    from checks.prepare import Side
    from governance.runs.past import Past

# `run` and `at` are the last comparison at which both agreed. The values are shown ones (masks
# where personal), the canonical ones tell them apart; all four are NULL for a whole row.
AGREED = {
    "check_name": "VARCHAR",
    "finding_id": "VARCHAR",
    "run": "INTEGER",
    "at": "TIMESTAMP",
    "left_value": "VARCHAR",
    "right_value": "VARCHAR",
    "left_canonical": "VARCHAR",
    "right_canonical": "VARCHAR",
}

_STANDING = """
SELECT finding_id, record_key, field FROM findings
WHERE check_name = $check AND left_source = $left AND right_source = $right AND state <> 'gone'
"""

_CARRIED = f"""
INSERT INTO agreed SELECT a.* FROM previous_agreed AS a
SEMI JOIN ({_STANDING}) AS f ON f.finding_id = a.finding_id
"""

_NEW = f"""
CREATE OR REPLACE TABLE newly AS SELECT * FROM ({_STANDING}) AS f
ANTI JOIN previous AS p ON p.finding_id = f.finding_id WHERE f.record_key IS NOT NULL
"""

_TAKEN = """
INSERT INTO agreed SELECT $check, n.finding_id, $run, $at, {values}
FROM newly AS n JOIN agreed_left AS l ON l._key = n.record_key
JOIN agreed_right AS r ON r._key = n.record_key WHERE n.field IS NOT DISTINCT FROM $field
"""


def create(con: Any) -> None:
    """An empty table `agreed`."""
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in AGREED.items())
    con.execute(f"CREATE TABLE agreed ({declared})")


def keep(con: Any, pair: PairRun) -> None:
    """Carry on the agreements of the findings of a pair that still stand."""
    con.execute(_CARRIED, {"check": pair.check, **pair.names})


def collect(con: Any, pair: PairRun, past: Past | None, *, is_known: bool) -> None:
    """Fill `agreed` for the standing findings of a pair that was compared just now.

    `is_known` says that it was compared before on the same basis, without which nothing is
    claimed; `past` is how it stood then, None where that cannot be read any more.
    """
    if is_known:
        keep(con, pair)
    if past is None:
        return
    names = {"check": pair.check, **pair.names}
    con.execute(_NEW, names)
    fields = [row[0] for row in con.execute("SELECT DISTINCT field FROM newly").fetchall()]
    if not fields:
        return
    con.execute(
        "CREATE OR REPLACE TABLE newly_keys AS SELECT DISTINCT record_key AS _key FROM newly"
    )
    for name, side in (("left", past.left), ("right", past.right)):
        con.execute(f"CREATE OR REPLACE TABLE agreed_{name} AS {side.under('newly_keys')}")
    when = {"check": pair.check, "run": past.last.run, "at": _naive(past.last.at)}
    for field in fields:
        values = "NULL, NULL, NULL, NULL"
        if field is not None:
            values = ", ".join(_values(field, past.left, past.right))
        con.execute(_TAKEN.format(values=values), {**when, "field": field})


def _values(field: str, left: Side, right: Side) -> list[str]:
    sides = [(alias, side.spec.column(field)) for alias, side in (("l", left), ("r", right))]
    shown = [f"{alias}.{quoted(column.shown)}" for alias, column in sides]
    return shown + [column.compared(f"{alias}.") for alias, column in sides]


def _naive(moment: datetime) -> datetime:
    """DuckDB's TIMESTAMP has no zone; it holds UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)
