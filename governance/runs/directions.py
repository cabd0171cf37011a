"""Which side moved, and when: filled in for every finding that stands after a comparison.

Proven or not said. A finding carries what was found out from run to run while nothing of it
changes, so that only findings which are new or were touched cost anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks import direction
from checks.direction import (
    DELETED,
    LEFT_MOVED,
    NEVER_AGREED,
    NEVER_THERE,
    NOT_YET_CREATED,
    RIGHT_MOVED,
    VOID,
)
from checks.prepare import Column
from governance.runs.bridge import Bridge, How
from governance.runs.findings import PairRun, naive
from governance.runs.walk import Walk

_KINDS = "('mismatch', 'only_left', 'only_right')"
_MINE = "check_name = $check AND left_source = $left AND right_source = $right"

# All that is known of each finding that nothing is said of yet.
_KNOWN = f"""
CREATE OR REPLACE TABLE known AS SELECT f.finding_id, f.record_key, f.field, f.kind,
    f.left_hash, f.right_hash, a.run AS agreed_run, a.at AS agreed_at,
    a.left_canonical AS left_agreed, a.right_canonical AS right_agreed,
    c.place, c.left_canonical, c.right_canonical, h.how,
    coalesce(p.kind = f.kind, false) AS stood,
    coalesce(p.direction, e.direction) AS told,
    p.left_hash AS left_was, p.right_hash AS right_was,
    p.left_moved_at AS left_told, p.right_moved_at AS right_told,
    w.finding_id IS NOT NULL AS seen, w.left_there, w.right_there, w.repeated,
    CASE WHEN f.field IS NULL THEN CASE WHEN w.left_there THEN 'row' END
         ELSE {direction.hashed("w.left_canonical")} END AS left_then,
    CASE WHEN f.field IS NULL THEN CASE WHEN w.right_there THEN 'row' END
         ELSE {direction.hashed("w.right_canonical")} END AS right_then,
    r.direction AS row_told, b.finding_id IS NOT NULL AS looked_back
FROM findings AS f LEFT JOIN agreed AS a ON a.finding_id = f.finding_id
LEFT JOIN cells AS c ON c._key = f.record_key AND c.field = f.field
LEFT JOIN hows AS h ON h.field IS NOT DISTINCT FROM f.field
LEFT JOIN previous AS p ON p.finding_id = f.finding_id
LEFT JOIN closed AS e ON e.finding_id = f.finding_id
LEFT JOIN were AS w ON w.finding_id = f.finding_id
LEFT JOIN looked_back AS b ON b.finding_id = f.finding_id
LEFT JOIN previous_rows AS r ON r.record_key = f.record_key AND f.field IS NOT NULL
WHERE f.{_MINE.replace(" AND ", " AND f.")} AND f.state <> 'gone' AND f.kind IN {_KINDS}
    AND f.direction IS NULL
"""

_PREVIOUS_ROWS = """
CREATE OR REPLACE TABLE previous_rows AS SELECT record_key, direction FROM previous
WHERE left_source = $left AND right_source = $right AND kind IN ('only_left', 'only_right')
"""

# What no agreement speaks for. A record that came back is held against what was said of it before.
_CELL = f"""
CASE WHEN $first OR how = '{How.NEW}' THEN '{NEVER_AGREED}'
     WHEN how = '{How.VOID}' THEN '{VOID}'
     WHEN stood THEN CASE WHEN told = '{NEVER_AGREED}' THEN told ELSE '{VOID}' END
     WHEN NOT seen OR (left_there AND right_there) OR repeated THEN '{VOID}'
     WHEN NOT left_there AND NOT right_there THEN '{NEVER_AGREED}'
     WHEN row_told IN ('{NOT_YET_CREATED}', '{NEVER_THERE}') THEN '{NEVER_AGREED}'
     WHEN told = '{NEVER_AGREED}' AND looked_back THEN '{NEVER_AGREED}'
     ELSE '{VOID}' END
"""
_ROW = f"""
CASE WHEN agreed_run IS NOT NULL THEN '{DELETED}'
     WHEN $first THEN '{NEVER_THERE}'
     WHEN how = '{How.VOID}' THEN '{VOID}'
     WHEN stood THEN coalesce(told, '{VOID}')
     WHEN NOT seen OR (left_there AND right_there) THEN '{VOID}'
     WHEN NOT left_there AND NOT right_there
         THEN CASE WHEN CASE kind WHEN 'only_left' THEN $left_rows ELSE $right_rows END
                   THEN '{NOT_YET_CREATED}' ELSE '{VOID}' END
     WHEN left_there = (kind = 'only_left') THEN '{NEVER_THERE}'
     WHEN $left_rows AND $right_rows THEN '{NOT_YET_CREATED}'
     ELSE '{VOID}' END
