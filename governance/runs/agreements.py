"""The last agreement: what both sides said before a finding stood between them.

Where two cells agree now, the agreed value is the one in today's snapshots, so only standing
findings need one kept. It is taken when a finding first shows, from the snapshots that were
compared before, and carried from run to run for as long as the finding stands or its record is
away from one side: no snapshot has to outlive retention for it. Where the rules have changed
since, it is read again by those of today, or dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checks.direction import agree
from checks.prepare import Column
from checks.sql import only_row, quoted
from governance.runs.bridge import Bridge, How, Now
from governance.runs.findings import PairRun, naive
from governance.runs.looks import Look
from governance.runs.reread import ASKED, WERE, reread, values_then

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
    "left_source": "VARCHAR",
    "right_source": "VARCHAR",
    "record_key": "VARCHAR",
    "field": "VARCHAR",
}
# Records that came back after they were away: how many earlier looks are opened for them.
MOST_LOOKS = 8

_STANDING = """
SELECT finding_id, record_key, field, kind FROM findings WHERE check_name = $check
    AND left_source = $left AND right_source = $right AND state <> 'gone'
"""

# A file of before does not say which pair and record an agreement is of; its finding does.
_CARRIED = f"""
INSERT INTO agreed BY NAME SELECT a.* REPLACE (
    $left AS left_source, $right AS right_source, f.record_key AS record_key, f.field AS field)
FROM previous_agreed AS a JOIN ({_STANDING}) AS f ON f.finding_id = a.finding_id
"""

# Cells whose finding stands no more: their record may only be away for a while.
_LEFT_OVER = f"""
CREATE OR REPLACE TABLE left_over AS SELECT a.* FROM previous_agreed AS a
ANTI JOIN ({_STANDING}) AS f ON f.finding_id = a.finding_id
WHERE a.left_source = $left AND a.right_source = $right AND a.field IS NOT NULL
"""

_AWAY = """
INSERT INTO agreed BY NAME SELECT o.* FROM left_over AS o
LEFT JOIN there_left AS l ON l._key = o.record_key
LEFT JOIN there_right AS r ON r._key = o.record_key
WHERE (l._key IS NOT NULL OR r._key IS NOT NULL)
  AND (l._key IS NULL OR r._key IS NULL OR l.odd OR r.odd)
"""

_ASKED = f"""
CREATE OR REPLACE TABLE asked AS SELECT f.* FROM ({_STANDING}) AS f
LEFT JOIN previous AS p ON p.finding_id = f.finding_id
WHERE f.record_key IS NOT NULL AND f.kind IN ('mismatch', 'only_left', 'only_right')
    AND ({{wanted}})
"""
# It is new, was of the other side before, or its values were not hashed yet.
_UNKNOWN = """p.finding_id IS NULL OR p.kind <> f.kind
    OR (p.left_hash IS NULL AND p.right_hash IS NULL)"""

_TAKEN = """
INSERT INTO agreed BY NAME SELECT $check AS check_name, w.finding_id, $run AS run, $at AS "at",
    w.left_value, w.right_value, w.left_canonical, w.right_canonical,
    $left AS left_source, $right AS right_source, a.record_key, a.field
FROM {were} AS w JOIN asked AS a ON a.finding_id = w.finding_id WHERE w.agree
"""

# Both sides are here again; while one was away the record's own agreement was kept.
_BACK = """
CREATE OR REPLACE TABLE back AS SELECT n.finding_id, a.run FROM asked AS n
JOIN previous AS p ON p.record_key = n.record_key AND p.field IS NULL
    AND p.left_source = $left AND p.right_source = $right
