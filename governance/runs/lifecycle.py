"""How findings came to stand and how they ended, told by the data of two runs and what lay between.

fixed      both sides were compared and agree
reverted   they agree again, on the value from before: the authority had moved and went back, or
           the value that a fix had replaced is on both sides
bounced    it was fixed, and the side that was fixed holds its old value again
reopened   it stands again in any other way, or its waiver holds no longer
withdrawn  it is not compared any more: a record left, a key is repeated, a field was taken out

A pair that could not be compared changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from checks.prepare import Side
from checks.sql import only_row, quoted
from governance.runs import events
from governance.runs.findings import PairRun

# How long a finding that closed is remembered, and so known again.
MEMORY = timedelta(days=90)

_MINE = "check_name = $check AND left_source = $left AND right_source = $right"

# Where a finding ended: how both sides stand now. A repeated key (`odd`) is no row to compare.
_ENDED = f"""
CREATE OR REPLACE TABLE ended AS
SELECT f.finding_id, f.kind, f.field, f.record_key, f.direction, f.left_hash AS left_was,
       f.right_hash AS right_was, f.closed_run = $run AS is_new,
       CASE f.authority WHEN f.left_source THEN 'left' WHEN f.right_source THEN 'right' END AS word,
       'none' AS left_lies, 'none' AS right_lies, CAST(NULL AS VARCHAR) AS left_now,
       CAST(NULL AS VARCHAR) AS right_now, CAST(NULL AS VARCHAR) AS left_value,
       CAST(NULL AS VARCHAR) AS right_value
FROM findings AS f WHERE {_MINE} AND state = 'gone'
    AND (closed_run = $run OR (turn = 'fixed' AND field IS NOT NULL AND {{touched}}))
"""

_LIES = """
CREATE OR REPLACE TABLE ended_{name} AS
SELECT *, 'row' AS _lies FROM ({rows})
UNION ALL BY NAME
SELECT DISTINCT _key, 'odd' AS _lies FROM {odd} WHERE _key IN (SELECT _key FROM ended_keys)
"""

_NOW = """
UPDATE ended SET left_lies = coalesce(l._lies, 'none'), right_lies = coalesce(r._lies, 'none'),
    left_now = {left}, right_now = {right}, left_value = {left_shown}, right_value = {right_shown}
FROM ended AS e LEFT JOIN ended_left AS l ON l._key = e.record_key
LEFT JOIN ended_right AS r ON r._key = e.record_key
WHERE e.finding_id = ended.finding_id AND e.field IS NOT DISTINCT FROM $field
"""

_FIXES = """
CREATE OR REPLACE TABLE fixes AS
SELECT finding_id, left_hash AS left_fixed, right_hash AS right_fixed FROM previous_events
WHERE event = 'fixed'
QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY run DESC) = 1
"""

# How a finding ended. `is_back`: both sides are where they were before it began; `has_moved`: for
# that the authority had to move. What it kept to was put right, whichever way the other went.
_CLOSED = """
SELECT $check AS check_name, finding_id, $run AS run, $now AS at, CASE
    WHEN kind = 'mismatch' AND (left_lies <> 'row' OR right_lies <> 'row') THEN 'withdrawn'
    WHEN is_alone AND (left_lies = 'odd' OR left_lies <> right_lies) THEN 'withdrawn'
    WHEN is_back AND has_moved THEN 'reverted' ELSE 'fixed' END AS event,
    CASE WHEN field IS NOT NULL THEN left_now WHEN left_lies = 'row' THEN 'row' END AS left_hash,
    CASE WHEN field IS NOT NULL THEN right_now WHEN right_lies = 'row' THEN 'row' END AS right_hash,
    left_value, right_value, CASE WHEN event = 'fixed' AND is_back THEN 'back' END AS detail
FROM (
    SELECT e.*, e.kind IN ('only_left', 'only_right') AS is_alone, CASE
        WHEN e.field IS NOT NULL THEN a.finding_id IS NOT NULL
            AND left_now IS NOT DISTINCT FROM substr(sha256(a.left_canonical), 1, 16)
            AND right_now IS NOT DISTINCT FROM substr(sha256(a.right_canonical), 1, 16)
        WHEN left_lies = 'row' THEN coalesce(direction = 'deleted', false)
        ELSE coalesce(direction = 'not_yet_created', false) END AS is_back,
    CASE WHEN word IS NULL THEN true
        WHEN e.field IS NULL THEN (left_lies = 'row') <> ('only_' || word = e.kind)
        WHEN word = 'left' THEN left_now IS DISTINCT FROM left_was
        ELSE right_now IS DISTINCT FROM right_was END AS has_moved
    FROM ended AS e LEFT JOIN previous_agreed AS a ON a.finding_id = e.finding_id WHERE e.is_new)
