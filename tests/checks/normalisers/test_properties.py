"""What holds for every normaliser, whatever the text."""

from __future__ import annotations

import sys
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from checks.normalisers import NORMALISERS, TYPES, explain, expression, idle, reader
from tests.thorough import some

READERS = sorted({*NORMALISERS, *(reader.name for reader in TYPES.values())})
BLANKS = ["", " ", "\t\r\n", "\u3000", "\u00a0 \u2003", "\u200b", "\ufeff "]
# What real cells are made of, so that generated text gets past the first test of a reader.
PIECES = st.sampled_from(
    [
        *"0123456789.,-+:/%()（）年月日TZ xXeE万亿元¥￥@&·•。﹣－",
        *[
            "有限公司",
            "(集团)",
            "分公司",
            " Co., Ltd.",
            " Inc",
            "GmbH",
            "雲",
            "薴",
            "㑮",
            "乾",
            "北京",
        ],
        *["+86", "0086", "138", "转", "2026-03-01", "2026年3月1日", " 12:00", "+08:00", "1,234"],
        *["\u0301", "\u3099", "か", "ǰ", "J\u030c", "İ", "ß", "ﬁ", "Å", "\u200d", "\x00", "'", '"'],
    ]
)
TEXTS = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=12).map("".join))
FEW = settings(
    max_examples=some(25, 10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def is_text(name: str) -> bool:
    return name in ("text", "code", "company_name", "person_name", "email")


def unstable(con: Any, name: str, relation: str) -> list[tuple[str, str, str | None]]:
    """Values of the relation's column `value` whose canonical text has another canonical text."""
    query = (
        f"SELECT value, once, {expression(name, 'once')} AS twice"
        f" FROM (SELECT value, {expression(name, 'value')} AS once FROM {relation})"
        " WHERE twice IS DISTINCT FROM once LIMIT 5"
    )
    return con.execute(query).fetchall()


# Few examples of many cells: planning the SQL is what such a test costs.
@settings(FEW, max_examples=4)
@given(texts=st.lists(TEXTS, min_size=60, max_size=120))
@pytest.mark.parametrize("name", READERS)
def test_stages_said_to_be_idle_may_be_left_out(con, name, texts):
    con.execute(
        "CREATE OR REPLACE TABLE cells AS SELECT unnest(CAST($1 AS VARCHAR[])) AS v", [texts]
    )
    con.execute("INSERT INTO cells SELECT * FROM VALUES (NULL), (''), (' ')")
    con.execute(f"INSERT INTO cells SELECT {expression(name, 'v')} FROM cells")
    for skip in range(1, len(reader(name).stages) + 1):
        assert not con.execute(
            f"SELECT v FROM cells WHERE {idle(name, 'v')} >= {skip}"
            f" AND {expression(name, 'v')} IS DISTINCT FROM {expression(name, 'v', skip=skip)}"
        ).fetchall()


@pytest.mark.parametrize(
    ("name", "text", "stages"),
    [
        ("code", "KH001", 1),
        ("text", "north wing", 1),
        ("phone", "13800138000", 3),
        ("phone", "(0591)8765-4321", 1),
        ("amount", "12.5", 3),
        ("amount", "12.50", 2),
        ("amount", "¥12.5", 1),
        ("amount", "12 . 5", 0),
        ("date", "2026-03-01", 2),
        ("datetime", "2026-03-01T12:00:00Z", 2),
    ],
)
def test_tidy_texts_let_stages_be_left_out(con, name, text, stages):
    found = con.execute(f"SELECT {idle(name, 'v')} FROM (SELECT $1 AS v)", [text]).fetchone()
    assert found == (stages,)


@pytest.mark.parametrize("name", READERS)
def test_null_stays_null_and_blank_is_read_as_empty(canonical, name):
    assert canonical(name, None, *BLANKS) == [None, *[""] * len(BLANKS)]


@pytest.mark.parametrize("name", READERS)
@FEW
@given(batch=st.lists(TEXTS, min_size=1, max_size=40))
def test_canonical_text_is_its_own_canonical_text(con, canonical, name, batch):
    con.execute("CREATE OR REPLACE TEMP TABLE batch AS SELECT unnest($1) AS value", [batch])
    assert unstable(con, name, "batch") == []


@pytest.mark.parametrize("name", READERS)
def test_every_character_is_stable_alone_and_between_letters(con, name):
    # The planes that hold characters with another form; chr() of a surrogate is no text.
    codes = (
        "range(1, 195104) AS r(code) WHERE code NOT BETWEEN 55296 AND 57343"
        " AND code NOT BETWEEN 131072 AND 194559"
    )
    between = "unnest([c, 'a' || c, '云' || c || '北'])" if is_text(name) else "'1' || c || '2'"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE around AS"
        f" SELECT {between} AS value FROM (SELECT chr(CAST(code AS INTEGER)) AS c FROM {codes})"
    )
    assert unstable(con, name, "around") == []


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "cell",
    [
        "9" * 1_000_000,
        "云 " * 500_000,
        "\x00",
        "1\x002",
        "((((" * 1000,
        "1," * 100_000,
        "\U0010ffff",
    ],
    ids=["digits", "spaced", "nul", "nul-inside", "brackets", "groups", "last-character"],
)
def test_hostile_cells_are_read_or_left_but_never_raise(con, canonical, name, cell):
    (once,) = canonical(name, cell)
    if once is not None:
        assert canonical(name, once) == [once]


@pytest.mark.parametrize("name", READERS)
@FEW
@given(text=TEXTS)
def test_rules_fire_exactly_when_the_text_changes(con, canonical, name, text):
    (read,) = canonical(name, text)
    assert bool(explain(con, name, text)) == (read is not None and read != text)


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, places=None),
    unit=st.sampled_from(["", "万", "亿", "万元", "千元"]),
)
@FEW
def test_amounts_are_exact(canonical, number, unit):
    assume(abs(number.adjusted()) < 300)
    power = {"": 0, "万": 4, "亿": 8, "万元": 4, "千元": 3}[unit]
    with_unit = f"{number:f}{unit}"
    (read,) = canonical("amount", with_unit)
    with localcontext(prec=2000):
        assert Decimal(read) == number.scaleb(power)
    assert "e" not in read.lower()
    assert not read.startswith("-0") or "." in read


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)
)
@FEW
def test_one_number_however_written_is_one_text(canonical, number):
    plain = f"{number:f}"
    signless = plain.removeprefix("-")
    sign = "-" if plain != signless else ""
    padded = f"{sign}000{signless}" + ("00" if "." in signless else ".00")
    assert len(set(canonical("decimal", plain, padded, f"{number:E}"))) == 1
    assert len(set(canonical("amount", plain, padded, f" {plain} ", f"¥{plain}"))) == 1


def test_the_largest_text_python_allows_is_no_limit_here(canonical):
    digits = "1" + "0" * (sys.get_int_max_str_digits() + 10)
    assert canonical("integer", f"00{digits}") == [digits]
