"""From what a comparison left to findings with an identity and a past.

A finding is the same finding as long as check, entity, pair of sources, key and field are the
same; a row without a usable key is known by its hash. It was first seen when it was first seen,
and it is gone only when a comparison of two wholly read sources no longer shows it. One that is
gone is remembered for a while, so that it is the same finding if it comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from checks.consistency import Excused
from checks.dictionary import Entity
from checks.outcome import severity_of
from checks.sql import quoted
from governance.runs import lags

FINDINGS = {
    "finding_id": "VARCHAR",
    "check_name": "VARCHAR",
    "entity": "VARCHAR",
    "left_source": "VARCHAR",
    "right_source": "VARCHAR",
    "key_shown": "VARCHAR",
    "record_key": "VARCHAR",
    "field": "VARCHAR",
    "kind": "VARCHAR",
    "class": "VARCHAR",
    "left_value": "VARCHAR",
    "right_value": "VARCHAR",
    "normalisers": "VARCHAR",
    "authority": "VARCHAR",
    "severity": "VARCHAR",
    "weight": "INTEGER",
    "department": "VARCHAR",
    "display": "VARCHAR",
    "state": "VARCHAR",
    "first_seen": "TIMESTAMP",
    "first_run": "INTEGER",
    "last_seen": "TIMESTAMP",
    "last_run": "INTEGER",
    "copies": "INTEGER",
    "personal": "BOOLEAN",
    "left_hash": "VARCHAR",
    "right_hash": "VARCHAR",
    "since": "TIMESTAMP",
    "opened_at": "TIMESTAMP",
    "turn": "VARCHAR",
    "overwritten": "VARCHAR",
    "closed_at": "TIMESTAMP",
    "closed_run": "INTEGER",
    "waiver": "BIGINT",
    "direction": "VARCHAR",
    "left_moved_at": "TIMESTAMP",
    "right_moved_at": "TIMESTAMP",
    "agreed_at": "TIMESTAMP",
    "agreed_run": "INTEGER",
    "owner": "VARCHAR",
    "due_at": "TIMESTAMP",
    "money": "DECIMAL(38,2)",
    "cause": "VARCHAR",
}

# Money may have raised a severity above what the weight says.
WORST_FIRST = "list_position(['critical', 'high', 'medium', 'low'], severity)"
# Sealed the way a list is first shown and with a record's findings together, in small groups of
# rows: at 1M findings a page then costs a third, a record a tenth.
SEALED_ORDER = (
    f"state IN ('pending', 'gone'), {WORST_FIRST}, weight DESC, entity, record_key,"
    " field NULLS FIRST, finding_id"
)
ROW_GROUP = 16_384

# The field's facts come as a small table beside the cells, so that one statement does all fields.
_CELLS = """
SELECT c._key AS record_key, c.field, 'mismatch' AS kind, c.class, c.left_value, c.right_value,
       CASE WHEN c.left_fired OR c.right_fired THEN f.reader END AS normalisers,
       f.authority, f.severity, f.weight, f.personal,
       CASE WHEN f.authority = $right THEN c.right_carry ELSE c.left_carry END AS told,
       CASE WHEN f.authority = $right THEN c.left_carry ELSE c.right_carry END AS told_else,
       concat_ws(chr(31), 'cell', c._key, c.field) AS identity, 1 AS copies,
       substr(sha256(c.left_canonical), 1, 16) AS left_hash,
       substr(sha256(c.right_canonical), 1, 16) AS right_hash
FROM {cells} AS c JOIN finding_fields AS f ON f.field = c.field
"""

_LONE = """
SELECT _key AS record_key, NULL AS field, kind, NULL AS class,
       NULL AS left_value, NULL AS right_value, NULL AS normalisers,
       $authority AS authority, $severity AS severity, $weight AS weight, false AS personal,
       any_value(carry) AS told, any_value(carry) AS told_else,
       CASE WHEN kind IN ('only_left', 'only_right') THEN concat_ws(chr(31), 'row', _key)
            ELSE concat_ws(chr(31), kind, coalesce(_key, ''), CAST(_raw_hash AS VARCHAR))
       END AS identity, count(*) AS copies,
       CASE WHEN kind LIKE '%_left' THEN 'row' END AS left_hash,
       CASE WHEN kind LIKE '%_right' THEN 'row' END AS right_hash
