"""The cells of rows that pair one to one: which pairs differ, and how each of their cells does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from checks import tolerance
from checks.prepare import Column, Side
from checks.sql import only_row, quoted

# A cell's class while it is being counted; from NULL_VS_VALUE up it is not aligned.
EQUAL, NORMALIZED, WITHIN, NULL_VS_VALUE, DIFFERENT = range(5)

Part = Literal["shown", "raw", "canonical"]


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
    def residue(self) -> str:
        """Where rows lie that differ, stand alone, or have a repeated key."""
        return self._table("_residue")

    @property
    def near(self) -> str:
        """Those rows themselves, side by side, their cells classified."""
        return self._table("_near")

    @property
    def copies(self) -> str:
        """Rows of repeated keys."""
        return self._table("_copies")

    @property
    def cancelled(self) -> str:
        """Pairs of copies that cancel out."""
        return self._table("_cancelled")

    @property
    def leftover(self) -> str:
        """Copies that nothing on the other side cancels."""
        return self._table("_leftover")

    @property
    def scratch(self) -> tuple[str, ...]:
        """Not needed once the comparison is done; `near` is, for `cells` is a view of it."""
        return (self.again, self.leftover, self.residue, self.copies, self.cancelled)


@dataclass(frozen=True)
class Counts:
    """Pairs with at least one cell not aligned; per column the cells by class from NORMALIZED."""

    mismatched: int
    columns: tuple[tuple[int, int, int, int], ...]


def slot(side: str, place: int, column: Column, part: Part) -> str:
    """The column of `near` that holds a part of a cell; parts that are the same share one."""
    names = {"shown": column.shown, "raw": column.raw, "canonical": column.canonical}
    first = next(p for p in names if names[p] == names[part])
    return f"{side}{place}_{first}"


def carried(side: Side, carry: Sequence[str], relation: str) -> list[str]:
    """SQL for each of the shown values that a finding carries along."""
    known = {c.name for c in side.spec.columns}
    return [f"{relation}.{quoted(n)}" if n in known else "CAST(NULL AS VARCHAR)" for n in carry]


def listed(values: Sequence[str]) -> str:
    return f"CAST([{', '.join(values)}] AS VARCHAR[])"


def find_residue(
    con: Any, left: Side, right: Side, columns: Sequence[Column], names: Names
) -> None:
    """Full join on the key; keeps where the rows lie that differ or stand alone.

    `hard` pairs differ in a normalised value, pairs that are not only in how they are written.
    Rows of repeated keys are kept besides, each alone, with the side in `again`.
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
        f" l._at IS NOT NULL AND r._at IS NOT NULL AND ({hard}) AS hard, '' AS again"
        f" FROM {sides[0]} FULL JOIN {sides[1]} ON l._key = r._key"
        f" WHERE l._at IS NULL OR r._at IS NULL OR {hard}{soft}"
    )
    for name, side in (("left", left), ("right", right)):
        con.execute(
            f"INSERT INTO {names.residue} ({name}_at, hard, again) SELECT {side.locator}, false,"
            f" '{name}' FROM {side.rows} SEMI JOIN {names.again} USING (_key)"
        )


def look_closely(
    con: Any,
    left: Side,
    right: Side,
    columns: Sequence[Column],
    carry: Sequence[str],
    names: Names,
) -> None:
    """Fetch the rows of the residue, all that is needed of them in one scan a side."""
    tolerance.install(con, columns)
    sides = (("l", left), ("r", right))
    inner = ["x.hard AS hard", "x.again AS again", "l._key AS _left_key", "r._key AS _right_key"]
    for letter, side in sides:
        inner.append(f"{letter}._raw_hash AS {letter}_raw_hash")
        values = enumerate(carried(side, carry, letter))
        inner += [f"{value} AS {letter}_carry{at}" for at, value in values]
    outer = [part.rpartition(" AS ")[2] for part in inner]
    for place, column in enumerate(columns):
        inner += _side_by_side(place, column)
        outer += _kept(place, column)
    con.execute(
        f"CREATE TABLE {names.near} AS SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)}"
        f" FROM (SELECT * FROM {names.residue} WHERE hard OR left_at IS NULL OR right_at IS NULL)"
        f" AS x LEFT JOIN {left.rows} AS l ON l.{left.locator} = x.left_at"
        f" LEFT JOIN {right.rows} AS r ON r.{right.locator} = x.right_at)"
    )