JOIN previous_agreed AS a ON a.finding_id = p.finding_id
WHERE n.field IS NOT NULL AND n.finding_id NOT IN (SELECT finding_id FROM agreed)
"""
_RUNS = "SELECT DISTINCT run FROM back ORDER BY run DESC LIMIT $1"
_NOT_BACK = """
DELETE FROM were_before
WHERE finding_id NOT IN (SELECT finding_id FROM back WHERE run = $1)
"""


def create(con: Any) -> None:
    """An empty table `agreed`."""
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in AGREED.items())
    con.execute(f"CREATE TABLE agreed ({declared})")


def keep(con: Any, pair: PairRun) -> None:
    """Carry every agreement of a pair on that could not be compared."""
    con.execute(_CARRIED, {"check": pair.check, **pair.names})
    con.execute(_LEFT_OVER, {"check": pair.check, **pair.names})
    con.execute("INSERT INTO agreed BY NAME FROM left_over")


def collect(
    con: Any,
    pair: PairRun,
    bridge: Bridge,
    now: tuple[Now, Now],
    earlier: Callable[[int], Bridge | None],
) -> None:
    """Fill `agreed` for a pair that was compared just now; leaves the tables `asked` and `were`
    (see `governance.runs.reread`) for those findings that the runs before do not tell enough of,
    and `looked_back` with those that an earlier look than the last was asked about.

    `bridge` leads from the last look at the pair, `earlier` gives the one from the look of a run.
    """
    con.execute(f"CREATE OR REPLACE TABLE asked ({ASKED})")
    con.execute(f"CREATE OR REPLACE TABLE were ({WERE})")
    con.execute("CREATE OR REPLACE TABLE looked_back (finding_id VARCHAR)")
    if bridge.look is None or bridge.key is How.VOID:
        return
    names = {"check": pair.check, **pair.names}
    con.execute(_CARRIED, names)
    _keep_away(con, names, now)
    if not bridge.same:
        _under_new_rules(con, names, bridge, now)
    con.execute(_ASKED.format(wanted=_UNKNOWN if bridge.same else "true"), names)
    if bridge.is_readable and only_row(con, "SELECT count(*) FROM asked")[0]:
        values_then(con, bridge, now, "were")
        _take(con, names, bridge.look, "were")
        _look_further_back(con, names, now, earlier)


def _take(con: Any, names: dict[str, Any], look: Look, were: str) -> None:
    con.execute(
        f"DELETE FROM agreed WHERE finding_id IN (SELECT finding_id FROM {were} WHERE agree)"
    )
    when = {"run": look.run, "at": naive(look.at)}
    con.execute(_TAKEN.format(were=were), {**names, **when})


def _look_further_back(
    con: Any,
    names: dict[str, Any],
    now: tuple[Now, Now],
    earlier: Callable[[int], Bridge | None],
) -> None:
    """A record that comes back is held against what both sides said before it went."""
    con.execute(_BACK, {name: names[name] for name in ("left", "right")})
    for (run,) in con.execute(_RUNS, [MOST_LOOKS]).fetchall():
        before = earlier(run)
        if before is None or before.look is None or not before.is_readable:
            continue
        con.execute(f"CREATE OR REPLACE TABLE were_before ({WERE})")
        values_then(con, before, now, "were_before")
        con.execute(_NOT_BACK, [run])
        con.execute("INSERT INTO looked_back SELECT finding_id FROM were_before")
        _take(con, names, before.look, "were_before")


def _keep_away(con: Any, names: dict[str, Any], now: tuple[Now, Now]) -> None:
    """Agreements of records that are not on both sides just now, but on one of them."""
    con.execute(_LEFT_OVER, names)
    if not only_row(con, "SELECT count(*) FROM left_over")[0]:
        return
    con.execute(
        "CREATE OR REPLACE TABLE over_keys AS SELECT DISTINCT record_key AS _key FROM left_over"
    )
    for name, own in (("left", now[0]), ("right", now[1])):
        con.execute(
            f"CREATE OR REPLACE TABLE there_{name} AS SELECT _key, false AS odd"
            f" FROM ({own.side.under('over_keys')}) UNION ALL SELECT DISTINCT _key, true"
            f" FROM {own.side.odd} AS o SEMI JOIN over_keys USING (_key)"
        )
    con.execute(_AWAY)


def _under_new_rules(con: Any, names: dict[str, Any], bridge: Bridge, now: tuple[Now, Now]) -> None:
    """Drop what means nothing any more, read again what can be, and leave what still agrees."""
    mine = "check_name = $check AND left_source = $left AND right_source = $right"
    fields = con.execute(
        f"SELECT DISTINCT field FROM agreed WHERE {mine} AND field IS NOT NULL", names
    ).fetchall()
    known = {column.name for column in now[0].side.spec.columns}
    for (name,) in fields:
        how = bridge.of(name)
        if how is How.REREAD:
            _read_again(con, {**names, "field": name}, now[0].side.spec.column(name), now[0])
        test = "false"
        if name in known and how in (How.KEPT, How.REREAD):
            column = now[0].side.spec.column(name)
            test = agree(column, "left_canonical", "right_canonical")
        con.execute(
            f"DELETE FROM agreed WHERE {mine} AND field = $field AND NOT {test}",
            {**names, "field": name},
        )


def _read_again(con: Any, names: dict[str, Any], column: Column, now: Now) -> None:
    mine = "check_name = $check AND left_source = $left AND right_source = $right"
    con.execute(
        f"CREATE OR REPLACE TABLE agreed_then AS FROM agreed WHERE {mine} AND field = $field",
        names,
    )
    texts = " UNION ALL ".join(
        f"SELECT '{side}' || finding_id AS _at, {side}_value AS {quoted(column.name)}"
        " FROM agreed_then"
        for side in ("left", "right")
    )
    again = reread(con, texts, [column], now.side.spec, "agreed_again_")
    for side in ("left", "right"):
        con.execute(
            f"UPDATE agreed SET {side}_value = n.{quoted(column.shown)},"
            f" {side}_canonical = {column.compared('n.')} FROM {again} AS n"
            f" WHERE n._key = '{side}' || agreed.finding_id AND {mine} AND field = $field",
            names,
        )
