"""Comparing only what was touched tells the same as comparing everything."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given

from checks.changes import changes
from checks.prepare import Prepared, Side, hash_rows, prepare
from checks.recheck import Before, recheck
from checks.reconcile import reconcile
from tests.checks.reconcile_oracle import Row
from tests.checks.test_reconcile import COMPARED, KEY, SEALED, land, quickly, rows, spec

SPEC = spec(SEALED)
FOUND = "SELECT * EXCLUDE (left_carry, right_carry) FROM {}cells"
LONE = "SELECT * FROM {}lone"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def prepared(con: duckdb.DuckDBPyConnection, name: str, table: list[Row]) -> Prepared:
    land(con, f"{name}_landed", table)
    return prepare(con, f"{name}_landed", f"{name}_", SPEC)


def changed(con: duckdb.DuckDBPyConnection, before: Prepared, name: str, into: str) -> None:
    """The delta from `before` to the landed rows of `name`, kept under names of its own."""
    hash_rows(con, f"{name}_landed", "hashes", SPEC)
    assert changes(con, f"{name}_landed", "hashes", before.side(), SPEC, most=100)
    for table in ("rows", "odd"):
        con.execute(f"CREATE OR REPLACE TABLE {into}_{table} AS FROM changed_{table}")


def found(con: duckdb.DuckDBPyConnection, query: str, touched: bool) -> list[object]:
    """What a comparison left, of the touched keys or of all."""
    only = "WHERE EXISTS (FROM touched_keys AS t WHERE t._key IS NOT DISTINCT FROM x._key)"
    where = only if touched else ""
    return con.execute(f"FROM ({query.format('')}) AS x {where} ORDER BY ALL").fetchall()


@quickly
@given(rows, rows, rows, rows)
def test_a_recheck_ends_where_a_whole_comparison_does(
    con: duckdb.DuckDBPyConnection,
    left_then: list[Row],
    right_then: list[Row],
    left: list[Row],
    right: list[Row],
) -> None:
    # Some rows stay, as in life.
    left, right = [*left_then[::2], *left], [*right_then[::2], *right]
    then = prepared(con, "lt", left_then), prepared(con, "rt", right_then)
    now = prepared(con, "ln", left), prepared(con, "rn", right)
    changed(con, then[0], "ln", "l_changed")
    changed(con, then[1], "rn", "r_changed")
    con.execute(
        "CREATE OR REPLACE TABLE touched_keys AS SELECT DISTINCT _key FROM ("
        "SELECT _key FROM l_changed_rows UNION ALL SELECT _key FROM l_changed_odd"
        " UNION ALL SELECT _key FROM r_changed_rows UNION ALL SELECT _key FROM r_changed_odd)"
    )
    sides: list[Side] = [made.side() for made in (*then, *now)]
    before = Before(sides[0], sides[1], reconcile(con, *sides[:2], COMPARED, carry=KEY))

    whole = reconcile(con, *sides[2:], COMPARED, carry=KEY)
    expected = [found(con, query, touched=True) for query in (FOUND, LONE)]
    again = recheck(con, *sides[2:], before, "touched_keys", COMPARED, carry=KEY)

    assert again == whole
    assert [found(con, query, touched=False) for query in (FOUND, LONE)] == expected


@quickly
@given(rows, rows)
def test_changes_lead_from_one_state_to_the_other(
    con: duckdb.DuckDBPyConnection, then: list[Row], more: list[Row]
) -> None:
    now = [*then[::2], *more]
    before, after = prepared(con, "lt", then), prepared(con, "ln", now)
    changed(con, before, "ln", "delta")
    stored = ", ".join(f'"{name}"' for name in SPEC.stored)
    led = con.execute(
        f"SELECT {stored} FROM {before.rows} ANTI JOIN delta_rows USING (_key)"
        f" UNION ALL SELECT {stored} FROM delta_rows WHERE _op <> 'delete' ORDER BY ALL"
    ).fetchall()
    assert led == con.execute(f"SELECT {stored} FROM {after.rows} ORDER BY ALL").fetchall()
    led = con.execute(
        f"SELECT {stored} FROM {before.odd} ANTI JOIN delta_odd USING (_raw_hash)"
        f" UNION ALL SELECT {stored} FROM delta_odd, range(_copies) ORDER BY ALL"
    ).fetchall()
    assert led == con.execute(f"SELECT {stored} FROM {after.odd} ORDER BY ALL").fetchall()


def test_nothing_is_looked_for_where_most_has_changed(con: duckdb.DuckDBPyConnection) -> None:
    row: Row = {"k": "1", "j": "1", "name": "a", "amount": "1", "note": "a"}
    before = prepared(con, "lt", [{**row, "k": str(n)} for n in range(10)])
    prepared(con, "ln", [{**row, "k": str(n), "note": "b" if n < 3 else "a"} for n in range(10)])
    hash_rows(con, "ln_landed", "hashes", SPEC)
    assert changes(con, "ln_landed", "hashes", before.side(), SPEC) is None
