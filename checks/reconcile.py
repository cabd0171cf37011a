"""Two prepared sides in, every difference out.

A full join on the key alone, carrying hashes, leaves the residue: rows that differ or stand alone.
Only the residue is compared field by field. Keys seen more than once take another road: they are
compared as multisets of whole normalised rows, so twice here and once there is never aligned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checks.cells import Counts, Names, carried, cells_query, count_cells, listed
from checks.multiset import Cancelled, cancel_copies, no_copies
from checks.prepare import Column, Side
from checks.residue import count_soft, find_residue, look_closely
from checks.sql import only_row

# Rows a side that are joined at once, and keys drawn for each such slice to find where it ends.
SLICE = 2_000_000
DRAWN = 200


@dataclass(frozen=True)
class SideTotals:
    """Rows of one side. `keys` are the distinct non-null ones, repeated ones counted once."""

    rows: int
    keys: int
    duplicate_keys: int
    null_keys: int


@dataclass(frozen=True)
class ColumnTotals:
    """Cells of one column over all matched record pairs, by class."""

    name: str
    equal: int
    normalized: int
    within_tolerance: int
    null_vs_value: int
    different: int

    @property
    def aligned(self) -> int:
        return self.equal + self.normalized + self.within_tolerance

    @property
    def compared(self) -> int:
        return self.aligned + self.null_vs_value + self.different


@dataclass(frozen=True)
class Totals:
    """`matched` counts record pairs, cancelled copies included, and is `aligned + mismatched`.

    On each side `rows = matched + only + null_keys`.
    """

    left: SideTotals
    right: SideTotals
    matched: int
    mismatched: int
    only_left: int
    only_right: int
    columns: tuple[ColumnTotals, ...]

    @property
    def aligned(self) -> int:
        return self.matched - self.mismatched


def reconcile(
    con: Any,
    left: Side,
    right: Side,
    columns: Sequence[str],
    *,
    carry: Sequence[str] = (),
    into: str = "",
) -> Totals:
    """Compare the `columns` of two sides; both must know each of them under the same reader.

    Leaves in `con`, replacing older ones, a view and a table:

    `<into>cells`, one row per cell that is not aligned: `_key`, `field`, `place` (the column's
    place in `columns`), `class`, `left_value`, `right_value` (as shown), `left_canonical`,
    `right_canonical` (text or token), `left_fired`, `right_fired` (the normaliser changed the
    value), `left_carry`, `right_carry`.

    `<into>lone`, one row per row that no row of the other side answers: `side`, `kind`, `_key`,
    `_raw_hash`, `carry`.

    The carried lists hold the shown values of the columns named in `carry`, in that order; NULL
    where a side has no such column.
    """
    names = Names(into)
    compared = [left.spec.column(name) for name in columns]
    clear(con, names)
    (again,) = only_row(
        con,
        f"CREATE TABLE {names.again} AS SELECT DISTINCT _key FROM (SELECT _key FROM {left.odd}"
        f" UNION ALL SELECT _key FROM {right.odd}) WHERE _key IS NOT NULL",
    )
    sides = _counted(con, left), _counted(con, right)
    counts, soft = Counts.none(len(compared)), [0] * len(compared)
    slices = _slices(con, left, right, max(side.rows for side in sides))
    for place, within in enumerate(slices):
        find_residue(con, left, right, compared, within, names)
        look_closely(con, left, right, compared, carry, names)
        softly = count_soft(con, left, right, compared, within, names)
        soft = [one + other for one, other in zip(soft, softly, strict=True)]
        counts += take_in(con, compared, carry, names, first=place == 0)
    if again:
        cancelled = cancel_copies(con, left, right, compared, carry, names)
    else:
        cancelled = no_copies(con, compared, names)
    null = [
        f"SELECT '{name}', 'null_key_{name}', _key, _raw_hash,"
        f" {listed(carried(side.spec, carry, 's'))} FROM {side.odd} AS s WHERE _key IS NULL"
        for name, side in (("left", left), ("right", right))
    ]
    return finish(con, Found(*sides, counts, cancelled, tuple(soft), tuple(null)), compared, names)


def clear(con: Any, names: Names) -> None:
    """Drop what an earlier comparison under these names left."""
    con.execute(f"DROP VIEW IF EXISTS {names.cells}")
    for table in (names.near, names.kept, names.lone, *names.scratch):
        con.execute(f"DROP TABLE IF EXISTS {table}")


def _slices(con: Any, left: Side, right: Side, rows: int) -> Iterator[str]:
    """Conditions on `_key` that part all keys into slices of about `SLICE` rows, in key order.

    A slice's rows are joined in memory, and a sealed file, being in key order, is read in passing.
    Where keys crowd, slices are uneven, never wrong.
    """
    pieces = -(-rows // SLICE)
    if pieces < 2:
        yield "true"
        return
    drawn = con.execute(
        f"FROM (SELECT _key FROM {left.rows} UNION ALL SELECT _key FROM {right.rows})"
        f" USING SAMPLE reservoir({pieces * DRAWN} ROWS) REPEATABLE (1)"
    ).fetchall()
    # DuckDB orders texts by their bytes.
    keys = sorted((key for (key,) in drawn), key=str.encode)
    ends = (keys[at * len(keys) // pieces] for at in range(1, pieces) if keys)
    marks = list(dict.fromkeys(ends))
    low, high = (f"getvariable('duiqi_{end}')" for end in ("low", "high"))
    try:
        for start, end in zip([None, *marks], [*marks, None], strict=True):
            con.execute("SET VARIABLE duiqi_low = $1", [start])
            con.execute("SET VARIABLE duiqi_high = $1", [end])
            above = "true" if start is None else f"_key >= {low}"
            yield above if end is None else f"{above} AND _key < {high}"
    finally:
        con.execute("RESET VARIABLE duiqi_low")
        con.execute("RESET VARIABLE duiqi_high")


def take_in(
    con: Any, columns: Sequence[Column], carry: Sequence[str], names: Names, *, first: bool
) -> Counts:
    """Move what `near` holds on to `kept`, `lone` and `apart`, and count it. They are made by the
    `first` call and added to by others.

    `near` and the residue are gone afterwards, so that memory holds those of one slice at most.
    """
    counts = count_cells(con, columns, names)
    cells = cells_query(columns, carry, names)
    for table, query in ((names.kept, cells), *part(carry, names)):
        con.execute(f"CREATE TABLE {table} AS {query}" if first else f"INSERT INTO {table} {query}")
    if first:
        con.execute(f"CREATE VIEW {names.cells} AS FROM {names.kept}")
    con.execute(f"DROP TABLE {names.near}")
    con.execute(f"DROP TABLE {names.residue}")
    return counts


def part(carry: Sequence[str], names: Names) -> tuple[tuple[str, str], ...]:
    """The tables `lone` and `apart`, each with the query for what of `near` belongs there."""
    lone = []
    for name, other in (("left", "right"), ("right", "left")):
        kept = listed([f"{name[0]}_carry{at}" for at in range(len(carry))])
        lone.append(
            f"SELECT '{name}' AS side, 'only_{name}' AS kind, _{name}_key AS _key,"
            f" {name[0]}_raw_hash AS _raw_hash, {kept} AS carry"
            f" FROM {names.near} WHERE again = '' AND _{other}_key IS NULL"
        )
    apart = f"FROM {names.near} WHERE again <> ''"
    return (names.lone, " UNION ALL ".join(lone)), (names.apart, apart)


@dataclass(frozen=True)
class Found:
    """What is known once every row was looked at.

    `counts` is what `take_in` counted. `soft` counts, per column, cells written differently in
    pairs that were not in `near`; `null` are queries for the rows without a key.
    """

    left: SideTotals
    right: SideTotals
    counts: Counts
    cancelled: Cancelled
    soft: tuple[int, ...]
    null: tuple[str, ...]


def finish(con: Any, found: Found, columns: Sequence[Column], names: Names) -> Totals:
    """Complete `lone`, add up, and drop what is not needed any more."""
    left_over = (
        f"SELECT side, 'duplicate_' || side AS kind, _key, _raw_hash, carry FROM {names.leftover}"
    )
    con.execute(f"INSERT INTO {names.lone} {' UNION ALL '.join([left_over, *found.null])}")
    for table in names.scratch:
        con.execute(f"DROP TABLE IF EXISTS {table}")
    return _totals(found, columns)


def _totals(found: Found, columns: Sequence[Column]) -> Totals:
    counts = found.counts
    only_left = counts.left_alone + found.cancelled.only_left
    matched = found.left.rows - found.left.null_keys - only_left
    by_column = []
    for at, column in enumerate(columns):
        normalized, within, null, different = counts.columns[at]
        normalized += found.soft[at] + found.cancelled.normalized[at]
        equal = matched - normalized - within - null - different
        by_column.append(ColumnTotals(column.name, equal, normalized, within, null, different))
    return Totals(
        found.left,
        found.right,
        matched=matched,
        mismatched=counts.mismatched,
        only_left=only_left,
        only_right=counts.right_alone + found.cancelled.only_right,
        columns=tuple(by_column),
    )


def _counted(con: Any, side: Side) -> SideTotals:
    (rows,) = only_row(con, f"SELECT count(*) FROM {side.rows}")
    odd, null, repeated = only_row(
        con, f"SELECT count(*), count(*) - count(_key), count(DISTINCT _key) FROM {side.odd}"
    )
    return SideTotals(rows + odd, rows + repeated, repeated, null)
