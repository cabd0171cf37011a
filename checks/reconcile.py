"""Two prepared sides in, every difference out.

A full join on the key alone, carrying hashes, leaves the residue: rows that differ or stand alone.
Only the residue is compared field by field. Keys seen more than once take another road: they are
compared as multisets of whole normalised rows, so twice here and once there is never aligned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks.cells import (
    Counts,
    Names,
    carried,
    count_cells,
    find_residue,
    listed,
    look_closely,
    view_cells,
)
from checks.multiset import Cancelled, cancel_copies
from checks.prepare import Column, Counted, Side
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
    con.execute(f"DROP VIEW IF EXISTS {names.cells}")
    for table in (names.near, names.lone, *names.scratch):
        con.execute(f"DROP TABLE IF EXISTS {table}")
    con.execute(
        f"CREATE TABLE {names.again} AS SELECT DISTINCT _key FROM (SELECT _key"
        f" FROM {left.repeated_keys} UNION ALL SELECT _key FROM {right.repeated_keys})"
    )
    find_residue(con, left, right, compared, names)
    look_closely(con, left, right, compared, carry, names)
    view_cells(con, compared, carry, names)
    cancelled = cancel_copies(con, left, right, compared, carry, names)
    counts = count_cells(con, left, right, compared, names)
    _gather_lone(con, left, right, carry, names)
    totals = _totals(con, left, right, compared, cancelled, counts, names)
    for table in names.scratch:
        con.execute(f"DROP TABLE IF EXISTS {table}")
    return totals


def _gather_lone(con: Any, left: Side, right: Side, carry: Sequence[str], names: Names) -> None:
    parts = [
        f"SELECT side, 'duplicate_' || side AS kind, _key, _raw_hash, carry FROM {names.leftover}"
    ]
    for name, side in (("left", left), ("right", right)):
        letter, other = name[0], "right" if name == "left" else "left"
        kept = [f"{letter}_carry{at}" for at in range(len(carry))]
        parts.append(
            f"SELECT '{name}', 'only_{name}', _{name}_key, {letter}_raw_hash, {listed(kept)}"
            f" FROM {names.near} WHERE again = '' AND _{other}_key IS NULL"
        )
        parts.append(
            f"SELECT '{name}', 'null_key_{name}', _key, _raw_hash,"
            f" {listed(carried(side, carry, 's'))} FROM {side.null_rows} AS s"
        )
    con.execute(f"CREATE TABLE {names.lone} AS {' UNION ALL '.join(parts)}")


def _totals(
    con: Any,
    left: Side,
    right: Side,
    columns: Sequence[Column],
    cancelled: Cancelled,
    counts: Counts,
    names: Names,
) -> Totals:
    alone_left, alone_right = only_row(
        con,
        "SELECT count(*) FILTER (right_at IS NULL), count(*) FILTER (left_at IS NULL)"
        f" FROM {names.residue} WHERE again = ''",
    )
    sides = (_side_totals(con, left), _side_totals(con, right))
    only_left = alone_left + cancelled.only_left
    matched = sides[0].rows - sides[0].null_keys - only_left
    by_column = []
    for column, cells, more in zip(columns, counts.columns, cancelled.normalized, strict=True):
        normalized, within, null, different = cells[0] + more, *cells[1:]
        equal = matched - normalized - within - null - different
        by_column.append(ColumnTotals(column.name, equal, normalized, within, null, different))
    return Totals(
        *sides,
        matched=matched,
        mismatched=counts.mismatched,
        only_left=only_left,
        only_right=alone_right + cancelled.only_right,
        columns=tuple(by_column),
    )


def _side_totals(con: Any, side: Side) -> SideTotals:
    found = side.counted or _counted(con, side)
    unique = found.rows - found.null - found.copies
    return SideTotals(found.rows, unique + found.repeated, found.repeated, found.null)


def _counted(con: Any, side: Side) -> Counted:
    (rows,) = only_row(con, f"SELECT count(*) FROM {side.rows}")
    odd, null, repeated = only_row(
        con, f"SELECT count(*), count(*) - count(_key), count(DISTINCT _key) FROM {side.odd}"
    )
    return Counted(rows if side.mixed else rows + odd, null, repeated, odd - null)
