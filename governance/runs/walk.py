"""Back through one side's snapshots to the one in which a value first showed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks.direction import hashed
from checks.prepare import Side
from checks.sql import only_row
from governance.runs.findings import naive

# How many snapshots are opened at most; a value that is older than all of them gets their date.
MOST = 100

_WALKERS = """
CREATE OR REPLACE TABLE walkers AS SELECT finding_id, record_key AS _key, field,
    {side}_hash AS hash, CAST(NULL AS TIMESTAMP) AS shown, true AS goes_on
FROM settled WHERE record_key IS NOT NULL AND (({side}_changed AND $between)
    OR (field IS NOT NULL AND direction IN ('{side}_moved', 'both_moved')
        AND ({side}_moved_at IS NULL OR (NOT stood AND agreed_at < $look))))
"""
_KEYS = "CREATE OR REPLACE TABLE walk_keys AS SELECT DISTINCT _key FROM walkers WHERE goes_on"
_STEP = """
UPDATE walkers SET goes_on = s.same, shown = CASE WHEN s.same THEN $at ELSE shown END
FROM (SELECT w.finding_id, coalesce({same}, false) AS same FROM walkers AS w
      LEFT JOIN {there} AS t ON t._key = w._key) AS s
WHERE walkers.goes_on AND s.finding_id = walkers.finding_id
    AND walkers.field IS NOT DISTINCT FROM $field
"""
_DATED = """
UPDATE settled SET {side}_moved_at = w.shown FROM walkers AS w
WHERE w.finding_id = settled.finding_id AND w.shown IS NOT NULL
"""


@dataclass(frozen=True)
class Step:
    """One earlier snapshot; `open` gives None where it was made by other rules or is gone."""

    id: int
    taken_at: datetime
    open: Callable[[], Side | None]


@dataclass(frozen=True)
class Walk:
    """The way back from today's snapshot of one side. `look` is the snapshot that the pair was
    compared over last and when that was, None for a pair never compared; `steps` gives the earlier
    snapshots, newest first."""

    look: tuple[int, datetime] | None
    steps: Callable[[int], Sequence[Step]]

    def date(self, con: Any, side: str) -> None:
        """Correct `<side>_moved_at` in the table `settled`: a value that came since the last look
        may have shown in a snapshot before today's; one that left an older agreement, or that was
        within tolerance of it until now, may be older than that look."""
        if self.look is None or not _may_be_older(con, side):
            return
        steps = self.steps(MOST)
        number, at = self.look
        between = any(step.id > number for step in steps)
        look = naive(at)
        con.execute(_WALKERS.format(side=side), {"between": between, "look": look})
        for step in steps:
            if not only_row(con, "SELECT count(*) FROM walkers WHERE goes_on")[0]:
                break
            before = step.open()
            if before is None:
                break
            _look_at(con, before, naive(step.taken_at))
        con.execute(_DATED.format(side=side))


def _may_be_older(con: Any, side: str) -> bool:
    (found,) = only_row(
        con,
        f"SELECT count(*) FROM settled WHERE {side}_changed"
        f" OR (direction IN ('{side}_moved', 'both_moved') AND {side}_moved_at IS NULL)",
    )
    return bool(found)


def _look_at(con: Any, side: Side, at: datetime) -> None:
    con.execute(_KEYS)
    con.execute(f"CREATE OR REPLACE TABLE walked AS {side.under('walk_keys')}")
    con.execute(
        "CREATE OR REPLACE TABLE walked_keys AS SELECT _key FROM walked"
        f" UNION SELECT _key FROM {side.odd} AS o SEMI JOIN walk_keys USING (_key)"
    )
    fields = con.execute("SELECT DISTINCT field FROM walkers WHERE goes_on").fetchall()
    for (name,) in fields:
        if name is None:
            same, there = "(t._key IS NOT NULL) = (w.hash IS NOT NULL)", "walked_keys"
        else:
            value = hashed(side.spec.column(name).compared("t."))
            same = f"t._key IS NOT NULL AND {value} IS NOT DISTINCT FROM w.hash"
            there = "walked"
        con.execute(
            _STEP.format(same=same, there=there),
            {"at": at, "field": name},
        )
