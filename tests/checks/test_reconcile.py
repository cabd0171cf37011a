"""The fast reconciliation against the obvious one, and the laws it must keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.at_once import reconcile_at_once
from checks.dictionary import Tolerance
from checks.prepare import Column, Side, Spec, prepare
from checks.reconcile import Totals, reconcile
from tests.checks.reconcile_oracle import Expected, Row, expect, upper, written
from tests.thorough import some

KEY = ("k", "j")
COLUMNS = (
    Column("k", "code"),
    Column("j"),
    Column("name", "code"),
    Column("amount", None, tolerance=Tolerance(absolute=Decimal("0.5"))),
    Column("note"),
)
READS = {"k": upper, "j": written, "name": upper, "amount": written, "note": written}
COMPARED = ("name", "amount", "note")
quickly = settings(
    max_examples=some(25, 10), deadline=None, suppress_health_check=list(HealthCheck)
)
SEALED = b"a secret for this test"
# Sealed with keyed hashes; prepared without any; in one statement.
ROADS = [(SEALED, False), (None, False), (None, True)]
Result = tuple[Totals, list[tuple[object, ...]], Counter[tuple[object, ...]]]

cell = st.sampled_from([None, "", "a", "A", "b", "1"])
number = st.sampled_from([None, "1", "1.5", "2", "2.01", "x"])
part = st.sampled_from([None, "1", "11", "a", "A", "x"])
rows = st.lists(
    st.fixed_dictionaries({"k": part, "j": part, "name": cell, "amount": number, "note": cell}),
    max_size=14,
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def land(con: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    con.execute(
        f"CREATE OR REPLACE TABLE {table} (k VARCHAR, j VARCHAR, name VARCHAR, amount VARCHAR,"
        " note VARCHAR)"
    )
    if rows:
        values = [[row[name] for name in READS] for row in rows]
        con.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)", values)


def spec(secret: bytes | None = None, hashed: tuple[str, ...] = COMPARED) -> Spec:
    return Spec(COLUMNS, KEY, hashed, secret=secret)


def run(
    con: duckdb.DuckDBPyConnection, left: list[Row], right: list[Row], how: Spec, once: bool = False
) -> Result:
    land(con, "l_landed", left)
    land(con, "r_landed", right)
    if once:
        totals = reconcile_at_once(con, "l_landed", "r_landed", how, COMPARED, carry=KEY).totals
    else:
        sides = [prepare(con, f"{name}_landed", f"{name}_", how).side() for name in "lr"]
        totals = reconcile(con, *sides, COMPARED, carry=KEY)
    cells = con.execute(
        "SELECT left_carry, field, class, left_value, right_value FROM cells"
    ).fetchall()
    lone = con.execute("SELECT kind, carry FROM lone").fetchall()
    return (
        totals,
        [(tuple(carry), *rest) for carry, *rest in cells],
        Counter((kind, *carry) for kind, carry in lone),
    )


def upper_keys(lone: Counter[tuple[object, ...]]) -> Counter[tuple[object, ...]]:
    """Copies that are left over may show any of the spellings of their key."""
    seen: Counter[tuple[object, ...]] = Counter()
    for (kind, k, j), n in lone.items():
        seen[kind, upper(k) if str(kind).startswith("dup") else k, j] += n  # type: ignore[arg-type]
    return seen


def assert_same(
    totals: Totals,
    cells: list[tuple[object, ...]],
    lone: Counter[tuple[object, ...]],
    expected: Expected,
) -> None:
    assert (totals.matched, totals.mismatched) == (expected.matched, expected.mismatched)
    assert (totals.only_left, totals.only_right) == (expected.only_left, expected.only_right)
    assert sorted(cells, key=repr) == sorted(expected.cells, key=repr)
    assert upper_keys(lone) == upper_keys(expected.lone)
    for column in totals.columns:
        for kind in ("within_tolerance", "null_vs_value", "different"):
            assert getattr(column, kind) == expected.classes[column.name, kind]
        assert column.compared == totals.matched


@pytest.mark.parametrize(("secret", "once"), ROADS)
@quickly
@given(left=rows, right=rows)
def test_agrees_with_the_obvious_comparison(con, secret, once, left, right):
    expected = expect(left, right, KEY, READS, {"amount": "0.5"})
    assert_same(*run(con, left, right, spec(secret), once), expected)


@pytest.mark.parametrize("once", [False, True])
@quickly
@given(left=rows, right=rows)
def test_agrees_without_any_normaliser(con, once, left, right):
    plain = Spec(tuple(Column(c.name) for c in COLUMNS), KEY, COMPARED)
    expected = expect(left, right, KEY, dict.fromkeys(READS, written))
    totals, cells, lone = run(con, left, right, plain, once)
    assert lone == expected.lone
    assert sorted(cells, key=repr) == sorted(expected.cells, key=repr)
    assert (totals.matched, totals.mismatched) == (expected.matched, expected.mismatched)
    assert (totals.only_left, totals.only_right) == (expected.only_left, expected.only_right)


@quickly
@given(left=rows, right=rows)
def test_every_road_leads_to_the_same_totals(con, left, right):
    found = [run(con, left, right, spec(secret), once) for secret, once in ROADS]
    assert found[0][0] == found[1][0] == found[2][0]
    for _, cells, lone in found[1:]:
        assert sorted(cells, key=repr) == sorted(found[0][1], key=repr)
        assert upper_keys(lone) == upper_keys(found[0][2])


@pytest.mark.parametrize("secret", [SEALED, None])
@settings(quickly, max_examples=some(8, 4))
@given(left=rows, right=rows)
def test_slices_of_the_keys_change_nothing(con, secret, left, right):
    expected = expect(left, right, KEY, READS, {"amount": "0.5"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("checks.reconcile.SLICE", 3)
        assert_same(*run(con, left, right, spec(secret)), expected)


@quickly
@given(left=rows, right=rows)
def test_agrees_when_the_hash_covers_only_some_of_the_columns(con, left, right):
    expected = expect(left, right, KEY, READS, {"amount": "0.5"})
    assert_same(*run(con, left, right, spec(SEALED, hashed=("note",))), expected)
    assert_same(*run(con, left, right, spec(SEALED, hashed=())), expected)


@quickly
@given(left=rows, right=rows)
def test_swapping_the_sides_mirrors_the_result(con, left, right):
    totals, cells, lone = run(con, left, right, spec())
    back, cells_back, lone_back = run(con, right, left, spec())
    assert (totals.left, totals.right) == (back.right, back.left)
    assert (totals.matched, totals.mismatched) == (back.matched, back.mismatched)
    assert (totals.only_left, totals.only_right) == (back.only_right, back.only_left)
    assert totals.columns == back.columns
    mirrored = [(name, kind, b, a) for _, name, kind, a, b in cells_back]
    assert sorted((c[1:] for c in cells), key=repr) == sorted(mirrored, key=repr)
    swap = {"left": "right", "right": "left"}
    turned = Counter(
        {
            (f"{str(kind).rpartition('_')[0]}_{swap[str(kind).rpartition('_')[2]]}", *key): n
            for (kind, *key), n in lone_back.items()
        }
    )
    assert upper_keys(lone) == upper_keys(turned)


@quickly
@given(data=rows)
def test_a_table_differs_from_itself_only_in_its_null_keys(con, data):
    totals, cells, lone = run(con, data, data, spec())
    assert cells == []
    assert {str(kind) for kind, *_ in lone} <= {"null_key_left", "null_key_right"}
    assert totals.matched == totals.aligned == totals.left.rows - totals.left.null_keys


@quickly
@given(left=rows, right=rows)
def test_every_row_is_counted_once(con, left, right):
    totals, _, lone = run(con, left, right, spec())
    for side, only, data in (
        (totals.left, totals.only_left, left),
        (totals.right, totals.only_right, right),
    ):
        assert side.rows == len(data) == totals.matched + only + side.null_keys
    alone = totals.only_left + totals.only_right + totals.left.null_keys + totals.right.null_keys
    assert lone.total() == alone


def row(k: str | None, name: str = "n", note: str | None = "", j: str = "1") -> Row:
    return {"k": k, "j": j, "name": name, "amount": "1", "note": note}


def test_twice_here_and_once_there_is_not_aligned(con):
    totals, _, lone = run(con, [row("1"), row("1")], [row("1")], spec())
    assert (totals.matched, totals.only_left) == (1, 1)
    assert lone == Counter({("duplicate_left", "1", "1"): 1})


def test_copies_left_over_on_both_sides_are_told_per_row(con):
    left = [row("1", "a"), row("1", "b"), row("1", "c")]
    totals, _, lone = run(con, left, [row("1", "c"), row("1", "x")], spec())
    assert (totals.matched, totals.only_left, totals.only_right) == (1, 2, 1)
    assert lone == Counter({("duplicate_left", "1", "1"): 2, ("duplicate_right", "1", "1"): 1})


def test_copies_pair_with_the_copy_written_alike(con):
    totals, _, _ = run(con, [row("1", "a"), row("1", "A")], [row("1", "A"), row("1", "a")], spec())
    assert totals.columns[0].normalized == 0
    totals, _, _ = run(con, [row("1", "a"), row("1", "a")], [row("1", "A"), row("1", "a")], spec())
    assert totals.columns[0].normalized == 1
    assert totals.aligned == 2


def test_parts_of_a_key_stay_apart(con):
    totals, _, _ = run(con, [row("1", j="11")], [row("11", j="1")], spec())
    assert (totals.matched, totals.only_left, totals.only_right) == (0, 1, 1)


def test_null_and_empty_text_are_told_apart(con):
    totals, cells, _ = run(con, [row("1", note=None)], [row("1", note="")], spec())
    assert cells == [(("1", "1"), "note", "null_vs_value", None, "")]
    assert totals.mismatched == 1


def test_sealed_files_are_compared_where_they_lie(con, tmp_path: Path):
    left, right = [row("1"), row("2", "x"), row("3"), row("3")], [row("1", "N"), row("2", "y")]
    sealed = []
    for name, data in (("a", left), ("b", right)):
        file = tmp_path / f"{name}.duckdb"
        land(con, "landed", data)
        con.execute(f"ATTACH '{file}' AS {name}_out")
        done = prepare(con, "landed", f"{name}s_", spec(b"s"))
        con.execute(f"CREATE TABLE {name}_out.rows AS SELECT * FROM {done.rows}")
        con.execute(f"CREATE TABLE {name}_out.odd AS SELECT * FROM {done.odd}")
        con.execute(f"DETACH {name}_out")
        con.execute(f"ATTACH '{file}' AS {name}_in (READ_ONLY)")
        sealed.append(Side(f"{name}_in.rows", f"{name}_in.odd", spec(b"s")))
    totals = reconcile(con, *sealed, COMPARED, into="sealed_")
    assert (totals.matched, totals.mismatched, totals.only_left) == (2, 1, 2)
    assert totals.columns[0].normalized == 1
    assert con.execute("SELECT left_value, right_value FROM sealed_cells").fetchall() == [
        ("x", "y")
    ]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_side_that_knows_more_fields_is_compared_on_the_common_ones(con, sealed):
    wide = Spec((*COLUMNS, Column("extra")), KEY, COMPARED, secret=b"s")
    land(con, "narrow_landed", [row("1", "a"), row("2", "b")])
    land(con, "base_landed", [row("1", "A"), row("2", "c")])
    con.execute("CREATE OR REPLACE TABLE wide_landed AS SELECT *, 'e' AS extra FROM base_landed")
    left = prepare(con, "narrow_landed", "n_", spec(b"s")).side()
    right = prepare(con, "wide_landed", "w_", wide).side()
    if sealed:  # known by their place in the file
        con.execute(f"CREATE OR REPLACE TABLE narrow_rows AS FROM {left.rows}")
        left = Side("narrow_rows", left.odd, left.spec)
    totals = reconcile(con, left, right, COMPARED)
    name = totals.columns[0]
    assert (name.normalized, name.different, name.equal) == (1, 1, 0)


def test_cells_that_cannot_be_read_are_counted_per_side(con):
    columns = (Column("k"), Column("amount", "decimal"))
    how = Spec(columns, ("k",), ("amount",))
    cells = {"left": "('1', 'x'), ('2', '1.0'), ('3', NULL)", "right": "('1', 'x'), ('2', '1')"}
    for name, values in cells.items():
        con.execute(
            f"CREATE OR REPLACE TABLE u_{name} AS SELECT * FROM (VALUES {values}) AS t(k, amount)"
        )
    found = reconcile_at_once(con, "u_left", "u_right", how, ("amount",))
    assert (found.unread_left, found.unread_right) == ({"amount": 1}, {"amount": 1})
    assert prepare(con, "u_left", "u_", how).unread == (("amount", 1),)
    assert found.totals.columns[0].normalized == 1
    assert found.totals.columns[0].equal == 1
