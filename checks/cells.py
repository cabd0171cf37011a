"""The cells of rows that pair one to one: which pairs differ, and how each of their cells does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from checks import tolerance
from checks.prepare import Column, Spec
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
    def kept(self) -> str:
        """What `cells` is a view of, where not of `near` itself."""
        return self._table("_cells")

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
    def apart(self) -> str:
        """The rows of `near` that are no part of a pair and do not stand alone either."""
        return self._table("_apart")

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
        """Not needed once the comparison is done."""
        return (self.again, self.leftover, self.residue, self.apart, self.copies, self.cancelled)


@dataclass(frozen=True)
class Counts:
    """Pairs with at least one cell not aligned, rows that stand alone on either side, and per
    column the cells by class from NORMALIZED."""

    mismatched: int
    left_alone: int
    right_alone: int
    columns: tuple[tuple[int, int, int, int], ...]

    @classmethod
    def none(cls, columns: int) -> Counts:
        return cls(0, 0, 0, ((0, 0, 0, 0),) * columns)

    def __add__(self, other: Counts) -> Counts:
        pairs = zip(self.columns, other.columns, strict=True)
        return Counts(
            self.mismatched + other.mismatched,
            self.left_alone + other.left_alone,
            self.right_alone + other.right_alone,
            tuple((a + e, b + f, c + g, d + h) for (a, b, c, d), (e, f, g, h) in pairs),
        )


def slot(side: str, place: int, column: Column, part: Part) -> str:
    """The column of `near` that holds a part of a cell; parts that are the same share one."""
    names = {"shown": column.shown, "raw": column.raw, "canonical": column.canonical}
    first = next(p for p in names if names[p] == names[part])
    return f"{side}{place}_{first}"


def carried(spec: Spec, carry: Sequence[str], relation: str, key: str = "") -> list[str]:
    """SQL for each of the shown values that a finding carries along.

    `key` is SQL for the key; a value that is the key itself need not be fetched a second time.
    """
    known = {c.name: c for c in spec.columns}
    values = [f"{relation}.{quoted(n)}" if n in known else "CAST(NULL AS VARCHAR)" for n in carry]
    same = [n for n in spec.key if len(spec.key) == 1 and known[n].canonical == known[n].shown]
    return [key if key and n in same else sql for n, sql in zip(carry, values, strict=True)]


def listed(values: Sequence[str]) -> str:
    return f"CAST([{', '.join(values)}] AS VARCHAR[])"


@dataclass(frozen=True)
class Near:
    """What `near` holds: expressions over `l` and `r`, and what is kept of them.

    Whoever fills `near` adds `hard` (a pair that differs in a normalised value) and `again` ('' for
    a pair or a row that stands alone, the side for a row whose key is repeated, `null_<side>` for
    one without a key).
    """

    inner: tuple[str, ...]
    outer: tuple[str, ...]


def near(
    left: Spec,
    right: Spec,
    columns: Sequence[Column],
    carry: Sequence[str],
    key: str = "{side}._key",
) -> Near:
    """Rows side by side: keys, carried values, and per compared column its class and values.

    `key` is SQL for the key of a `{side}`, which is `l` or `r`.
    """
    keys = key.format(side="l"), key.format(side="r")
    inner = [f"{keys[0]} AS _left_key", f"{keys[1]} AS _right_key"]
    for letter, spec, own in (("l", left, keys[0]), ("r", right, keys[1])):
        inner.append(f"{letter}._raw_hash AS {letter}_raw_hash")
        values = enumerate(carried(spec, carry, letter, own))
        inner += [f"{value} AS {letter}_carry{at}" for at, value in values]
    outer = [part.rpartition(" AS ")[2] for part in inner]
    for place, column in enumerate(columns):
        inner += _side_by_side(place, column)
        outer += _kept(place, column)
    return Near(tuple(inner), ("hard", "again", *outer))


def cells_query(columns: Sequence[Column], carry: Sequence[str], names: Names) -> str:
    """SQL over `near`: one row per cell that is not aligned."""
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
    return " UNION ALL ".join(queries)


_PARTS: tuple[Part, ...] = ("shown", "raw", "canonical")
_TOLD: tuple[Part, ...] = ("shown", "canonical")


def count_cells(con: Any, columns: Sequence[Column], names: Names) -> Counts:
    """Count what is in `near`, rows of repeated keys left out."""
    codes = [f"k{place}" for place in range(len(columns))]
    classes = (NORMALIZED, WITHIN, NULL_VS_VALUE, DIFFERENT)
    pair = "_left_key IS NOT NULL AND _right_key IS NOT NULL"
    counts = [f", count(*) FILTER ({pair} AND {code} = {c})" for code in codes for c in classes]
    worst = f"greatest({', '.join(codes)})" if codes else "0"
    mismatched, left, right, *cells = only_row(
        con,
        f"SELECT count(*) FILTER ({pair} AND {worst} >= {NULL_VS_VALUE}),"
        " count(*) FILTER (_right_key IS NULL), count(*) FILTER (_left_key IS NULL)"
        f"{''.join(counts)} FROM {names.near} WHERE again = ''",
    )
    by_column = (cells[4 * n : 4 * n + 4] for n in range(len(columns)))
    return Counts(mismatched, left, right, tuple((a, b, c, d) for a, b, c, d in by_column))


def _side_by_side(place: int, column: Column) -> list[str]:
    """The class of one cell and all that is stored of it on either side."""
    parts = [f"CAST({_code(column)} AS UTINYINT) AS k{place}"]
    slots: dict[str, str] = {}
    for side in "lr":
        stored: dict[Part, str] = {
            "canonical": column.canonical,
            "raw": column.raw,
            "shown": column.shown,
        }
        slots |= {
            slot(side, place, column, part): f"{side}.{quoted(n)}" for part, n in stored.items()
        }
    return parts + [f"{sql} AS {name}" for name, sql in slots.items()]


def _kept(place: int, column: Column) -> list[str]:
    """Of aligned cells only the class is kept: most cells of a pair that differs are aligned.

    A normalised value that is the raw one is filled in here, for the cells that are kept alone.
    """
    wanted = f"again <> '' OR (hard AND k{place} >= {NULL_VS_VALUE})"
    kept: dict[str, str] = {}
    for side in "lr":
        shown, raw, changed = (slot(side, place, column, part) for part in _PARTS)
        values = (shown, raw, f"coalesce({changed}, {raw})" if column.reader else changed)
        kept |= dict(zip((shown, raw, changed), values, strict=True))
    return [f"k{place}", *(f"CASE WHEN {wanted} THEN {v} END AS {s}" for s, v in kept.items())]


def _code(column: Column) -> str:
    left, right = column.compared("l."), column.compared("r.")
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


def any_differs(names: Sequence[str]) -> str:
    """SQL: whether `l` and `r` differ in any of the columns."""
    tests = [f"l.{name} IS DISTINCT FROM r.{name}" for name in names]
    return f"({' OR '.join(tests)})" if tests else "false"
