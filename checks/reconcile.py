"""Two prepared sides in, every difference out.

A full join on the key alone, carrying hashes, leaves the residue: rows that differ or stand alone.
Only the residue is compared field by field. Keys seen more than once take another road: they are
compared as multisets of whole normalised rows, so twice here and once there is never aligned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks.cells import Counts, Names, carried, count_cells, listed, view_cells
from checks.multiset import Cancelled, cancel_copies, no_copies
from checks.prepare import Column, Side
from checks.residue import count_soft, find_residue, look_closely
from checks.sql import only_row


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
    find_residue(con, left, right, compared, names)
    look_closely(con, left, right, compared, carry, names)
    soft = count_soft(con, left, right, compared, names)
    if again:
        cancelled = cancel_copies(con, left, right, compared, carry, names)
    else:
        cancelled = no_copies(con, compared, names)
    null = [
        f"SELECT '{name}', 'null_key_{name}', _key, _raw_hash,"
        f" {listed(carried(side.spec, carry, 's'))} FROM {side.odd} AS s WHERE _key IS NULL"
        for name, side in (("left", left), ("right", right))
    ]
    sides = _counted(con, left), _counted(con, right)
    return finish(con, Found(*sides, cancelled, tuple(soft), tuple(null)), compared, carry, names)


def clear(con: Any, names: Names) -> None:
    """Drop what an earlier comparison under these names left."""
    con.execute(f"DROP VIEW IF EXISTS {names.cells}")
    for table in (names.near, names.lone, *names.scratch):
        con.execute(f"DROP TABLE IF EXISTS {table}")


@dataclass(frozen=True)
class Found:
    """What is known once the rows are in `near`.

    `soft` counts, per column, cells written differently in pairs that are not in `near`; `null`
    are queries for the rows without a key.
    """

    left: SideTotals
    right: SideTotals
    cancelled: Cancelled
    soft: tuple[int, ...]
    null: tuple[str, ...]


def finish(
    con: Any, found: Found, columns: Sequence[Column], carry: Sequence[str], names: Names
) -> Totals:
    """From `near` to `cells`, `lone` and the totals."""
    view_cells(con, columns, carry, names)
    counts = count_cells(con, columns, names)
    _gather_lone(con, found.null, carry, names)
    totals = _totals(con, found, columns, counts, names)
    for table in names.scratch:
        con.execute(f"DROP TABLE IF EXISTS {table}")
    return totals


def _gather_lone(con: Any, null: Sequence[str], carry: Sequence[str], names: Names) -> None:
    parts = [
        f"SELECT side, 'duplicate_' || side AS kind, _key, _raw_hash, carry FROM {names.leftover}"
    ]
    for name, other in (("left", "right"), ("right", "left")):
        kept = [f"{name[0]}_carry{at}" for at in range(len(carry))]
        parts.append(
            f"SELECT '{name}', 'only_{name}', _{name}_key, {name[0]}_raw_hash, {listed(kept)}"
            f" FROM {names.near} WHERE again = '' AND _{other}_key IS NULL"
        )
    con.execute(f"CREATE TABLE {names.lone} AS {' UNION ALL '.join([*parts, *null])}")


def _totals(
    con: Any, found: Found, columns: Sequence[Column], counts: Counts, names: Names
) -> Totals:
    alone_left, alone_right = only_row(
        con,
        "SELECT count(*) FILTER (_right_key IS NULL), count(*) FILTER (_left_key IS NULL)"
        f" FROM {names.near} WHERE again = ''",
    )
    only_left = alone_left + found.cancelled.only_left
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
        only_right=alone_right + found.cancelled.only_right,
        columns=tuple(by_column),
    )


def _counted(con: Any, side: Side) -> SideTotals:
    (rows,) = only_row(con, f"SELECT count(*) FROM {side.rows}")
    odd, null, repeated = only_row(
        con, f"SELECT count(*), count(*) - count(_key), count(DISTINCT _key) FROM {side.odd}"
    )
    return SideTotals(rows + odd, rows + repeated, repeated, null)
