"""Which side moved: a three-way comparison with a base that both once agreed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from checks import direction
from checks.direction import CELLS, DELETED, NEVER_AGREED, NOT_YET_CREATED
from checks.prepare import Column, Prepared
from checks.sql import quoted

if TYPE_CHECKING:
    import duckdb


def direct(
    con: duckdb.DuckDBPyConnection, base: Prepared | None, columns: Sequence[Column]
) -> None:
    """Leave the views `directed` and `directed_lone`: `cells` and `lone` with a `direction`, NULL
    throughout without a base.

    A side that still says what the base says (or lies within tolerance of it) has not moved. A
    key that the base lacks or has more than once, or a column it lacks, was never agreed. A row on
    one side only was deleted on the other where the base has its key, and is not yet created there
    where the base lacks it; of repeated and missing keys nothing is said.
    """
    if base is None:
        for view, of in (("directed", "cells"), ("directed_lone", "lone")):
            con.execute(
                f"CREATE VIEW {view} AS SELECT *, CAST(NULL AS VARCHAR) AS direction FROM {of}"
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
    sides = ("left_canonical", "right_canonical")
    near = [direction.near(columns, side, "_base") for side in sides]
    con.execute(
        f"CREATE VIEW directed AS SELECT *, CASE WHEN _never THEN '{NEVER_AGREED}'"
        f" ELSE {direction.moved(*sides, '_base', '_base', *near)} END AS direction FROM based"
    )
    _direct_rows(con, base)


def _direct_rows(con: duckdb.DuckDBPyConnection, base: Prepared) -> None:
    con.execute(
        f"CREATE TABLE based_keys AS SELECT DISTINCT _key FROM (SELECT _key FROM"
        f" {quoted(base.rows)} UNION ALL SELECT _key FROM {quoted(base.odd)})"
        " WHERE _key IS NOT NULL AND _key IN (SELECT _key FROM lone)"
    )
    con.execute(
        "CREATE VIEW directed_lone AS SELECT l.*, CASE"
        " WHEN l.kind NOT IN ('only_left', 'only_right') THEN NULL"
        f" WHEN b._key IS NOT NULL THEN '{DELETED}' ELSE '{NOT_YET_CREATED}' END AS direction"
        " FROM lone AS l LEFT JOIN based_keys AS b ON l._key = b._key"
    )


def counted(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Cells per direction, every direction named."""
    rows = con.execute("SELECT direction, count(*) FROM directed GROUP BY direction").fetchall()
    found = dict(rows)
    return {name: found.get(name, 0) for name in CELLS}


def _by_place(columns: Sequence[Column], value: Callable[[Column], str]) -> str:
    arms = [f"WHEN {place} THEN {value(column)}" for place, column in enumerate(columns)]
    return f"CASE place {' '.join(arms)} END" if arms else "CAST(NULL AS VARCHAR)"
