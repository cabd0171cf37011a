"""How records stood at an earlier look, in the words of today's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks.direction import agree
from checks.prepare import Column, Side, Spec, prepare
from checks.sql import quoted
from governance.runs.bridge import Bridge, How, Now, Then

ASKED = "finding_id VARCHAR, record_key VARCHAR, field VARCHAR, kind VARCHAR"
WERE = (
    "finding_id VARCHAR, left_there BOOLEAN, right_there BOOLEAN, repeated BOOLEAN,"
    " left_value VARCHAR, right_value VARCHAR, left_canonical VARCHAR, right_canonical VARCHAR,"
    " agree BOOLEAN"
)

_ROWS = """
INSERT INTO {into} SELECT a.finding_id, l._key IS NOT NULL, r._key IS NOT NULL,
    coalesce(l.odd, false) OR coalesce(r.odd, false), NULL, NULL, NULL, NULL,
    l._key IS NOT NULL AND r._key IS NOT NULL
        AND CASE a.kind WHEN 'only_left' THEN $right ELSE $left END
FROM asked AS a LEFT JOIN then_left_keys AS l ON l._key = a.record_key
LEFT JOIN then_right_keys AS r ON r._key = a.record_key WHERE a.field IS NULL
"""

_CELLS = """
INSERT INTO {into} SELECT a.finding_id, l._key IS NOT NULL, r._key IS NOT NULL,
    coalesce(lk.odd, false) OR coalesce(rk.odd, false), {shown}, {canonical},
    l._key IS NOT NULL AND r._key IS NOT NULL AND {agree}
FROM asked AS a LEFT JOIN {left} AS l ON l._key = a.record_key
LEFT JOIN {right} AS r ON r._key = a.record_key
LEFT JOIN then_left_keys AS lk ON lk._key = a.record_key
LEFT JOIN then_right_keys AS rk ON rk._key = a.record_key WHERE a.field = $field
"""


@dataclass(frozen=True)
class _Laid:
    """One side of then under the keys asked for: `rows` as sealed then, `again` with the fields
    that had to be read again."""

    side: Side
    rows: str
    again: str


def values_then(con: Any, bridge: Bridge, now: tuple[Now, Now], into: str) -> None:
    """Add to the table `into` (columns `WERE`) how the records of the findings in the table
    `asked` (columns `ASKED`) stood at the look of `bridge`.

    What cannot be said of a field is left out. The bridge must be readable.
    """
    assert bridge.left is not None
    assert bridge.right is not None
    fields = [
        name
        for (name,) in con.execute(
            "SELECT DISTINCT field FROM asked WHERE field IS NOT NULL ORDER BY field"
        ).fetchall()
    ]
    con.execute(
        "CREATE OR REPLACE TABLE asked_keys AS SELECT DISTINCT record_key AS _key FROM asked"
    )
    spec = now[0].side.spec
    anew = [spec.column(name) for name in fields if bridge.of(name) is How.REREAD]
    left, right = (
        _lay_out(con, name, then, own.side.spec, bridge, anew)
        for name, then, own in (("left", bridge.left, now[0]), ("right", bridge.right, now[1]))
    )
    con.execute(_ROWS.format(into=into), {"left": bridge.rows[0], "right": bridge.rows[1]})
    for name in fields:
        how = bridge.of(name)
        if how in (How.KEPT, How.REREAD):
            con.execute(_cells(spec.column(name), how, left, right, into), {"field": name})


def _cells(column: Column, how: How, left: _Laid, right: _Laid, into: str) -> str:
    sides = [("l", left), ("r", right)]
    if how is How.REREAD:
        read = [(alias, laid.again, column) for alias, laid in sides]
    else:
        read = [(a, laid.rows, laid.side.spec.column(column.name)) for a, laid in sides]
    shown = ", ".join(f"{alias}.{quoted(was.shown)}" for alias, _, was in read)
    compared = [was.compared(f"{alias}.") for alias, _, was in read]
    return _CELLS.format(
        into=into,
        shown=shown,
        canonical=", ".join(compared),
        agree=agree(column, *compared),
        left=read[0][1],
        right=read[1][1],
    )


def _lay_out(
    con: Any, name: str, then: Then, spec: Spec, bridge: Bridge, anew: Sequence[Column]
) -> _Laid:
    side, rows, keys = then.side, f"then_{name}", f"then_{name}_keys"
    if bridge.key is How.REREAD:
        _by_new_keys(con, side, spec, rows, keys)
    else:
        con.execute(f"CREATE OR REPLACE TABLE {rows} AS {side.under('asked_keys')}")
        con.execute(
            f"CREATE OR REPLACE TABLE {keys} AS SELECT _key, false AS odd FROM {rows}"
            f" UNION ALL SELECT DISTINCT _key, true FROM {side.odd} AS o SEMI JOIN asked_keys"
            " USING (_key)"
        )
    if not anew:
        return _Laid(side, rows, rows)
    raw = ", ".join(quoted(column.name) for column in anew)
    query = f"SELECT _key AS _at, {raw} FROM {rows}"
    return _Laid(side, rows, reread(con, query, anew, spec, f"again_{name}_"))


def _by_new_keys(con: Any, side: Side, spec: Spec, rows: str, keys: str) -> None:
    """The rows of then under the keys they have by today's rules."""
    every = f"(FROM {side.rows} UNION ALL BY NAME FROM {side.odd})"
    raw = ", ".join(quoted(name) for name in spec.key)
    con.execute(
        f"CREATE OR REPLACE TABLE rekeyed_landed AS"
        f" SELECT CAST(_raw_hash AS VARCHAR) AS _at, {raw} FROM {every}"
    )
    columns = (Column("_at"), *(spec.column(name) for name in spec.key))
    own = Spec(columns, spec.key, (), spec.zone, spec.secret)
    made = prepare(con, "rekeyed_landed", "rekeyed_", own)
    con.execute(
        f"CREATE OR REPLACE TABLE {keys} AS SELECT _key, false AS odd FROM {quoted(made.rows)}"
        " SEMI JOIN asked_keys USING (_key) UNION ALL"
        f" SELECT DISTINCT _key, true FROM {quoted(made.odd)} SEMI JOIN asked_keys USING (_key)"
    )
    con.execute(
        f"CREATE OR REPLACE TABLE {rows} AS SELECT k._key AS _key, e.* EXCLUDE (_key)"
        f" FROM {every} AS e JOIN {quoted(made.rows)} AS k ON k._at = CAST(e._raw_hash AS VARCHAR)"
        " SEMI JOIN asked_keys AS a ON a._key = k._key"
    )


def reread(con: Any, query: str, columns: Sequence[Column], spec: Spec, into: str) -> str:
    """Read texts again by the rules of `columns`: `query` gives `_at` (unique) and, under the
    columns' names, what a source once said. Returns a relation with `_key` for `_at` and the
    columns as they are stored by the zone and secret of `spec`."""
    con.execute(f"CREATE OR REPLACE TABLE {into}landed AS {query}")
    own = Spec((Column("_at"), *columns), ("_at",), (), spec.zone, spec.secret)
    return quoted(prepare(con, f"{into}landed", into, own).rows)
