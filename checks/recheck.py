"""Compare again only the keys that were touched since two sides were last compared whole.

Everything that `reconcile` counts is a sum over keys. So what the touched keys counted before is
taken off the last totals, what they count now is put in its place, and the result is that of a
whole comparison at the price of the change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from operator import add, sub
from typing import Any, TypeVar

from checks.prepare import Side
from checks.reconcile import ColumnTotals, SideTotals, Totals, reconcile
from checks.sql import only_row, quoted

C = TypeVar("C", SideTotals, ColumnTotals)
How = Callable[[int, int], int]


@dataclass(frozen=True)
class Before:
    """Two sides as they were when `totals` was counted over them."""

    left: Side
    right: Side
    totals: Totals


def recheck(
    con: Any,
    left: Side,
    right: Side,
    before: Before,
    touched: str,
    columns: Sequence[str],
    *,
    carry: Sequence[str] = (),
) -> Totals:
    """The totals of `left` and `right`; leaves `cells` and `lone` of the touched keys alone.

    `touched` names a table of every `_key` that a row came to, left or changed under on either
    side since `before`, with a NULL if a row without a key did.
    """
    now = _narrowed(con, left, right, touched, "now")
    if not is_any(con, touched):
        reconcile(con, *now, columns, carry=carry)
        return before.totals
    was = _narrowed(con, before.left, before.right, touched, "was")
    old = reconcile(con, *was, columns, carry=carry, into="was_")
    new = reconcile(con, *now, columns, carry=carry)
    return _combined(_combined(before.totals, old, sub), new, add)


def is_any(con: Any, touched: str) -> bool:
    """Whether a key was touched; where none was, `recheck` does not look at what was before."""
    return bool(only_row(con, f"SELECT count(*) FROM {touched}")[0])


def _narrowed(con: Any, left: Side, right: Side, touched: str, name: str) -> tuple[Side, Side]:
    """The touched keys of both sides, in tables of their own."""
    sides = []
    for which, side in (("left", left), ("right", right)):
        rows, odd = quoted(f"{name}_{which}_rows"), quoted(f"{name}_{which}_odd")
        con.execute(f"CREATE OR REPLACE TABLE {rows} AS {side.under(touched)}")
        con.execute(
            f"CREATE OR REPLACE TABLE {odd} AS SELECT * FROM {side.odd} AS o"
            f" WHERE EXISTS (FROM {touched} AS t WHERE t._key IS NOT DISTINCT FROM o._key)"
        )
        sides.append(Side(rows, odd, side.spec, "_key"))
    return sides[0], sides[1]


def _combined(one: Totals, other: Totals, how: How) -> Totals:
    return Totals(
        _each(one.left, other.left, how),
        _each(one.right, other.right, how),
        matched=how(one.matched, other.matched),
        mismatched=how(one.mismatched, other.mismatched),
        only_left=how(one.only_left, other.only_left),
        only_right=how(one.only_right, other.only_right),
        columns=tuple(_each(a, b, how) for a, b in zip(one.columns, other.columns, strict=True)),
    )


def _each(one: C, other: C, how: How) -> C:
    """Number by number; the name of a column stays."""
    numbers: dict[str, Any] = {
        f.name: how(getattr(one, f.name), getattr(other, f.name))
        for f in fields(one)
        if f.name != "name"
    }
    return replace(one, **numbers)