"""

# A fix that was undone on both sides leaves no difference behind: it has to be looked for.
_UNDONE = """
SELECT $check AS check_name, e.finding_id, $run AS run, $now AS at, 'reverted' AS event,
       e.left_now AS left_hash, e.right_now AS right_hash, e.left_value, e.right_value
FROM ended AS e JOIN fixes AS x USING (finding_id)
WHERE NOT e.is_new AND e.left_lies = 'row' AND e.right_lies = 'row'
  AND ((x.right_fixed IS DISTINCT FROM e.right_was
        AND e.left_now IS NOT DISTINCT FROM e.right_was
        AND e.right_now IS NOT DISTINCT FROM e.right_was)
    OR (x.left_fixed IS DISTINCT FROM e.left_was
        AND e.left_now IS NOT DISTINCT FROM e.left_was
        AND e.right_now IS NOT DISTINCT FROM e.left_was))
"""

_TOLD = """
UPDATE findings SET turn = h.event, closed_run = $run, closed_at = $now, since = $now
FROM happened AS h WHERE h.finding_id = findings.finding_id
"""

# The side that had changed for the fix holds again what it held before; the other has not moved.
_AGAIN = f"""
SELECT *, CASE WHEN detail IS NULL THEN 'reopened' ELSE 'bounced' END AS event FROM (
SELECT n.check_name, n.finding_id, $run AS run, $now AS at,
       n.left_hash, n.right_hash, n.left_value, n.right_value, CASE
           WHEN c.turn <> 'fixed' OR x.finding_id IS NULL THEN NULL
           WHEN x.left_fixed IS DISTINCT FROM c.left_hash
               AND n.left_hash IS NOT DISTINCT FROM c.left_hash
               AND n.right_hash IS NOT DISTINCT FROM x.right_fixed THEN 'left'
           WHEN x.right_fixed IS DISTINCT FROM c.right_hash
               AND n.right_hash IS NOT DISTINCT FROM c.right_hash
               AND n.left_hash IS NOT DISTINCT FROM x.left_fixed THEN 'right' END AS detail
FROM (FROM findings WHERE {_MINE} AND state <> 'gone') AS n
JOIN closed AS c USING (finding_id) LEFT JOIN fixes AS x USING (finding_id))
"""

_BOUNCED = """
UPDATE findings SET turn = h.event, overwritten = h.detail
FROM happened AS h WHERE h.finding_id = findings.finding_id
"""

_WAIVED = f"""
UPDATE findings SET waiver = w.decision FROM waivers AS w
WHERE w.finding_id = findings.finding_id AND {_MINE} AND state <> 'gone' AND w.expires_at > $now
  AND w.left_hash IS NOT DISTINCT FROM findings.left_hash
  AND w.right_hash IS NOT DISTINCT FROM findings.right_hash
"""

# One that a person took back is the person's doing; it stands again all the same.
_UNWAIVED = f"""
SELECT f.check_name, f.finding_id, $run AS run, $now AS at, CASE
           WHEN w.finding_id IS NULL THEN 'reopened'
           WHEN w.expires_at <= $now THEN 'waiver_expired' ELSE 'waiver_void' END AS event,
       f.left_hash, f.right_hash, f.left_value, f.right_value
FROM (FROM findings WHERE {_MINE} AND state <> 'gone' AND waiver IS NULL) AS f
JOIN previous AS p USING (finding_id) LEFT JOIN waivers AS w USING (finding_id)
WHERE p.waiver IS NOT NULL
"""

_STANDS_AGAIN = """
UPDATE findings SET turn = 'reopened', since = $now,
    opened_at = CASE WHEN state = 'open' THEN $now END
FROM happened AS h WHERE h.finding_id = findings.finding_id
"""

_CHANGED = f"""
SELECT f.check_name, f.finding_id, $run AS run, $now AS at, 'changed' AS event,
       f.left_hash, f.right_hash, f.left_value, f.right_value
FROM (FROM findings WHERE {_MINE} AND state <> 'gone') AS f
JOIN previous AS p USING (finding_id)
WHERE p.since IS NOT NULL AND (f.left_hash IS DISTINCT FROM p.left_hash
    OR f.right_hash IS DISTINCT FROM p.right_hash)
"""

_OPENED = f"""
SELECT f.check_name, f.finding_id, $run AS run, $now AS at, 'opened' AS event,
       f.left_hash, f.right_hash, f.left_value, f.right_value
FROM (FROM findings WHERE {_MINE} AND state = 'open') AS f
JOIN previous AS p USING (finding_id) WHERE p.opened_at IS NULL AND p.since IS NOT NULL
"""

_ANY_LEFT = """
SELECT count(*) FROM (SELECT left_source, right_source FROM previous
                      UNION ALL SELECT left_source, right_source FROM closed) AS p
ANTI JOIN compared AS c ON c.left_source = p.left_source AND c.right_source = p.right_source
"""

_LEFT = """
INSERT INTO findings
SELECT * REPLACE ('gone' AS state, $now AS closed_at, $run AS closed_run, $now AS since,
                  'withdrawn' AS turn, NULL AS waiver) FROM previous AS p
