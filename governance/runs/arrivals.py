"""Which changes arrived between two looks at a pair of sources, and within which bounds of time.

A look is a comparison of snapshots that were not both compared before. A change begins after the
look before the one that first shows it, and arrives after the last look at which it stood, so that
each look of the last weeks is remembered with the times of its snapshots. Changes that began and
arrived between two looks stand at none; they are found under the keys that were touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checks.sql import literal, quoted

if TYPE_CHECKING:
    from datetime import datetime

    from checks.consistency import PairPlan
    from checks.prepare import Side
    from governance.runs.findings import PairRun

# `moment` is the run's, `low` and `high` the times of the earlier and the later snapshot.
# `before` is the `low` of the look before; NULL where what shows first may be of any age.
LOOKS = {
    "check_name": "VARCHAR",
    "left_source": "VARCHAR",
    "right_source": "VARCHAR",
    "moment": "TIMESTAMP",
    "low": "TIMESTAMP",
    "high": "TIMESTAMP",
    "before": "TIMESTAMP",
}

# `n` changes that took more than `lower` and at most `upper` seconds; `upper` NULL: did not arrive.
# `week` is when they ended; NULL: they stand, and are counted anew by each run.
TIMES = {
    "check_name": "VARCHAR",
    "left_source": "VARCHAR",
    "right_source": "VARCHAR",
    "field": "VARCHAR",
    "direction": "VARCHAR",
    "week": "TIMESTAMP",
    "lower": "DOUBLE",
    "upper": "DOUBLE",
    "n": "BIGINT",
}

_PAIR = "check_name = $check AND left_source = $left AND right_source = $right"

# Runs of one schedule are not a day apart to the second. Rounded like this two such days are one.
_STEP = "CASE WHEN seconds < 7200 THEN 60 WHEN seconds < 259200 THEN 900 ELSE 3600 END"
_ROUND = f"CREATE OR REPLACE MACRO lag_round(seconds) AS round(seconds / ({_STEP})) * ({_STEP})"

# Which side moved first. A record that one side has not yet moved on the other, one that a side
# has deleted moved there.
_DIRECTION = """CASE
    WHEN {0} IN ('left_moved', 'right_moved') THEN {0}
    WHEN {0} = 'not_yet_created' AND f.kind = 'only_left' THEN 'left_moved'
    WHEN {0} = 'not_yet_created' AND f.kind = 'only_right' THEN 'right_moved'
    WHEN {0} = 'deleted' AND f.kind = 'only_left' THEN 'right_moved'
    WHEN {0} = 'deleted' AND f.kind = 'only_right' THEN 'left_moved' END"""

_BEGAN = "CASE WHEN {0}.turn = 'new' THEN {0}.first_seen ELSE {0}.since END"

# What was put back did not arrive, though it was fixed.
_STARTED = f"""
CREATE OR REPLACE TABLE lag_started AS
SELECT f.finding_id, f.field, coalesce(b.detail, f.turn) AS turn, f.state,
       {_DIRECTION.format("coalesce(f.direction, p.direction)")} AS direction,
       CASE WHEN f.state <> 'gone' THEN {_BEGAN.format("f")} ELSE {_BEGAN.format("p")} END AS began,
       CASE WHEN f.state <> 'gone' THEN f.last_seen ELSE p.last_seen END AS stood
FROM findings AS f LEFT JOIN previous AS p USING (finding_id)
LEFT JOIN (FROM events WHERE event = 'fixed' AND "at" = $now) AS b USING (finding_id)
WHERE f.check_name = $check AND f.left_source = $left AND f.right_source = $right
  AND f.kind IN ('mismatch', 'only_left', 'only_right')
  AND (f.state <> 'gone' OR p.finding_id IS NOT NULL)
"""

# A waiver that ran out lets a finding stand anew, but nothing has changed on either side then.
_COUNTED = f"""
INSERT INTO lag_times
WITH looks AS (SELECT * FROM lag_looks WHERE {_PAIR}),
ended AS (SELECT * FROM looks WHERE moment = $now),
told AS (
    SELECT f.field, f.direction, f.state, l.low - s.high AS lower,
           CASE WHEN f.state = 'gone' AND f.turn NOT IN ('reverted', 'withdrawn', 'back')
                AND e.before IS NOT NULL THEN e.high - s.before END AS upper
    FROM (FROM lag_started AS g ANTI JOIN (
            FROM events WHERE event IN ('waiver_void', 'waiver_expired')) AS w
        ON w.finding_id = g.finding_id AND w."at" = g.began) AS f
    JOIN looks AS s ON s.moment = f.began AND s.before IS NOT NULL
    ASOF JOIN looks AS l ON l.moment <= f.stood LEFT JOIN ended AS e ON true)
SELECT $check AS check_name, $left AS left_source, $right AS right_source, field, direction,
       CASE WHEN state = 'gone' THEN date_trunc('week', $now) END AS week,
       lag_round(greatest(epoch(lower), 0)) AS low, lag_round(epoch(upper)) AS up, count(*) AS n
