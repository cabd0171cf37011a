"""A profile counts what is there, tells no personal value, and looks at the same rows each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks import profile as profiles
from checks.prepare import Column, Spec
from checks.profile import SKETCHED, TOP, Profile, overlap, profile, read, sketches
from tests.thorough import some

SECRET = b"a secret of this test, long enough"
KINDS = (Column("id"), Column("amount", "amount"), Column("phone", "phone", masked=True))
SPEC = Spec(KINDS, ("id",), ("amount", "phone"), secret=SECRET)
COLUMNS = {"id": "ID", "amount": "je", "phone": 'sj"x'}
Row = tuple[str | None, str | None, str | None]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect()
    yield made
    made.close()


def land(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    con.execute("CREATE OR REPLACE TABLE landed (id VARCHAR, amount VARCHAR, phone VARCHAR)")
    if rows:
        con.executemany("INSERT INTO landed VALUES (?, ?, ?)", rows)


def profiled(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> dict[str, Profile]:
    land(con, rows)
    profile(con, "landed", SPEC, COLUMNS)
    return {one.field: one for one in read(con)}


cells = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "   ", "a", " a", "0", "12", "3", "1,000", "一", "\u3000", "!"]),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=6),
)


@settings(
    max_examples=some(60, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(st.tuples(cells, cells, cells), max_size=30))
def test_the_numbers_are_those_of_a_naive_count(
    con: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    found = profiled(con, rows)
    for place, column in enumerate(KINDS):
        values = [row[place] for row in rows]
        texts = [value for value in values if value is not None]
        filled = [text for text in texts if text.strip(" ")]
        one = found[column.name]
        assert (one.column, one.rows, one.looked) == (COLUMNS[column.name], len(rows), len(rows))
        assert one.nulls == len(values) - len(texts)
        assert one.blank == len(texts) - len(filled)
        assert one.distinct == len(set(texts))
        assert one.shortest == min(map(len, texts), default=None)
        assert one.longest == max(map(len, texts), default=None)
        if texts:
            assert one.average == pytest.approx(sum(map(len, texts)) / len(texts))
        often = [(text, n) for text, n in Counter(filled).items() if n > 1]
        assert [n for _, n in one.top] == sorted((n for _, n in often), reverse=True)[:TOP]
        assert len(one.sketch) == min(len(set(filled)), SKETCHED)
        if not column.masked:
            assert set(one.top) <= set(often)


def test_a_numeric_field_has_its_low_and_high_by_number(con: duckdb.DuckDBPyConnection) -> None:
    amounts = ["9", "10.5", "-2", "1,000", "待定", "", None]
    found = profiled(con, [(str(n), amount, None) for n, amount in enumerate(amounts)])
    assert (found["amount"].low, found["amount"].high) == ("-2", "1,000")
    assert (found["id"].low, found["id"].high) == ("0", "6")


def test_a_personal_field_shows_masks_only(con: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [(str(n), None, "13812345678") for n in range(3)]
    one = profiled(con, rows)["phone"]
    assert (one.low, one.high) == (None, None)
    assert one.top == (("138****5678", 3),)
    text = repr(con.execute("FROM profile").fetchall())
    assert "13812345678" not in text


def test_a_long_value_is_cut(con: duckdb.DuckDBPyConnection) -> None:
    one = profiled(con, [("x" * 5000, None, None), ("x" * 5000, None, None)])["id"]
    assert one.longest == 5000
    assert {len(str(one.low)), len(str(one.high)), len(one.top[0][0])} == {120}


def test_an_empty_table_has_a_profile_too(con: duckdb.DuckDBPyConnection) -> None:
    found = profiled(con, [])
    assert [one.rows for one in found.values()] == [0, 0, 0]
    assert {one.shortest for one in found.values()} == {None}


def test_a_large_table_is_looked_at_in_the_same_rows_each_time(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "WHOLE_ROWS", 1000)
    monkeypatch.setattr(profiles, "SAMPLE_ROWS", 500)
    con.execute(
        "CREATE TABLE landed AS SELECT 'C' || i AS id, CAST(i % 7 AS VARCHAR) AS amount,"
        " CASE WHEN i % 4 = 0 THEN '' ELSE 'p' || i END AS phone FROM range(3000) AS t(i)"
    )
    profile(con, "landed", SPEC, COLUMNS)
    first = {one.field: one for one in read(con)}
    con.execute("CREATE OR REPLACE TABLE landed AS FROM landed ORDER BY hash(id)")
    profile(con, "landed", SPEC, COLUMNS)
    assert {one.field: one for one in read(con)} == first
    assert (first["phone"].rows, first["phone"].blank) == (3000, 750)
    assert 250 <= first["id"].looked <= 500
    assert first["id"].is_sampled
    assert first["amount"].distinct == 7
    assert first["id"].distinct == pytest.approx(3000, rel=0.2)


def test_rows_without_a_key_are_sampled_like_others(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "WHOLE_ROWS", 1000)
    monkeypatch.setattr(profiles, "SAMPLE_ROWS", 500)
    con.execute(
        "CREATE TABLE landed AS SELECT CAST(NULL AS VARCHAR) AS id, CAST(i AS VARCHAR) AS amount,"
        " 'p' AS phone FROM range(4000) AS t(i)"
    )
    profile(con, "landed", SPEC, COLUMNS)
    assert 350 <= read(con)[1].looked <= 650


def values_of(con: duckdb.DuckDBPyConnection, first: int, count: int) -> profiles.Sketch:
    con.execute(
        "CREATE OR REPLACE TABLE landed AS SELECT CAST(i AS VARCHAR) AS v FROM range($1, $2) t(i)",
        [first, first + count],
    )
    return sketches(con, "landed", ["v"], ["v"], SECRET)["v"]


@pytest.mark.parametrize("shift", [0, 250, 500, 1000, 1900, 2000])
def test_the_overlap_of_sketches_is_that_of_the_values(
    con: duckdb.DuckDBPyConnection, shift: int
) -> None:
    one, other = values_of(con, 0, 2000), values_of(con, shift, 2000)
    truth = max(0, 2000 - shift) / (2000 + shift)
    assert overlap(one, other) == pytest.approx(truth, abs=0.15)
    assert overlap(one, other) == overlap(other, one)


@pytest.mark.parametrize(("count", "shift"), [(1, 0), (1, 1), (10, 3), (60, 20)])
def test_the_overlap_of_few_values_is_exact(
    con: duckdb.DuckDBPyConnection, count: int, shift: int
) -> None:
    one, other = values_of(con, 0, count), values_of(con, shift, count)
    assert overlap(one, other) == max(0, count - shift) / (count + shift)


def test_a_few_values_of_many_overlap_little(con: duckdb.DuckDBPyConnection) -> None:
    few, many = values_of(con, 0, 20), values_of(con, 0, 5000)
    assert overlap(few, many) < 0.1


def test_nothing_overlaps_with_nothing() -> None:
    assert overlap((), ()) == 0.0


def test_another_secret_gives_another_sketch(con: duckdb.DuckDBPyConnection) -> None:
    mine = values_of(con, 0, 50)
    theirs = sketches(con, "landed", ["v"], ["v"], b"another secret, as long as the first")["v"]
    assert not set(mine) & set(theirs)
