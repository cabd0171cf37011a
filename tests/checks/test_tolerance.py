"""Tolerances: exact, the boundary included, the same on the fast road and on the exact one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal, localcontext

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks import tolerance
from checks.dictionary import Tolerance
from checks.errors import CodedError
from checks.prepare import Column
from tests.thorough import some


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        some = [Column("v", "decimal", tolerance=Tolerance(absolute=Decimal(1)))]
        tolerance.install(connection, some)
        tolerance.install(connection, some)
        yield connection


def within(con: duckdb.DuckDBPyConnection, limit: Tolerance, left: str | None, right: str | None):
    sql = tolerance.condition(Column("v", tolerance=limit), "l", "r")
    query = f"SELECT {sql} FROM (SELECT CAST($l AS VARCHAR) AS l, CAST($r AS VARCHAR) AS r)"
    return con.execute(query, {"l": left, "r": right}).fetchone()[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.01", Tolerance(absolute=Decimal("0.01"))),
        (".5", Tolerance(absolute=Decimal("0.5"))),
        ("0", Tolerance(absolute=Decimal(0))),
        ("1%", Tolerance(relative=Decimal("0.01"))),
        ("0.5 %", Tolerance(relative=Decimal("0.005"))),
        ("30s", Tolerance(time=timedelta(seconds=30))),
        ("5min", Tolerance(time=timedelta(minutes=5))),
        ("1.5h", Tolerance(time=timedelta(minutes=90))),
        ("1d", Tolerance(time=timedelta(days=1))),
    ],
)
def test_wordings(text, expected):
    assert tolerance.parse(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "1e5", "5 parsecs", "%", "nan", "1%%", "９"])
def test_what_says_no_distance_is_refused(text):
    with pytest.raises(CodedError) as refused:
        tolerance.parse(text)
    assert refused.value.code == "consistency.tolerance_text"


@pytest.mark.parametrize(
    ("reader", "text", "fits"),
    [
        ("decimal", "1", True),
        ("amount", "1%", True),
        ("integer", "1", True),
        ("date", "1d", True),
        ("datetime", "5min", True),
        ("date", "1", False),
        ("decimal", "1d", False),
        ("phone", "1", False),
        (None, "1", False),
        (None, "1d", False),
    ],
)
def test_a_tolerance_needs_a_number_or_a_time(reader, text, fits):
    limit = tolerance.parse(text)
    if fits:
        tolerance.check("v", reader, limit)
        return
    with pytest.raises(CodedError):
        tolerance.check("v", reader, limit)


digits = st.integers(0, 10**22).map(str)
numbers = st.builds(
    lambda sign, whole, part: f"{sign}{whole}{'.' + part if part else ''}",
    st.sampled_from(["", "-"]),
    digits | st.sampled_from(["0", "100", "999999999999999999", "9" * 30]),
    st.sampled_from(["", "1", "01", "005", "000001", "0000001", "123456789012"]),
)
limits = st.sampled_from(["0", "0.01", "1", "0.0000001", "5", "1000000000", "12345678901234567890"])


@settings(max_examples=some(300, 100), deadline=None, suppress_health_check=list(HealthCheck))
@given(left=numbers, right=numbers, limit=limits, share=st.booleans())
def test_agrees_with_exact_arithmetic(con, left, right, limit, share):
    bound = Decimal(limit)
    with localcontext(prec=200):
        one, other = Decimal(left), Decimal(right)
        reach = bound * max(abs(one), abs(other)) if share else bound
        expected = abs(one - other) <= reach
    found = Tolerance(relative=bound) if share else Tolerance(absolute=bound)
    assert within(con, found, left, right) is expected
    assert within(con, found, right, left) is expected


@pytest.mark.parametrize("text", ["", "x", "1e5", "nan", "Infinity", "１", None, "1 000", "0x1"])
def test_what_is_no_number_is_never_within(con, text):
    for limit in (Tolerance(absolute=Decimal(10) ** 30), Tolerance(relative=Decimal(2))):
        assert within(con, limit, text, "1") is False
        assert within(con, limit, "1", text) is False


@pytest.mark.parametrize(
    ("left", "right", "limit", "expected"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01T12:05:00Z", "5min", True),
        ("2026-03-01T12:00:00Z", "2026-03-01T12:05:00.000001Z", "5min", False),
        ("2026-02-28", "2026-03-01", "1d", True),
        ("2026-02-28", "2026-03-02", "1d", False),
        ("0001-01-01", "9999-12-31", "1d", False),
        ("epoch", "1970-01-01", "1d", False),
        ("infinity", "infinity", "1d", False),
        ("", "2026-03-01", "1d", False),
    ],
)
def test_times(con, left, right, limit, expected):
    assert within(con, tolerance.parse(limit), left, right) is expected
