"""Two landed sides compared in one statement, exactly, without preparing tables first.

For a comparison of which nothing is kept. Where rows are sealed and compared again and again,
`prepare` and `reconcile` do the work per value only once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks import tolerance
from checks.cells import Names, any_differs, listed, near
from checks.multiset import cancel_copies
from checks.normalisers import install
from checks.prepare import Spec, prepared_query
from checks.reconcile import Found, SideTotals, Totals, clear, finish
from checks.sql import only_row, quoted


@dataclass(frozen=True)
class AtOnce:
    """`unread` are, per side, the columns with values their normaliser could not read."""

    totals: Totals
    unread_left: dict[str, int]
    unread_right: dict[str, int]


def reconcile_at_once(
    con: Any,
    left: str,
    right: str,
    spec: Spec,
    columns: Sequence[str],
    *,
    carry: Sequence[str] = (),
    into: str = "",
) -> AtOnce:
    """Compare the `columns` of two relations of text, which may be read twice.

    Leaves what `reconcile` leaves. Raises CodedError for an unknown normaliser and what DuckDB
    raises for a relation that cannot be read; then nothing is left.
    """
    names = Names(into)
    compared = [spec.column(name) for name in columns]
    clear(con, names)
    install(con, {c.reader for c in spec.columns if c.reader}, spec.zone)
    tolerance.install(con, compared)
    con.execute(f"CREATE TABLE {names.near} AS {_statement(left, right, spec, columns, carry)}")
    cancelled = cancel_copies(con, None, None, compared, carry, names)
    sides, unread, null = [], [], []
    for side in ("left", "right"):
        counted, cells = _counted(con, side, spec, names)
        sides.append(counted)
        unread.append(cells)
        kept = listed([f"{side[0]}_carry{at}" for at in range(len(carry))])
        null.append(
            f"SELECT '{side}', 'null_key_{side}', NULL, {side[0]}_raw_hash, {kept}"
            f" FROM {names.near} WHERE again = 'null_{side}'"
        )
    found = Found(sides[0], sides[1], cancelled, (0,) * len(compared), tuple(null))
    return AtOnce(finish(con, found, compared, carry, names), unread[0], unread[1])


def _statement(
    left: str, right: str, spec: Spec, columns: Sequence[str], carry: Sequence[str]
) -> str:
    """A row without a key or with a repeated one gets no key to join on, and so stands alone."""
    compared = [spec.column(name) for name in columns]
    wanted = near(spec, spec, compared, carry)
    hard = any_differs([quoted(c.canonical) for c in compared])
    raw = any_differs([quoted(c.raw) for c in compared])
    repeated = " UNION ".join(
        f"SELECT _key FROM {side}_keys WHERE copies > 1 AND _key IS NOT NULL"
        for side in ("left", "right")
    )
    joined = [
        f"(SELECT s.*, a._key IS NOT NULL AS _again, CASE WHEN a._key IS NULL THEN s._key END"
        f" AS _join FROM {side} AS s LEFT JOIN again AS a ON s._key = a._key) AS {letter}"
        for side, letter in (("left_side", "l"), ("right_side", "r"))
    ]
    apart = [
        f"CASE WHEN {letter}._key IS NULL THEN 'null_{side}' WHEN {letter}._again THEN '{side}'"
        " ELSE '' END"
        for side, letter in (("left", "l"), ("right", "r"))
    ]
    return (
        f"WITH {_side('left', left, spec)}, {_side('right', right, spec)},"
        f" again AS MATERIALIZED ({repeated})"
        f" SELECT {', '.join(wanted.outer)} FROM (SELECT {', '.join(wanted.inner)},"
        f" l._again IS NOT NULL AND r._again IS NOT NULL AND {hard} AS hard,"
        f" CASE WHEN r._again IS NULL THEN {apart[0]} WHEN l._again IS NULL THEN {apart[1]}"
        f" ELSE '' END AS again FROM {joined[0]} FULL JOIN {joined[1]} ON l._join = r._join"
        f" WHERE l._again IS NULL OR r._again IS NULL OR {raw})"
        f"{_tally('left', spec)}{_tally('right', spec)}"
    )


def _side(name: str, relation: str, spec: Spec) -> str:
    """The rows of a side and its keys with how often each is there.

    Reading a file a second time, for the key alone, costs less than keeping all rows of it;
    normalising them a second time does not.
    """
    kept = "MATERIALIZED" if any(c.reader for c in spec.columns) else "NOT MATERIALIZED"
    return (
        f"{name}_side AS {kept} ({prepared_query(relation, spec)}),"
        f" {name}_keys AS MATERIALIZED (SELECT _key, count(*) AS copies FROM {name}_side"
        " GROUP BY _key)"
    )


def _tally(side: str, spec: Spec) -> str:
    """One more row with the counts that need a look at every row of a side."""
    unread = [f"count(*) FILTER ({quoted(c.name + '__u')})" for c in spec.columns if c.reader]
    cells = f", (SELECT concat_ws(',', {', '.join(unread)}) FROM {side}_side)" if unread else ""
    return (
        f" UNION ALL BY NAME SELECT false AS hard, 'tally_{side}' AS again, concat_ws(',',"
        f" coalesce(sum(copies), 0){cells}) AS _left_key FROM {side}_keys"
    )


def _counted(con: Any, side: str, spec: Spec, names: Names) -> tuple[SideTotals, dict[str, int]]:
    (tally,) = only_row(con, f"SELECT _left_key FROM {names.near} WHERE again = 'tally_{side}'")
    rows, *cells = map(int, tally.split(","))
    (null,) = only_row(con, f"SELECT count(*) FROM {names.near} WHERE again = 'null_{side}'")
    keys, repeated, copies = only_row(
        con,
        "SELECT count(*), count(*) FILTER (copies > 1), coalesce(sum(copies), 0)"
        f" FROM (SELECT count(*) AS copies FROM {names.near} WHERE again = '{side}'"
        f" GROUP BY _{side}_key)",
    )
    read = [c.name for c in spec.columns if c.reader]
    unread = {name: n for name, n in zip(read, cells, strict=True) if n}
    return SideTotals(rows, rows - null - int(copies) + keys, repeated, null), unread
