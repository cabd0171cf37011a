"""A slow, obvious reconciliation in plain Python, to hold the fast one against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

Row = dict[str, str | None]
Read = Callable[[str | None], str | None]


@dataclass
class Expected:
    matched: int = 0
    mismatched: int = 0
    only_left: int = 0
    only_right: int = 0
    cells: list[tuple[object, ...]] = field(default_factory=list)
    lone: Counter[tuple[object, ...]] = field(default_factory=Counter)
    classes: Counter[tuple[str, str]] = field(default_factory=Counter)


def written(value: str | None) -> str | None:
    return value


def upper(value: str | None) -> str | None:
    return None if value is None else value.strip().upper()


def within(left: str | None, right: str | None, limit: str | None) -> bool:
    if limit is None or left is None or right is None:
        return False
    try:
        return abs(Decimal(left) - Decimal(right)) <= Decimal(limit)
    except ArithmeticError:
        return False


def expect(
    left: list[Row],
    right: list[Row],
    key: tuple[str, ...],
    reads: dict[str, Read],
    limits: dict[str, str] | None = None,
) -> Expected:
    """Totals, cells not aligned (key, column, class, values) and lone rows (kind, key values)."""
    found = Expected()
    columns = [name for name in reads if name not in key]
    groups: dict[tuple[str, ...], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for place, rows in enumerate((left, right)):
        for row in rows:
            parts = tuple(reads[name](row[name]) for name in key)
            if None in parts:
                shown = tuple(row[name] for name in key)
                found.lone[("null_key_left", "null_key_right")[place], *shown] += 1
            else:
                groups[parts][place].append(row)  # type: ignore[index]
    for lefts, rights in groups.values():
        if len(lefts) <= 1 and len(rights) <= 1:
            _single(found, lefts, rights, key, columns, reads, limits or {})
        else:
            _repeated(found, lefts, rights, key, columns, reads)
    return found


def _single(found, lefts, rights, key, columns, reads, limits):  # type: ignore[no-untyped-def]
    if not (lefts and rights):
        row, kind = (lefts[0], "only_left") if lefts else (rights[0], "only_right")
        found.lone[kind, *(row[name] for name in key)] += 1
        found.only_left += bool(lefts)
        found.only_right += bool(rights)
        return
    found.matched += 1
    wrong = False
    for name in columns:
        one, other = lefts[0][name], rights[0][name]
        kind = _class(one, other, reads[name], limits.get(name))
        found.classes[name, kind] += 1
        if kind in ("null_vs_value", "different"):
            wrong = True
            found.cells.append((tuple(lefts[0][n] for n in key), name, kind, one, other))
    found.mismatched += wrong


def _class(one, other, read, limit):  # type: ignore[no-untyped-def]
    if one == other:
        return "equal"
    if read(one) == read(other):
        return "normalized"
    if (one is None) != (other is None):
        return "null_vs_value"
    return "within_tolerance" if within(read(one), read(other), limit) else "different"


def _repeated(found, lefts, rights, key, columns, reads):  # type: ignore[no-untyped-def]
    def whole(row: Row) -> tuple[object, ...]:
        return tuple(reads[name](row[name]) for name in columns)

    one, other = Counter(map(whole, lefts)), Counter(map(whole, rights))
    found.matched += (one & other).total()
    found.only_left += (one - other).total()
    found.only_right += (other - one).total()
    for rows, spare, kind in (
        (lefts, one - other, "duplicate_left"),
        (rights, other - one, "duplicate_right"),
    ):
        if spare:
            parts = tuple(reads[name](rows[0][name]) for name in key)
            found.lone[kind, *parts] += spare.total()