FROM {lone} GROUP BY ALL
"""

_FRESH = """
INSERT INTO fresh BY NAME
SELECT substr(sha256(concat_ws(chr(31), $check, $entity, $left, $right, identity)), 1, 32)
           AS finding_id,
       $check AS check_name, $entity AS entity, $left AS left_source, $right AS right_source,
       list_aggregate(coalesce(told[3:], told_else[3:]), 'string_agg', ' · ') AS key_shown,
       record_key, field, kind, class, left_value, right_value, normalisers, authority, severity,
       weight, coalesce(told[2], told_else[2]) AS department,
       coalesce(told[1], told_else[1]) AS display, 'open' AS state,
       $now AS first_seen, $run AS first_run, $now AS last_seen, $run AS last_run, copies, personal,
       left_hash, right_hash, $now AS since
FROM ({rows})
"""

# What was found under keys that nothing touched since is found again.
_CARRIED = """
INSERT INTO fresh
SELECT * REPLACE ('open' AS state, $now AS first_seen, $run AS first_run, $now AS last_seen,
                  $run AS last_run)
FROM previous AS p WHERE p.left_source = $left AND p.right_source = $right
  AND NOT EXISTS (FROM {touched} AS t WHERE t._key IS NOT DISTINCT FROM p.record_key)
"""

# What outlived its lag once stays open, also across a day on which nobody could look.
_SETTLE = """
INSERT INTO findings
SELECT s.* REPLACE (CASE WHEN state = 'open' THEN coalesce(opened_at, $now) END AS opened_at)
FROM (
    SELECT f.* REPLACE (
        coalesce(p.first_seen, c.first_seen, f.first_seen) AS first_seen,
        coalesce(p.first_run, c.first_run, f.first_run) AS first_run,
        coalesce(p.since, p.first_seen, f.since) AS since,
        CASE WHEN p.finding_id IS NOT NULL THEN coalesce(p.turn, 'new')
             WHEN c.finding_id IS NOT NULL THEN 'reopened' ELSE 'new' END AS turn,
        p.overwritten AS overwritten, NULL AS waiver, p.opened_at AS opened_at,
        CASE WHEN $is_first OR p.state = 'open' OR p.opened_at IS NOT NULL THEN 'open'
             WHEN $now - coalesce(p.since, p.first_seen, f.since) < to_seconds(l.seconds)
             THEN 'pending' ELSE 'open' END AS state)
    FROM fresh AS f LEFT JOIN previous AS p USING (finding_id)
    LEFT JOIN closed AS c USING (finding_id)
    LEFT JOIN pair_lags AS l ON l.field IS NOT DISTINCT FROM f.field
) AS s
"""

# How it ended is told by `lifecycle`.
_GONE = """
INSERT INTO findings
SELECT * REPLACE ('gone' AS state, $now AS closed_at, $run AS closed_run, $now AS since,
                  'withdrawn' AS turn, NULL AS waiver) FROM previous AS p
WHERE p.left_source = $left AND p.right_source = $right
  AND NOT EXISTS (FROM fresh AS f WHERE f.finding_id = p.finding_id)
"""

_REMEMBERED = """
INSERT INTO findings FROM closed AS c
WHERE c.left_source = $left AND c.right_source = $right
  AND NOT EXISTS (FROM fresh AS f WHERE f.finding_id = c.finding_id)
"""

_KEPT = """
INSERT INTO findings
SELECT * REPLACE ('unchecked' AS state) FROM previous
WHERE left_source = $left AND right_source = $right
UNION ALL FROM closed WHERE left_source = $left AND right_source = $right
"""

# A record is excused only when nothing else is wrong with it.
_EXCUSED = """
WITH standing AS (
    FROM findings WHERE check_name = $check AND left_source = $left AND right_source = $right
        AND state IN ('open', 'pending'))
SELECT (SELECT count(*) FROM (
            SELECT record_key FROM standing WHERE kind = 'mismatch'
            GROUP BY record_key HAVING bool_and(state = 'pending' OR waiver IS NOT NULL))),
       (SELECT coalesce(sum(copies), 0) FROM standing
        WHERE kind <> 'mismatch' AND (state = 'pending' OR waiver IS NOT NULL))
