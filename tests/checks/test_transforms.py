"""Each way in which a value becomes another, with what is one and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from checks import transforms
from checks.transforms import WAYS

Con = duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def con() -> Iterator[Con]:
    with duckdb.connect() as connection:
        transforms.install(connection)
        transforms.install(connection)
        yield connection


def ways(con: Con, left: str, right: str) -> set[tuple[str, str, str]]:
    """Way, the side that has become, and the parameter."""
    con.execute(
        "CREATE OR REPLACE TABLE one AS SELECT 'i' AS id, 'f' AS field, 0 AS trial,"
        " CAST(? AS VARCHAR) AS l, CAST(? AS VARCHAR) AS r",
        [left, right],
    )
    transforms.prepare(con, "turned", "one")
    rows = con.execute(f"SELECT way, side, param FROM ({transforms.matched('turned')})").fetchall()
    return set(rows)


CASES = [
    ("width", "ＡＢ１２（甲）", "AB12(甲)", "right", "", ("AB12", "AB13")),
    ("case", "abc", "ABC", "right", "", ("abc", "ABD")),
    ("script", "機電設備", "机电设备", "right", "", ("機電", "机械")),
    ("blanks", "a b", "ab", "right", "", ("a b", "a c")),
    ("writing", "ＡＢ 機電", "ab机电", "right", "", ("ＡＢ 機電", "ab机械")),
    ("legal_form", "苏州瑞达有限公司", "苏州瑞达", "right", "", ("苏州瑞达有限公司", "苏州瑞")),
    ("legal_form", "acme", "Acme Co., Ltd.", "left", "", ("acme", "Acme Cologne")),
    ("legal_forms", "瑞达有限责任公司", "瑞达有限公司", "right", "", ("瑞达有限公司", "瑞大公司")),
    ("zeros", "000123", "123", "right", "", ("000123", "1230")),
    ("zeros", "000123", "123.0", "right", "", ("123", "0123.5")),
    ("scientific", "911201001497082777", "9.11201E+17", "right", "",
     ("911201001497082777", "9.11301E+17")),
    ("digits", "6217001234567890123", "6217001234567890000", "right", "",
     ("6217001234567890123", "6217001234567990000")),
    ("digits", "913205008555368047", "913205008555367936", "right", "",
     ("123456789012345", "123456789012300")),
    ("factor", "125.5", "12550", "right", "2", ("125.5", "12551")),
    ("factor", "120000", "12", "right", "-4", ("120000", "13")),
    ("taxed", "100", "113", "right", "1.13", ("100", "114")),
    ("negated", "12.5", "-12.5", "right", "", ("12.5", "-12.6")),
    ("rounded", "12.34", "12", "right", "", ("12.34", "14")),
    ("day_month", "2026-03-04", "2026-04-03", "right", "", ("2026-03-04", "2026-04-04")),
    ("zone", "2026-03-01T05:00:00Z", "2026-02-28T21:00:00Z", "right", "-480",
     ("2026-03-01T05:00:00Z", "2026-02-28T21:07:00Z")),
    ("zone", "2026-03-01T05:00:00Z", "2026-03-01T10:30:00Z", "right", "330",
     ("2026-03-01T05:00:00Z", "2026-03-02T05:00:00Z")),
    ("days", "2026-03-04", "2026-03-05", "right", "1", ("2026-03-04", "2026-03-07")),
    ("years", "2026-03-04", "2025-03-04", "right", "-1", ("2026-03-04", "2012-03-04")),
    ("lost", "张喆", "张?", "right", "", ("张喆", "李?")),
    ("trimmed", "江苏省无锡市新吴区", "江苏省无锡", "right", "5", ("江苏省无锡市", "江苏省南京")),
    ("trimmed", "a" * 60, "a" * 50, "right", "50", ("a" * 60, "a" * 49 + "b")),
    ("trimmed_bytes", "长江路A座1203室", "长江路A座1", "right", "10", ("长江路A座", "黄河路A")),
    ("suffix", "数控车床", "数控车床合同", "right", "合同", ("数控车床", "数控机床合同")),
    ("prefix", "10001", "YF10001", "right", "YF", ("10001", "YF10002")),
]  # fmt: skip


@pytest.mark.parametrize(("way", "left", "right", "side", "param", "near"), CASES)
def test_a_way_is_known_and_a_near_miss_is_not(
    way: str, left: str, right: str, side: str, param: str, near: tuple[str, str], con: Con
) -> None:
    assert (way, side, param) in ways(con, left, right)
    assert way not in {known for known, _, _ in ways(con, *near)}


def test_every_way_has_its_case() -> None:
    assert {way for way, *_ in CASES} == {way.code for way in WAYS}


@pytest.mark.parametrize(("way", "left", "right"), [(c[0], c[1], c[2]) for c in CASES])
def test_a_way_is_the_same_from_the_other_side(way: str, left: str, right: str, con: Con) -> None:
    """Mirrored, the same way is told of the other side; ways that look alike stay as they are."""
    there = {side for known, side, _ in ways(con, left, right) if known == way}
    back = {side for known, side, _ in ways(con, right, left) if known == way}
    if next(w for w in WAYS if w.code == way).both:
        assert there == back == {"right"}
    else:
        assert back == {"left" if side == "right" else "right" for side in there}


@pytest.mark.parametrize("hostile", ["%", "_", "\\", "'", "\x00"[:0], "9" * 400, "E", "-", "."])
def test_odd_text_is_neither_an_error_nor_a_pattern(hostile: str, con: Con) -> None:
    known = {way.code for way in WAYS}
    for other in ("1", "a?", "0" + hostile, hostile * 2):
        assert {way for way, _, _ in ways(con, hostile, other)} <= known
    # As a pattern it would be found in any text, and so count as what was cut off.
    cut = {way for way, _, _ in ways(con, hostile + "abcdefgh", "abcdefgh")}
    assert ("trimmed" in cut) == (hostile == "")