ANTI JOIN compared AS c ON c.left_source = p.left_source AND c.right_source = p.right_source
UNION ALL FROM closed AS p
ANTI JOIN compared AS c ON c.left_source = p.left_source AND c.right_source = p.right_source
"""

_LEFT_EVENTS = """
SELECT p.check_name, p.finding_id, $run AS run, $now AS at, 'withdrawn' AS event FROM previous AS p
ANTI JOIN compared AS c ON c.left_source = p.left_source AND c.right_source = p.right_source
"""

_CARRIED_LEFT = """
INSERT INTO events SELECT e.* FROM previous_events AS e
SEMI JOIN (FROM findings WHERE check_name = $check) AS f ON f.finding_id = e.finding_id
ANTI JOIN (SELECT DISTINCT finding_id FROM events) AS k ON k.finding_id = e.finding_id
"""


def forget(con: Any, moment: datetime) -> None:
    """Let go of what closed too long ago to be known again."""
    con.execute("DELETE FROM closed WHERE closed_at < $1", [moment - MEMORY])


def settle(con: Any, pair: PairRun, left: Side, right: Side, touched: str | None) -> None:
    """Tell of every finding of a pair that was compared just now how it came to stand or ended.

    The tables `previous`, `closed`, `previous_agreed` and `previous_events` hold what was known,
    `waivers` those that were granted; `touched` names the keys that may have changed since.
    """
    names = {"check": pair.check, **pair.names}
    when = {"now": pair.moment, "run": pair.run}
    events.carry(con, names)
    con.execute(_FIXES)
    _look(con, pair, left, right, touched)
    of_check = {"check": pair.check, **when}
    for query in (_CLOSED, _UNDONE):
        if events.add(con, query, of_check):
            con.execute(_TOLD, when)
    if events.add(con, _AGAIN, {**names, **when}):
        con.execute(_BOUNCED)
    con.execute(_WAIVED, {**names, "now": pair.moment})
    for query in (_CHANGED, _OPENED):
        events.add(con, query, {**names, **when})
    if events.add(con, _UNWAIVED, {**names, **when}):
        con.execute(_STANDS_AGAIN, {"now": pair.moment})


def keep(con: Any, pair: PairRun) -> None:
    """What happened to the findings of a pair that cannot be compared now is still known."""
    events.carry(con, {"check": pair.check, **pair.names})


def leave(
    con: Any, check: str, pairs: Collection[tuple[str, str]], *, run: int, now: datetime
) -> None:
    """Withdraw what stood between two sources that the check does not compare any more."""
    con.execute(
        "CREATE OR REPLACE TABLE compared (left_source VARCHAR, right_source VARCHAR)",
    )
    con.executemany("INSERT INTO compared VALUES (?, ?)", [list(pair) for pair in pairs])
    if not only_row(con, _ANY_LEFT)[0]:
        return
    when = {"now": now, "run": run}
    con.execute(_LEFT, when)
    con.execute(_CARRIED_LEFT, {"check": check})
    events.add(con, _LEFT_EVENTS, when)


def _look(con: Any, pair: PairRun, left: Side, right: Side, touched: str | None) -> None:
    """Fill `ended` with what both sides hold now under the keys of findings that ended."""
    near = f"record_key IN (SELECT _key FROM {touched})" if touched else "true"
    names = {"check": pair.check, "run": pair.run, **pair.names}
    con.execute(_ENDED.format(touched=near), names)
    fields = [row[0] for row in con.execute("SELECT DISTINCT field FROM ended").fetchall()]
    if not fields:
        return
    con.execute(
        "CREATE OR REPLACE TABLE ended_keys AS SELECT DISTINCT record_key AS _key FROM ended"
        " WHERE record_key IS NOT NULL"
    )
    for name, side in (("left", left), ("right", right)):
        rows, odd = side.under("ended_keys"), side.odd
        con.execute(_LIES.format(name=name, rows=rows, odd=odd))
    for field in fields:
        known = field is None or all(_has(side, field) for side in (left, right))
        if known:
            values = _cell(field, left, right)
            con.execute(_NOW.format(**values), {"field": field})


def _has(side: Side, field: str) -> bool:
    return any(column.name == field for column in side.spec.columns)


def _cell(field: str | None, left: Side, right: Side) -> dict[str, str]:
    """SQL for the hash and the shown text of a field on either side."""
    if field is None:
        return dict.fromkeys(("left", "right", "left_shown", "right_shown"), "NULL")
    told: dict[str, str] = {}
    for name, side in (("left", left), ("right", right)):
        column = side.spec.column(field)
        told[name] = f"substr(sha256({column.compared(f'{name[0]}.')}), 1, 16)"
        told[f"{name}_shown"] = f"{name[0]}.{quoted(column.shown)}"
    return told
