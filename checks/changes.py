"""What changed in a source since its last snapshot, found before anything of it is normalised.

Rows are told apart by the hash of their text. Only those that came, went or changed are prepared,
and with them the rows that share a key with one of them: a second row of a key makes both odd.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from checks.prepare import Side, Spec, prepare, unread
from checks.sql import only_row, quoted

# Above this share of changed rows a snapshot is made anew: that costs less than looking for them.
MOST = 0.2


@dataclass(frozen=True)
class Changes:
    """Tables left in the connection: `rows` and `odd` as a delta's file holds them.

    `changes` counts the lines of both. `unread` is what to add per field to the cells that no
    normaliser could read.
    """

    rows: str
    odd: str
    changes: int
    unread: dict[str, int]


def changes(
    con: Any, landed: str, hashes: str, before: Side, spec: Spec, *, most: float | None = None
) -> Changes | None:
    """What leads from the snapshot `before` to the table `landed`, whose rows `hashes` tells apart
    (see `checks.prepare.hash_rows`).

    `before` must have been prepared under the same `spec` with the same secret. None where more
    than `most` (by default `MOST`) of the rows moved.
    """
    con.execute(
        "CREATE OR REPLACE TABLE moved AS SELECT _raw_hash FROM ("
        f" SELECT _raw_hash, 1 AS n FROM {quoted(hashes)}"
        f" UNION ALL SELECT _raw_hash, -1 FROM {before.rows}"
        f" UNION ALL SELECT _raw_hash, -1 FROM {before.odd}"
        ") GROUP BY _raw_hash HAVING sum(n) <> 0"
    )
    moved, rows = only_row(
        con, f"SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM {quoted(hashes)})"
    )
    if moved > rows * (MOST if most is None else most):
        return None
    con.execute(
        f"CREATE OR REPLACE TABLE moved_landed AS SELECT l.* FROM {quoted(landed)} AS l"
        f" JOIN {quoted(hashes)} AS h ON l.rowid = h._at SEMI JOIN moved USING (_raw_hash)"
    )
    prepare(con, "moved_landed", "moved_", spec)
    _look_around(con, before, spec)
    lines = _rows(con, spec) + _odd(con, spec)
    return Changes("changed_rows", "changed_odd", lines, _unread(con))


def _look_around(con: Any, before: Side, spec: Spec) -> None:
    """Build `was` and `now`: every row of every key that a moved row has or had.

    `_alone` says whether the row is the only one of its key.
    """
    stored = ", ".join(quoted(name) for name in spec.stored)
    con.execute(
        "CREATE OR REPLACE TABLE touched AS SELECT DISTINCT _key FROM ("
        f"SELECT _key FROM moved_all UNION ALL SELECT _key FROM {before.rows}"
        f" SEMI JOIN moved USING (_raw_hash) UNION ALL SELECT _key FROM {before.odd}"
        " SEMI JOIN moved USING (_raw_hash)) WHERE _key IS NOT NULL"
    )
    con.execute(
        f"CREATE OR REPLACE TABLE was AS SELECT {stored}, true AS _alone"
        f" FROM ({before.under('touched')}) UNION ALL SELECT {stored}, false FROM {before.odd}"
        " WHERE _key IN (FROM touched) OR (_key IS NULL AND _raw_hash IN (FROM moved))"
    )
    con.execute(
        "CREATE OR REPLACE TABLE now AS SELECT *,"
        " _key IS NOT NULL AND count(*) OVER (PARTITION BY _key) = 1 AS _alone"
        f" FROM (SELECT {stored} FROM moved_all UNION ALL"
        f" SELECT {stored} FROM was ANTI JOIN moved USING (_raw_hash))"
    )


def _rows(con: Any, spec: Spec) -> int:
    """Build `changed_rows`: what became of each key with one row."""
    stored = ", ".join(
        f"{'coalesce(n._key, w._key) AS _key' if name == '_key' else f'n.{quoted(name)}'}"
        for name in spec.stored
    )
    con.execute(
        "CREATE OR REPLACE TABLE changed_rows AS SELECT"
        " CASE WHEN w._key IS NULL THEN 'insert' WHEN n._key IS NULL THEN 'delete'"
        f" ELSE 'update' END AS _op, {stored}"
        " FROM (FROM now WHERE _alone) AS n FULL JOIN (FROM was WHERE _alone) AS w"
        " ON n._key = w._key WHERE n._raw_hash IS DISTINCT FROM w._raw_hash"
    )
    return int(only_row(con, "SELECT count(*) FROM changed_rows")[0])


def _odd(con: Any, spec: Spec) -> int:
    """Build `changed_odd`: how often each row without a key of its own stands there now."""
    names = [name for name in spec.stored if name != "_raw_hash"]
    stored = ", ".join(quoted(name) for name in names)
    any_of = ", ".join(f"any_value({quoted(name)}) AS {quoted(name)}" for name in names)
    con.execute(
        "CREATE OR REPLACE TABLE changed_odd AS SELECT _copies::INTEGER AS _copies,"
        f" {', '.join(quoted(name) for name in spec.stored)} FROM (SELECT _raw_hash, {any_of},"
        f" sum(_now) AS _copies, sum(_was) AS _were FROM (SELECT _raw_hash, {stored}, 1 AS _now,"
        f" 0 AS _was FROM now WHERE NOT _alone UNION ALL SELECT _raw_hash, {stored}, 0, 1 FROM was"
        " WHERE NOT _alone) GROUP BY _raw_hash) WHERE _copies <> _were"
    )
    return int(only_row(con, "SELECT count(*) FROM changed_odd")[0])


def _unread(con: Any) -> dict[str, int]:
    now, was = unread(con, "now"), unread(con, "was")
    return {name: now.get(name, 0) - was.get(name, 0) for name in {*now, *was}}
