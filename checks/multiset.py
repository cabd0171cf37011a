"""Keys seen more than once on a side: compared as multisets of whole normalised rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks.cells import Names, Part, carried, listed, slot
from checks.prepare import Column, Side, packed
from checks.sql import only_row, quoted


@dataclass(frozen=True)
class Cancelled:
    """What came of the repeated keys; `normalized` counts cells per column in cancelled copies."""

    pairs: int
    only_left: int
    only_right: int
    normalized: tuple[int, ...]


def cancel_copies(
    con: Any,
    left: Side | None,
    right: Side | None,
    columns: Sequence[Column],
    carry: Sequence[str],
    names: Names,
) -> Cancelled:
    """Pair off equal copies of repeated keys; leaves the `leftover` table.

    The copies are in `apart` and, where a side is given, among its odd rows too.

    Copies written alike are paired first, then those that are alike once normalised, in the order
    of their raw text: which of several alike stays over does not depend on the order of the rows.
    """
    gathered = [
        query
        for name, side in (("left", left), ("right", right))
        for query in _copies(side, name, columns, carry, names)
    ]
    con.execute(
        f"CREATE TABLE {names.copies} AS SELECT row_number() OVER () AS _at, *"
        f" FROM ({' UNION ALL '.join(gathered)})"
    )
    con.execute(f"CREATE TABLE {names.cancelled} (left_at BIGINT, right_at BIGINT)")
    _pair_off(con, names, "_raw", "_at")
    _pair_off(con, names, "_norm", "_raw, _at")
    gone = (
        f"SELECT 'left' AS side, left_at AS _at FROM {names.cancelled}"
        f" UNION ALL SELECT 'right', right_at FROM {names.cancelled}"
    )
    con.execute(
        f"CREATE TABLE {names.leftover} AS SELECT side, _key, _raw_hash, carry"
        f" FROM {names.copies} ANTI JOIN ({gone}) AS g USING (side, _at)"
    )
    return _counted(con, columns, names)


def no_copies(con: Any, columns: Sequence[Column], names: Names) -> Cancelled:
    """What `cancel_copies` leaves and returns where no key is repeated, without its queries."""
    con.execute(
        f"CREATE TABLE {names.leftover}"
        " (side VARCHAR, _key VARCHAR, _raw_hash UHUGEINT, carry VARCHAR[])"
    )
    return Cancelled(0, 0, 0, (0,) * len(columns))


def _copies(
    side: Side | None, name: str, columns: Sequence[Column], carry: Sequence[str], names: Names
) -> list[str]:
    """Queries for the rows of repeated keys: those fetched already, and in a sealed file the
    odd ones."""
    letter = name[0]

    def slots(part: Part) -> list[str]:
        return [slot(letter, place, c, part) for place, c in enumerate(columns)]

    kept = [f"{letter}_carry{at}" for at in range(len(carry))]
    queries = [
        f"SELECT {_copy(name, f'_{name}_key', kept, slots('raw'), slots('canonical'))}"
        f" FROM (SELECT *, {letter}_raw_hash AS _raw_hash FROM {names.apart})"
        f" WHERE again = '{name}'"
    ]
    if side is not None:
        raw = [f"s.{quoted(c.raw)}" for c in columns]
        canonical = [c.compared("s.") for c in columns]
        queries.append(
            f"SELECT {_copy(name, '_key', carried(side.spec, carry, 's'), raw, canonical)}"
            f" FROM {side.odd} AS s WHERE _key IS NOT NULL"
        )
    return queries


def _copy(
    name: str, key: str, carry: Sequence[str], raw: Sequence[str], canonical: Sequence[str]
) -> str:
    return (
        f"'{name}' AS side, {key} AS _key, _raw_hash, {listed(carry)} AS carry,"
        f" {listed(raw)} AS _values, {packed(raw)} AS _raw, {packed(canonical)} AS _norm"
    )


def _pair_off(con: Any, names: Names, alike: str, order: str) -> None:
    """Pair the first copy with the first, the second with the second, among those alike."""
    rank = f"row_number() OVER (PARTITION BY _key, {alike} ORDER BY {order}) AS copy"
    sides = [
        f"(SELECT _key, {alike}, _at, {rank} FROM {names.copies} WHERE side = '{name}' AND _at"
        f" NOT IN (SELECT {name}_at FROM {names.cancelled})) AS {name[0]}"
        for name in ("left", "right")
    ]
    con.execute(
        f"INSERT INTO {names.cancelled} SELECT l._at, r._at FROM {sides[0]} JOIN {sides[1]}"
        f" USING (_key, {alike}, copy)"
    )


def _counted(con: Any, columns: Sequence[Column], names: Names) -> Cancelled:
    lefts, rights = only_row(
        con,
        f"SELECT count(*) FILTER (side = 'left'), count(*) FILTER (side = 'right')"
        f" FROM {names.leftover}",
    )
    differs = "".join(
        f", count(*) FILTER (l._values[{n}] IS DISTINCT FROM r._values[{n}])"
        for n in range(1, len(columns) + 1)
    )
    pairs, *normalized = only_row(
        con,
        f"SELECT count(*){differs} FROM {names.cancelled} AS c"
        f" JOIN {names.copies} AS l ON l.side = 'left' AND l._at = c.left_at"
        f" JOIN {names.copies} AS r ON r.side = 'right' AND r._at = c.right_at",
    )
    return Cancelled(pairs, lefts, rights, tuple(normalized))
