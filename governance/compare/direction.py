"""Which side moved: a three-way comparison with a base that both once agreed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from checks import tolerance
from checks.prepare import Column, Prepared
from checks.sql import quoted

if TYPE_CHECKING:
    import duckdb

DIRECTIONS = ("left_moved", "right_moved", "both_moved", "never_agreed")


def direct(
    con: duckdb.DuckDBPyConnection, base: Prepared | None, columns: Sequence[Column]
) -> None:
    """Leave the view `directed`: `cells` with a `direction`, NULL throughout without a base.

    A side that still says what the base says (or lies within tolerance of it) has not moved. A
    key that the base lacks or has more than once, or a column it lacks, was never agreed.
    """
    if base is None:
        con.execute(
            "CREATE VIEW directed AS SELECT *, CAST(NULL AS VARCHAR) AS direction FROM cells"
        )
        return
    known = {c.name for c in base.spec.columns}
    value = _by_place(columns, lambda c: c.compared("b.") if c.name in known else "NULL")
    absent = [str(place) for place, c in enumerate(columns) if c.name not in known]
    never = f"b._key IS NULL OR place IN ({', '.join(['-1', *absent])})"
    con.execute(
        f"CREATE TABLE based AS SELECT c.*, {value} AS _base, {never} AS _never"
        f" FROM cells AS c LEFT JOIN {quoted(base.rows)} AS b ON c._key = b._key"
    )
    near = [_near(columns, side) for side in ("left_canonical", "right_canonical")]
    con.execute(
        "CREATE VIEW directed AS SELECT *, CASE WHEN _never THEN 'never_agreed'"
        " WHEN left_canonical IS NOT DISTINCT FROM _base THEN 'right_moved'"
        " WHEN right_canonical IS NOT DISTINCT FROM _base THEN 'left_moved'"
        f" WHEN {near[0]} AND NOT {near[1]} THEN 'right_moved'"
        f" WHEN {near[1]} AND NOT {near[0]} THEN 'left_moved'"
        " ELSE 'both_moved' END AS direction FROM based"
    )


def counted(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Cells per direction, every direction named."""
    rows = con.execute("SELECT direction, count(*) FROM directed GROUP BY direction").fetchall()
    found = dict(rows)
    return {name: found.get(name, 0) for name in DIRECTIONS}


def _near(columns: Sequence[Column], side: str) -> str:
    conditions = [tolerance.condition(c, side, "_base") for c in columns]
    arms = [f"WHEN {n} THEN {test}" for n, test in enumerate(conditions) if test]
    return f"CASE place {' '.join(arms)} ELSE false END" if arms else "false"


def _by_place(columns: Sequence[Column], value: Callable[[Column], str]) -> str:
    arms = [f"WHEN {place} THEN {value(column)}" for place, column in enumerate(columns)]
    return f"CASE place {' '.join(arms)} END" if arms else "CAST(NULL AS VARCHAR)"