FROM told GROUP BY ALL
"""

_CARRIED_TIMES = f"""
INSERT INTO lag_times
SELECT check_name, left_source, right_source, field, direction, week, lower, upper,
       CAST(sum(n) AS BIGINT) AS n FROM previous_lag_times
WHERE {_PAIR} AND (week > $oldest {{standing}}) GROUP BY ALL
"""
_CARRIED_LOOKS = f"INSERT INTO lag_looks FROM previous_lag_looks WHERE {_PAIR} AND moment > $oldest"

_LAST = f"SELECT low, high FROM lag_looks WHERE {_PAIR} ORDER BY moment DESC LIMIT 1"

# Both sides moved, they agreed before and agree now.
_UNSEEN_CELLS = """
SELECT field, count(*) AS n FROM (
    SELECT nl._key, unnest([{moved}]) AS field
    FROM was_left_rows AS wl JOIN was_right_rows AS wr USING (_key)
    JOIN now_left_rows AS nl USING (_key) JOIN now_right_rows AS nr USING (_key)) AS m
ANTI JOIN cells AS c ON c._key = m._key AND c.field = m.field
ANTI JOIN was_cells AS w ON w._key = m._key AND w.field = m.field
WHERE m.field IS NOT NULL GROUP BY ALL
"""

# A record came to both sides, or left both.
_UNSEEN_ROWS = """
SELECT NULL AS field, count(*) AS n FROM (
    (SELECT _key FROM {there}_left_rows INTERSECT SELECT _key FROM {there}_right_rows)
    EXCEPT (SELECT _key FROM {not_there}_left_rows UNION ALL SELECT _key FROM {not_there}_right_rows
            UNION ALL SELECT _key FROM was_left_odd UNION ALL SELECT _key FROM was_right_odd
            UNION ALL SELECT _key FROM now_left_odd UNION ALL SELECT _key FROM now_right_odd))
HAVING count(*) > 0
"""

_UNSEEN = f"""
INSERT INTO lag_times
SELECT $check, $left, $right, u.field, NULL, date_trunc('week', $now), 0,
       lag_round(epoch(l.high - l.before)), u.n
FROM ({{unseen}}) AS u, (FROM lag_looks WHERE {_PAIR} AND moment = $now AND before IS NOT NULL) AS l
"""


def create(con: Any) -> None:
    """Empty tables `lag_looks` and `lag_times`."""
    con.execute(_ROUND)
    for name, columns in (("lag_looks", LOOKS), ("lag_times", TIMES)):
        declared = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
        con.execute(f"CREATE TABLE {name} ({declared})")


def keep(con: Any, pair: PairRun, oldest: datetime, *, standing: bool = True) -> None:
    """Carry on what is known since `oldest`, with `standing` also what stood at the last look."""
    names = {"check": pair.check, **pair.names, "oldest": oldest}
    con.execute(_CARRIED_LOOKS, names)
    con.execute(_CARRIED_TIMES.format(standing="OR week IS NULL" if standing else ""), names)


def look(con: Any, pair: PairRun, low: datetime, high: datetime, *, is_known: bool) -> bool:
    """Remember a look at snapshots of these times; False where it showed nothing new.

    `is_known` says that the pair was compared before under the same rules.
    """
    names = {"check": pair.check, **pair.names}
    last = con.execute(_LAST, names).fetchall()
    if is_known and last == [(low, high)]:
        return False
    before = last[0][0] if is_known and last else None
    row = [pair.check, pair.left, pair.right, pair.moment, low, high, before]
    con.execute("INSERT INTO lag_looks VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return True


def collect(con: Any, pair: PairRun) -> None:
    """Count what ended at this look and what stands, by how long it took or has stood."""
    names = {"check": pair.check, **pair.names}
    con.execute(_STARTED, {**names, "now": pair.moment})
    con.execute(_COUNTED, {**names, "now": pair.moment})


def collect_unseen(con: Any, pair: PairRun, plan: PairPlan, left: Side, right: Side) -> None:
    """Count what began and arrived since the look before, where `checks.recheck` has compared the
    touched keys alone and left how both sides stood and stand."""
    moved = ", ".join(_moved(name, left, right) for name in plan.fields)
    parts = [_UNSEEN_CELLS.format(moved=moved)] if moved else []
    if plan.presence:
        ways = (("now", "was"), ("was", "now"))
        parts += [_UNSEEN_ROWS.format(there=there, not_there=other) for there, other in ways]
    names = {"check": pair.check, **pair.names, "now": pair.moment}
    for part in parts:
        con.execute(_UNSEEN.format(unseen=part), names)


def _moved(field: str, left: Side, right: Side) -> str:
    one, other = left.spec.column(field), right.spec.column(field)
    return (
        f"CASE WHEN {one.compared('wl.')} IS DISTINCT FROM {one.compared('nl.')}"
        f" AND {other.compared('wr.')} IS DISTINCT FROM {other.compared('nr.')}"
        f" THEN {literal(field)} END"
    )