"""

_DIRECTED = f"""
CREATE OR REPLACE TABLE directed AS SELECT *,
    CASE WHEN field IS NULL THEN {_ROW} WHEN agreed_run IS NOT NULL THEN {{moved}} ELSE {_CELL} END
        AS direction FROM known
"""

# `changed`: what it says now is not what it said at the last look; NULL where that is not known. Of
# a row of which nothing is claimed no time is told either: it may have been hidden, not moved.
_CHANGED = """
CASE WHEN $first OR (field IS NULL AND direction = 'void') THEN false WHEN how = 'void' THEN NULL
     WHEN seen THEN {side}_then IS DISTINCT FROM {side}_hash
     WHEN stood AND how <> 'reread' THEN {side}_was IS DISTINCT FROM {side}_hash END
"""
_SETTLED = f"""
CREATE OR REPLACE TABLE settled AS SELECT finding_id, record_key, field, left_hash, right_hash,
    stood, agreed_at, agreed_run, direction,
    direction <> '{RIGHT_MOVED}' AND {_CHANGED.format(side="left")} AS left_changed,
    direction <> '{LEFT_MOVED}' AND {_CHANGED.format(side="right")} AS right_changed,
    CASE WHEN left_changed THEN $left_at
         WHEN stood AND NOT left_changed AND direction <> '{RIGHT_MOVED}' THEN left_told
         END AS left_moved_at,
    CASE WHEN right_changed THEN $right_at
         WHEN stood AND NOT right_changed AND direction <> '{LEFT_MOVED}' THEN right_told
         END AS right_moved_at
FROM directed
"""

_SAID = """
UPDATE findings SET direction = s.direction, left_moved_at = s.left_moved_at,
    right_moved_at = s.right_moved_at, agreed_at = s.agreed_at, agreed_run = s.agreed_run
FROM settled AS s WHERE findings.finding_id = s.finding_id
"""

# Findings under keys that nothing touched were carried with what was said of them before.
_FORGOTTEN = f"""
UPDATE findings SET direction = '{VOID}', left_moved_at = NULL, right_moved_at = NULL,
    agreed_at = NULL, agreed_run = NULL
WHERE {_MINE} AND state <> 'gone' AND kind IN {_KINDS} AND direction IS NOT NULL
    AND field IS NOT DISTINCT FROM $field
"""


@dataclass(frozen=True)
class Taken:
    """When today's two snapshots were taken."""

    left: datetime
    right: datetime


def settle(
    con: Any,
    pair: PairRun,
    bridge: Bridge,
    columns: Sequence[Column],
    taken: Taken,
    walks: tuple[Walk, Walk],
) -> None:
    """Say of every standing finding of a pair that was compared just now which side moved.

    `columns` are those compared, in their order; `walks` lead back through each side's snapshots.
    `governance.runs.agreements.collect` must have been called before.
    """
    names = {"check": pair.check, **pair.names}
    _forget(con, names, bridge)
    _hows(con, pair, bridge)
    con.execute(_PREVIOUS_ROWS, pair.names)
    if not con.execute(_KNOWN, names).fetchall()[0][0]:
        return
    first = bridge.look is None and pair.is_first
    near = [direction.near(columns, f"{s}_canonical", f"{s}_agreed") for s in ("left", "right")]
    moved = direction.moved(
        "left_canonical", "right_canonical", "left_agreed", "right_agreed", *near
    )
    rows = {"left_rows": bridge.rows[0], "right_rows": bridge.rows[1]}
    con.execute(_DIRECTED.format(moved=moved), {"first": first, **rows})
    when = {"left_at": naive(taken.left), "right_at": naive(taken.right)}
    con.execute(_SETTLED, {"first": first, **when})
    for side, walk in zip(("left", "right"), walks, strict=True):
        walk.date(con, side)
    con.execute(_SAID)


def _hows(con: Any, pair: PairRun, bridge: Bridge) -> None:
    """The table `hows`: what became of each field since the last look; NULL for whole rows."""
    if bridge.look is None:
        ways = dict.fromkeys([None, *(f.name for f in pair.entity.fields)], How.VOID)
    else:
        ways = {name: bridge.of(name) for name in (None, *bridge.fields)}
    con.execute("CREATE OR REPLACE TABLE hows (field VARCHAR, how VARCHAR)")
    marks = ", ".join("(?, ?)" for _ in ways)
    values = [value for name, how in ways.items() for value in (name, how.value)]
    con.execute(f"INSERT INTO hows VALUES {marks}", values)


def _forget(con: Any, names: dict[str, Any], bridge: Bridge) -> None:
    if bridge.look is None or bridge.same:
        return
    for name in (None, *bridge.fields):
        if bridge.of(name) is How.VOID:
            con.execute(_FORGOTTEN, {**names, "field": name})