def view_cells(con: Any, columns: Sequence[Column], carry: Sequence[str], names: Names) -> None:
    """Leave the view `cells`: one row per cell that is not aligned."""
    queries = [
        "SELECT CAST(NULL AS VARCHAR) AS _key, NULL AS field, 0 AS place, NULL AS class,"
        " NULL AS left_value, NULL AS right_value, NULL AS left_canonical, NULL AS right_canonical,"
        " false AS left_fired, false AS right_fired, CAST(NULL AS VARCHAR[]) AS left_carry,"
        " CAST(NULL AS VARCHAR[]) AS right_carry WHERE false"
    ]
    lists = [listed([f"{side}_carry{at}" for at in range(len(carry))]) for side in "lr"]
    for place, column in enumerate(columns):
        parts = [slot(side, place, column, part) for part in _TOLD for side in "lr"]
        fired = [_fired(side, place, column) for side in "lr"]
        name = column.name.replace("'", "''")
        queries.append(
            f"SELECT _left_key, '{name}', {place}, CASE k{place} WHEN {NULL_VS_VALUE}"
            f" THEN 'null_vs_value' ELSE 'different' END, {', '.join([*parts, *fired, *lists])}"
            f" FROM {names.near} WHERE hard AND k{place} >= {NULL_VS_VALUE}"
        )
    con.execute(f"CREATE VIEW {names.cells} AS {' UNION ALL '.join(queries)}")


_TOLD: tuple[Part, ...] = ("shown", "canonical")


def count_cells(
    con: Any, left: Side, right: Side, columns: Sequence[Column], names: Names
) -> Counts:
    if not columns:
        return Counts(0, ())
    codes = [f"k{place}" for place in range(len(columns))]
    classes = (NORMALIZED, WITHIN, NULL_VS_VALUE, DIFFERENT)
    counts = [f"count(*) FILTER ({code} = {c})" for code in codes for c in classes]
    worst = f"greatest({', '.join(codes)})"
    mismatched, *cells = only_row(
        con,
        f"SELECT count(*) FILTER ({worst} >= {NULL_VS_VALUE}), {', '.join(counts)}"
        f" FROM {names.near} WHERE hard",
    )
    soft = _soft(con, left, right, columns, names)
    return Counts(
        mismatched,
        tuple(
            (cells[4 * n] + soft[n], cells[4 * n + 1], cells[4 * n + 2], cells[4 * n + 3])
            for n in range(len(columns))
        ),
    )


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


def _side_by_side(place: int, column: Column) -> list[str]:
    """The class of one cell and all that is stored of it on either side."""
    parts = [f"CAST({_code(column)} AS UTINYINT) AS k{place}"]
    stored: dict[Part, str] = {
        "shown": column.shown,
        "raw": column.raw,
        "canonical": column.canonical,
    }
    slots = {
        slot(side, place, column, part): f"{side}.{quoted(name)}"
        for side in "lr"
        for part, name in stored.items()
    }
    return parts + [f"{sql} AS {name}" for name, sql in slots.items()]


def _kept(place: int, column: Column) -> list[str]:
    """Of aligned cells only the class is kept: most cells of a pair that differs are aligned."""
    parts: tuple[Part, ...] = ("shown", "raw", "canonical")
    slots = dict.fromkeys(slot(side, place, column, part) for side in "lr" for part in parts)
    wanted = f"again <> '' OR (hard AND k{place} >= {NULL_VS_VALUE})"
    return [f"k{place}", *(f"CASE WHEN {wanted} THEN {s} END AS {s}" for s in slots)]


def _code(column: Column) -> str:
    left, right = f"l.{quoted(column.canonical)}", f"r.{quoted(column.canonical)}"
    raw = f"l.{quoted(column.raw)} IS NOT DISTINCT FROM r.{quoted(column.raw)}"
    read = f" WHEN {left} IS NOT DISTINCT FROM {right} THEN {NORMALIZED}" if column.reader else ""
    within = tolerance.condition(column, left, right)
    return (
        f"CASE WHEN {raw} THEN {EQUAL}{read}"
        f" WHEN ({left} IS NULL) <> ({right} IS NULL) THEN {NULL_VS_VALUE}"
        f"{f' WHEN {within} THEN {WITHIN}' if within else ''} ELSE {DIFFERENT} END"
    )


def _fired(side: str, place: int, column: Column) -> str:
    """Whether the normaliser changed the value."""
    if column.reader is None:
        return "false"
    raw, canonical = (slot(side, place, column, part) for part in ("raw", "canonical"))
    return f"coalesce({raw} <> {canonical}, false)"


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
