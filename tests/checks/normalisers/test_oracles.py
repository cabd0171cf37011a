"""Where a well-kept library knows the rule, ours agrees with it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import opencc
import phonenumbers
import pytest
from stdnum.cn import ric, uscc

from checks.normalisers import expression, install
from checks.normalisers.unicode import simplified_table

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_credit_codes_agree_with_stdnum(canonical):
    dice = random.Random(32100)
    bodies = [
        "91" + "".join(dice.choices("0123456789", k=6)) + "".join(dice.choices(ALPHABET, k=9))
        for _ in range(300)
    ]
    codes = [body + uscc.calc_check_digit(body) for body in bodies]
    wrong = [body + dice.choice(ALPHABET) for body in bodies]
    assert canonical("credit_code", *codes) == codes
    assert canonical("credit_code", *wrong) == [
        code if uscc.is_valid(code) else None for code in wrong
    ]


def test_citizen_ids_agree_with_stdnum(canonical):
    dice = random.Random(11643)
    first = datetime(1930, 1, 1)  # noqa: DTZ001
    bodies = [
        f"110105{first + timedelta(days=dice.randrange(30_000)):%Y%m%d}{dice.randrange(1000):03}"
        for _ in range(300)
    ]
    ids = [body + ric.calc_check_digit(body + "0") for body in bodies]
    wrong = [body + dice.choice("0123456789X") for body in bodies]
    assert canonical("id_number", *ids) == ids
    assert canonical("id_number", *wrong) == [n if ric.is_valid(n) else None for n in wrong]


@pytest.mark.parametrize(
    "written",
    [
        "+86 138 1234 5678", "+86 10 6552 9988", "+86 755 8888 8888", "+86 21 5555 1234",
        "+86 400 810 1234", "010-65529988", "13912345678", "0571-87654321", "+86-0571-87654321",
    ],
)  # fmt: skip
def test_chinese_phone_numbers_agree_with_phonenumbers(canonical, written):
    number = phonenumbers.parse(written, "CN")
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert canonical("phone", written) == [national.replace(" ", "")]


@pytest.mark.parametrize("written", ["+1 650-253-0000", "+852 2123 4567", "+44 20 7031 3000"])
def test_foreign_phone_numbers_agree_with_phonenumbers(canonical, written):
    number = phonenumbers.parse(written, "CN")
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert canonical("phone", written) == [international]


@pytest.mark.parametrize(
    "name",
    [
        "雲帆科技發展有限公司",
        "臺灣積體電路製造",
        "國際貿易（廣東）",
        "東莞電子廠",
        "華潤醫藥",
        "張偉",
        "劉備",
        "鄧麗君",
    ],
)
def test_traditional_names_agree_with_opencc(canonical, name):
    simplified = opencc.OpenCC("t2s").convert(name)
    assert len(set(canonical("company_name", name, simplified))) == 1
    assert len(set(canonical("person_name", name, simplified))) == 1


def test_every_traditional_character_agrees_with_opencc(canonical):
    converter = opencc.OpenCC("t2s")
    characters = [chr(code) for code in simplified_table()]
    ends = [converter.convert(converter.convert(character)) for character in characters]
    assert canonical("person_name", *characters) == ends


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"])
def test_local_times_agree_with_the_time_zone_database(zone):
    con = duckdb.connect()
    install(con, ["datetime"], zone)
    dice = random.Random(8601)
    start = datetime(1992, 1, 1)  # noqa: DTZ001
    moments = [start + timedelta(seconds=dice.randrange(10**9)) for _ in range(500)]
    # Times that no clock showed, or showed twice, have their own test.
    there = ZoneInfo(zone)
    once = [
        moment
        for moment in moments
        if moment.replace(tzinfo=there).utcoffset()
        == moment.replace(tzinfo=there, fold=1).utcoffset()
    ]
    query = f"SELECT {expression('datetime', 'value')} FROM (SELECT unnest($1) AS value)"
    found = con.execute(query, [[f"{moment:%Y-%m-%d %H:%M:%S}" for moment in once]]).fetchall()
    utc = [moment.replace(tzinfo=there).astimezone(ZoneInfo("UTC")) for moment in once]
    assert found == [(f"{moment:%Y-%m-%dT%H:%M:%SZ}",) for moment in utc]


def test_hours_that_the_clock_skips_or_repeats_have_one_fixed_reading():
    con = duckdb.connect()
    install(con, ["datetime"], "Europe/Berlin")
    query = f"SELECT {expression('datetime', 'value')} FROM (SELECT unnest($1) AS value)"
    skipped, repeated = "2026-03-29 02:30:00", "2026-10-25 02:30:00"
    assert con.execute(query, [[skipped, repeated]]).fetchall() == [
        ("2026-03-29T01:30:00Z",),
        ("2026-10-25T01:30:00Z",),
    ]
