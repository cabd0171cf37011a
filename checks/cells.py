"""The cells of rows that pair one to one: which pairs differ, and how each of their cells does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks import tolerance
from checks.prepare import Column, Side
from checks.sql import only_row, quoted

# A cell's class while it is being counted; from NULL_VS_VALUE up it is not aligned.
EQUAL, NORMALIZED, WITHIN, NULL_VS_VALUE, DIFFERENT = range(5)


@dataclass(frozen=True)
class Names:
    """The tables of one comparison, quoted, all of them beginning with `into`."""

    into: str = ""

    def _table(self, name: str) -> str:
        return quoted(f"{self.into}{name}")

    @property
    def cells(self) -> str:
        return self._table("cells")

    @property
    def lone(self) -> str:
        return self._table("lone")

    @property
    def again(self) -> str:
        """Keys seen more than once on either side."""
        return self._table("_again")

    @property
    def leftover(self) -> str:
        """Rows of such keys that no copy on the other side cancels."""
        return self._table("_leftover")

    @property
    def near_left(self) -> str:
        """The rows of the left that are looked at closely, all their columns."""
        return self._table("_near_left")

    @property
    def near_right(self) -> str:
        return self._table("_near_right")

    @property
    def residue(self) -> str:
        """Where rows lie that differ or stand alone."""
        return self._table("_residue")

    @property
    def wide(self) -> str:
        """Pairs with a difference, their cells classified, still one row a pair."""
        return self._table("_wide")

    @property
    def copies(self) -> str:
        return self._table("_copies")

    @property
    def cancelled(self) -> str:
        return self._table("_cancelled")

    @property
    def scratch(self) -> tuple[str, ...]:
        return (
            self.again,
            self.leftover,
            self.near_left,
            self.near_right,
            self.residue,
            self.wide,
            self.copies,
            self.cancelled,
        )


@dataclass(frozen=True)
class Counts:
    """Pairs with at least one cell not aligned; per column the cells by class from NORMALIZED."""

    mismatched: int
    columns: tuple[tuple[int, int, int, int], ...]


def carried(side: Side, carry: Sequence[str], relation: str) -> str:
    """SQL for the list of shown values that a finding carries along."""
    known = {c.name for c in side.spec.columns}
    values = [f"{relation}.{quoted(n)}" if n in known else "NULL" for n in carry]
    return f"CAST([{', '.join(values)}] AS VARCHAR[])"


def find_residue(
    con: Any, left: Side, right: Side, columns: Sequence[Column], names: Names
) -> None:
    """Full join on the key; keeps where the rows lie that differ or stand alone.

    `hard` pairs differ in a normalised value, the others only in how they are written.
    """
    beside = _beside_the_hash(left, right, columns)
    raw = ["_raw_hash"] if _soft_by_hash(left, right, columns) else []
    wanted = ["_key", "_norm_hash", *raw, *beside]
    sides = [
        f"(SELECT {side.locator} AS _at, {', '.join(wanted)} FROM {side.rows}"
        f" ANTI JOIN {names.again} USING (_key) WHERE _key IS NOT NULL) AS {alias}"
        for side, alias in ((left, "l"), (right, "r"))
    ]
    hard = _any_differs(["_norm_hash", *beside] if _hashes_meet(left, right) else beside)
    soft = f" OR {_any_differs(raw)}" if raw else ""
    con.execute(
        f"CREATE TABLE {names.residue} AS SELECT l._at AS left_at, r._at AS right_at,"
        f" l._at IS NOT NULL AND r._at IS NOT NULL AND ({hard}) AS hard"
        f" FROM {sides[0]} FULL JOIN {sides[1]} ON l._key = r._key"
        f" WHERE l._at IS NULL OR r._at IS NULL OR {hard}{soft}"
    )


def gather(con: Any, left: Side, right: Side, names: Names) -> None:
    """Copy what has to be looked at closely, in one scan a side: pairs that differ, rows that
    stand alone, and the rows of repeated keys."""
    for name, near, side in (("left", names.near_left, left), ("right", names.near_right, right)):
        other = "right" if name == "left" else "left"
        con.execute(
            f"CREATE TABLE {near} AS SELECT s.{side.locator} AS _row, s.* FROM {side.rows} AS s"
            f" JOIN (SELECT {name}_at AS _row FROM {names.residue} WHERE {name}_at IS NOT NULL"
            f" AND (hard OR {other}_at IS NULL) UNION ALL SELECT {side.locator} FROM {side.rows}"
            f" SEMI JOIN {names.again} USING (_key)) AS w ON s.{side.locator} = w._row"
        )


def classify(
    con: Any,
    left: Side,
    right: Side,
    columns: Sequence[Column],
    carry: Sequence[str],
    names: Names,
) -> Counts:
    """Classify the cells of the residue; leaves the `cells` table."""
    tolerance.install(con, columns)
    con.execute(
        f"CREATE TABLE {names.wide} AS SELECT l._key AS _key,"
        f" {carried(left, carry, 'l')} AS _left_carry, {carried(right, carry, 'r')} AS _right_carry"
        f"{''.join(_cell(place, column) for place, column in enumerate(columns))}"
        f" FROM {names.residue} AS x JOIN {names.near_left} AS l ON l._row = x.left_at"
        f" JOIN {names.near_right} AS r ON r._row = x.right_at WHERE x.hard"
    )
    con.execute(f"CREATE TABLE {names.cells} AS {_unpivoted(columns, names)}")
    return _counted(con, left, right, columns, names)


def _hashes_meet(left: Side, right: Side) -> bool:
    return bool(left.spec.hashed) and set(left.spec.hashed) == set(right.spec.hashed)


def _beside_the_hash(left: Side, right: Side, columns: Sequence[Column]) -> list[str]:
    """Compared columns that the normalised hash says nothing about."""
    covered = set(left.spec.hashed) if _hashes_meet(left, right) else set()
    return [quoted(c.canonical) for c in columns if c.name not in covered]


def _soft_by_hash(left: Side, right: Side, columns: Sequence[Column]) -> bool:
    """Whether equal raw hashes prove that no cell was made equal by its normaliser."""
    covers = left.spec.raw_covers
    read = {c.name for c in columns if c.reader}
    return bool(read) and covers == right.spec.raw_covers and read <= covers


def _any_differs(names: Sequence[str]) -> str:
    tests = [f"l.{name} IS DISTINCT FROM r.{name}" for name in names]
    return f"({' OR '.join(tests)})" if tests else "false"


def _cell(place: int, column: Column) -> str:
    """The columns of one cell in the wide table: class, both shown values, both canonical ones."""
    left, right = f"l.{quoted(column.canonical)}", f"r.{quoted(column.canonical)}"
    raw = f"l.{quoted(column.raw)} IS NOT DISTINCT FROM r.{quoted(column.raw)}"
    within = tolerance.condition(column, left, right)
    read = f" WHEN {left} IS NOT DISTINCT FROM {right} THEN {NORMALIZED}" if column.reader else ""
    code = (
        f"CASE WHEN {raw} THEN {EQUAL}{read}"
        f" WHEN ({left} IS NULL) <> ({right} IS NULL) THEN {NULL_VS_VALUE}"
        f"{f' WHEN {within} THEN {WITHIN}' if within else ''} ELSE {DIFFERENT} END"
    )
    parts = [f", CAST({code} AS UTINYINT) AS k{place}"]
    for side in "lr":
        parts.append(f", {side}.{quoted(column.shown)} AS {side}{place}")
        if column.canonical != column.shown:
            fired = f"{side}.{quoted(column.raw)} <> {side}.{quoted(column.canonical)}"
            parts.append(f", {side}.{quoted(column.canonical)} AS {side}c{place}")
            parts.append(f", coalesce({fired}, false) AS {side}f{place}")
    return "".join(parts)


def _unpivoted(columns: Sequence[Column], names: Names) -> str:
    queries = [
        "SELECT CAST(NULL AS VARCHAR) AS _key, NULL AS field, 0 AS place, NULL AS class,"
        " NULL AS left_value, NULL AS right_value, NULL AS left_canonical, NULL AS right_canonical,"
        " false AS left_fired, false AS right_fired, CAST(NULL AS VARCHAR[]) AS left_carry,"
        " CAST(NULL AS VARCHAR[]) AS right_carry WHERE false"
    ]
    for place, column in enumerate(columns):
        apart = column.canonical != column.shown
        canonical = [f"{s}c{place}" if apart else f"{s}{place}" for s in "lr"]
        fired = [f"{s}f{place}" if apart else "false" for s in "lr"]
        name = column.name.replace("'", "''")
        queries.append(
            f"SELECT _key, '{name}', {place}, CASE k{place} WHEN {NULL_VS_VALUE}"
            f" THEN 'null_vs_value' ELSE 'different' END, l{place}, r{place},"
            f" {', '.join(canonical)}, {', '.join(fired)}, _left_carry, _right_carry"
            f" FROM {names.wide} WHERE k{place} >= {NULL_VS_VALUE}"
        )
    return " UNION ALL ".join(queries)


def _counted(con: Any, left: Side, right: Side, columns: Sequence[Column], names: Names) -> Counts:
    if not columns:
        return Counts(0, ())
    codes = [f"k{place}" for place in range(len(columns))]
    classes = (NORMALIZED, WITHIN, NULL_VS_VALUE, DIFFERENT)
    counts = [f"count(*) FILTER ({code} = {c})" for code in codes for c in classes]
    worst = f"greatest({', '.join(codes)})"
    mismatched, *cells = only_row(
        con,
        f"SELECT count(*) FILTER ({worst} >= {NULL_VS_VALUE}), {', '.join(counts)}"
        f" FROM {names.wide}",
    )
    soft = _soft(con, left, right, columns, names)
    return Counts(
        mismatched,
        tuple(
            (cells[4 * n] + soft[n], cells[4 * n + 1], cells[4 * n + 2], cells[4 * n + 3])
            for n in range(len(columns))
        ),
    )


def _soft(con: Any, left: Side, right: Side, columns: Sequence[Column], names: Names) -> list[int]:
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
            f"{left.rows} AS l JOIN {right.rows} AS r ON l._key = r._key"
            f" ANTI JOIN {names.again} AS g ON g._key = l._key"
            f" ANTI JOIN (SELECT left_at FROM {names.residue} WHERE hard) AS h"
            f" ON h.left_at = l.{left.locator}"
        )
    row = only_row(con, f"SELECT {counts} FROM {pairs}")
    found = {c.name: n for c, n in zip(read, row, strict=True)}
    return [found.get(c.name, 0) for c in columns]