"""

_EXCUSED_CELLS = """
SELECT field, count(*) FROM findings
WHERE check_name = $check AND left_source = $left AND right_source = $right
    AND kind = 'mismatch' AND state IN ('open', 'pending')
    AND (state = 'pending' OR waiver IS NOT NULL)
GROUP BY field
"""


@dataclass(frozen=True)
class PairRun:
    """Which comparison the findings come from, and when.

    At the very `is_first` look nobody knows how old a difference is, so none counts as pending:
    a first score must not be perfect because everything was new to us.
    """

    check: str
    entity: Entity
    left: str
    right: str
    run: int
    now: datetime
    is_first: bool = False

    @property
    def names(self) -> dict[str, Any]:
        return {"left": self.left, "right": self.right}

    @property
    def moment(self) -> datetime:
        return naive(self.now)


def naive(moment: datetime) -> datetime:
    """DuckDB's TIMESTAMP has no zone; it holds UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def carry_of(entity: Entity) -> tuple[str, ...]:
    """What a finding carries of its record: its name, who looks after it, and its key."""
    unknown = ""  # no column has this name, so the comparison carries NULL
    return (entity.display or unknown, entity.department or unknown, *entity.key)


def create(con: Any) -> None:
    """Empty tables `findings` and `fresh`."""
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in FINDINGS.items())
    for table in ("findings", "fresh"):
        con.execute(f"CREATE TABLE {table} ({declared})")


def collect(con: Any, pair: PairRun, cells: str, lone: str, touched: str | None = None) -> None:
    """Turn the tables `cells` and `lone` of a comparison into findings of this pair.

    What stood before and shows no more is `gone`. Where only the keys in the table
    `touched` were compared, what stood before under the others stands on.
    """
    find(con, pair, cells, lone)
    if touched is not None:
        when = {"now": pair.moment, "run": pair.run}
        con.execute(_CARRIED.format(touched=touched), {**when, **pair.names})
    settle(con, pair)
    con.execute(_GONE, {"now": pair.moment, "run": pair.run, **pair.names})
    con.execute(_REMEMBERED, pair.names)


def find(con: Any, pair: PairRun, cells: str, lone: str) -> None:
    """Fill `fresh` with what the tables `cells` and `lone` of a comparison come to, all of it as if
    it were new."""
    con.execute("DELETE FROM fresh")
    _list_fields(con, pair.entity)
    common = {"check": pair.check, "entity": pair.entity.name, "now": pair.moment, "run": pair.run}
    con.execute(_FRESH.format(rows=_CELLS.format(cells=cells)), {**common, **pair.names})
    weight = pair.entity.weight
    row = {
        "authority": pair.entity.authority,
        "severity": severity_of(weight).value,
        "weight": weight,
    }
    con.execute(_FRESH.format(rows=_LONE.format(lone=lone)), {**common, **pair.names, **row})


def settle(con: Any, pair: PairRun) -> None:
    """Put `fresh` into `findings`, each with what is known of it in `previous` and `closed`: since
    when it stands, and whether that is long enough to be open."""
    lags.expected(con, pair)
    con.execute(_SETTLE, {"now": pair.moment, "is_first": pair.is_first})


def keep_unchecked(con: Any, pair: PairRun) -> None:
    """A pair that could not be compared closes nothing: its findings stand, marked unchecked."""
    con.execute(_KEPT, pair.names)


def excused(con: Any, pair: PairRun) -> Excused:
    """What is pending or waived, and so not held against the adjusted score."""
    names = {"check": pair.check, **pair.names}
    pairs, lone = con.execute(_EXCUSED, names).fetchall()[0]
    cells = dict(con.execute(_EXCUSED_CELLS, names).fetchall())
    return Excused(pairs=int(pairs), lone=int(lone), cells=cells)


def _list_fields(con: Any, entity: Entity) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE finding_fields (field VARCHAR, reader VARCHAR,"
        " authority VARCHAR, severity VARCHAR, weight INTEGER, personal BOOLEAN)"
    )
    facts = [
        (
            f.name,
            f.reader,
            entity.authority_of(f.name),
            severity_of(f.weight).value,
            f.weight,
            f.sensitivity.is_masked,
        )
        for f in entity.fields
    ]
    marks = ", ".join("(?, ?, ?, ?, ?, ?)" for _ in facts)
    values = [value for row in facts for value in row]
    con.execute(f"INSERT INTO finding_fields VALUES {marks}", values)
