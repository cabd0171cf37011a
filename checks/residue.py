"""The rows of two sealed sides that have to be looked at: their hashes say which those are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checks import tolerance
from checks.cells import Names, any_differs, near
from checks.prepare import Column, Side
from checks.sql import only_row, quoted


def find_residue(
    con: Any, left: Side, right: Side, columns: Sequence[Column], within: str, names: Names
) -> None:
    """Full join on the key; keeps where the rows lie that differ or stand alone.

    `within` is SQL for which keys are looked at. `hard` pairs differ in a normalised value, pairs
    that are not only in how they are written.
    Rows of repeated keys are kept besides, each alone, with the side in `again`.
    """
    others = _beside_the_hash(left, right, columns)
    beside = [quoted(c.canonical) for c in others]
    raw = ["_raw_hash"] if _soft_by_hash(left, right, columns) else []
    compared = (f"{c.compared()} AS {quoted(c.canonical)}" for c in others)
    wanted = ["_key", "_norm_hash", *raw, *compared]
    sides = [
        f"(SELECT s.*, g._key IS NOT NULL AS _apart, CASE WHEN g._key IS NULL THEN s._key END"
        f" AS _join FROM (SELECT {side.locator} AS _at, {', '.join(wanted)} FROM {side.rows}"
        f" WHERE {within}) AS s LEFT JOIN {names.again} AS g ON s._key = g._key) AS {alias}"
        for side, alias in ((left, "l"), (right, "r"))
    ]
    hard = any_differs(["_norm_hash", *beside] if _hashes_meet(left, right) else beside)
    soft = f" OR {any_differs(raw)}" if raw else ""
    # A row of a repeated key has nothing to join on, and so stands alone.
    con.execute(
        f"CREATE TABLE {names.residue} AS SELECT l._at AS left_at, r._at AS right_at,"
        f" l._at IS NOT NULL AND r._at IS NOT NULL AND ({hard}) AS hard,"
        " CASE WHEN l._apart THEN 'left' WHEN r._apart THEN 'right' ELSE '' END AS again"
        f" FROM {sides[0]} FULL JOIN {sides[1]} ON l._join = r._join"
        f" WHERE l._at IS NULL OR r._at IS NULL OR {hard}{soft}"
    )


def look_closely(
    con: Any,
    left: Side,
    right: Side,
    columns: Sequence[Column],
    carry: Sequence[str],
    names: Names,
) -> None:
    """Fetch the rows of the residue into `near`, all that is needed of them in one scan a side."""
    tolerance.install(con, columns)
    wanted = near(left.spec, right.spec, columns, carry)
    con.execute(
        f"CREATE TABLE {names.near} AS SELECT {', '.join(wanted.outer)}"
        f" FROM (SELECT x.hard AS hard, x.again AS again, {', '.join(wanted.inner)}"
        f" FROM (SELECT * FROM {names.residue} WHERE hard OR left_at IS NULL OR right_at IS NULL)"
        f" AS x LEFT JOIN {left.rows} AS l ON l.{left.locator} = x.left_at"
        f" LEFT JOIN {right.rows} AS r ON r.{right.locator} = x.right_at)"
    )


def _hashes_meet(left: Side, right: Side) -> bool:
    keyed = left.spec.secret is not None and right.spec.secret is not None
    return keyed and set(left.spec.hashed) == set(right.spec.hashed)


def _beside_the_hash(left: Side, right: Side, columns: Sequence[Column]) -> list[Column]:
    """Compared columns that the normalised hash says nothing about."""
    covered = set(left.spec.hashed) if _hashes_meet(left, right) else set()
    return [c for c in columns if c.name not in covered]


def _soft_by_hash(left: Side, right: Side, columns: Sequence[Column]) -> bool:
    """Whether equal raw hashes prove that no cell was made equal by its normaliser."""
    if left.spec.secret is None or right.spec.secret is None:
        return False
    known = [{c.name for c in side.spec.columns} for side in (left, right)]
    return known[0] == known[1] and any(c.reader for c in columns)


def count_soft(
    con: Any, left: Side, right: Side, columns: Sequence[Column], within: str, names: Names
) -> list[int]:
    """Per column, the cells written differently in pairs that agree once normalised."""
    read = [c for c in columns if c.reader]
    if not read:
        return [0] * len(columns)
    counts = ", ".join(
        f"count(*) FILTER (l.{quoted(c.raw)} IS DISTINCT FROM r.{quoted(c.raw)})" for c in read
    )
    if _soft_by_hash(left, right, columns):
        pairs = (
            f"{names.residue} AS x JOIN {left.rows} AS l ON l.{left.locator} = x.left_at"
            f" JOIN {right.rows} AS r ON r.{right.locator} = x.right_at WHERE NOT x.hard"
        )
    else:
        pairs = (
            # What a subquery does not select is not there, the row's place among it.
            f"(SELECT *, {left.locator} AS located FROM {left.rows} WHERE {within}) AS l"
            f" JOIN {right.rows} AS r ON l._key = r._key"
            f" ANTI JOIN {names.again} AS g ON g._key = l._key"
            f" ANTI JOIN (SELECT left_at FROM {names.residue} WHERE hard) AS h"
            " ON h.left_at = l.located"
        )
    row = only_row(con, f"SELECT {counts} FROM {pairs}")
    found = {c.name: n for c, n in zip(read, row, strict=True)}
    return [found.get(c.name, 0) for c in columns]
