"""The package as others call it."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

from checks.errors import CodedError
from checks.normalisers import NORMALISERS, TYPES, explain, expression, install, reader
from checks.sql import quoted

CONTRACT = {
    "text", "code", "company_name", "person_name", "phone", "email", "credit_code", "id_number",
    "date", "datetime", "amount", "percent",
}  # fmt: skip


def test_every_name_of_the_command_contract_is_there():
    assert NORMALISERS.keys() >= CONTRACT
    assert TYPES.keys() == {"code", "integer", "decimal", "boolean", "date", "datetime"}


def test_an_unknown_name_says_which_are_allowed():
    with pytest.raises(CodedError) as caught:
        reader("fone")
    assert caught.value.code == "normaliser.unknown"
    assert caught.value.params["name"] == "fone"
    assert "phone" in caught.value.params["allowed"]


def test_an_unknown_zone_is_refused_before_anything_is_read():
    with pytest.raises(CodedError) as caught:
        install(duckdb.connect(), ["datetime"], "Asia/Peking'")
    assert caught.value.code == "normaliser.unknown_zone"


def test_installing_again_takes_the_new_zone():
    con = duckdb.connect()
    for zone, hour in (("Asia/Shanghai", "04"), ("UTC", "12")):
        install(con, ["datetime", "company_name"], zone)
        query = f"SELECT {expression('datetime', 'x')} FROM (SELECT '2026-03-01 12:00:00' AS x)"
        assert con.execute(query).fetchall() == [(f"2026-03-01T{hour}:00:00Z",)]


def test_readers_in_plain_sql_import_neither_pyarrow_nor_opencc():
    code = (
        "import sys, duckdb\n"
        "from checks.normalisers import *\n"
        "con = duckdb.connect()\n"
        "install(con, ['phone', 'date', 'datetime', 'amount', 'credit_code', 'decimal'], 'UTC')\n"
        "con.execute('SELECT ' + expression('amount', 'x') + ' FROM (SELECT $1 AS x)', ['1.1万'])\n"
        "assert not {'pyarrow', 'opencc'} & sys.modules.keys()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("AssertionError")) == (0, 0), done.stderr


def test_a_column_may_have_any_name_and_stand_in_any_expression():
    con = duckdb.connect()
    install(con, NORMALISERS, "Asia/Shanghai")
    odd = quoted('金额 "含税"')
    relation = f"(SELECT '1.1万' AS {odd}, 'x' AS duiqi_v0) AS t"
    for column in (odd, f"t.{odd}", f"concat({odd}, '')"):
        query = f"SELECT {expression('amount', column)} FROM {relation}"
        assert con.execute(query).fetchall() == [("11000",)]


@pytest.mark.parametrize(
    ("name", "value", "rules"),
    [
        ("company_name", "云帆科技", ()),
        ("company_name", "云帆科技有限公司", ("legal_form",)),
        ("company_name", "雲帆（北京）Co., Ltd.", ("nfkc", "simplified", "case", "legal_form")),
        ("phone", "+86 138-1234-5678", ("white_space", "separators", "country_code")),
        ("amount", "¥1.1万", ("currency", "unit", "number")),
        ("date", "2026/3/1", ("date_form", "padding")),
        ("date", "no date", ()),
        ("datetime", "2026-03-01 12:00:00+08", ("utc",)),
    ],
)  # fmt: skip
def test_the_rules_that_fired_are_named(con, name, value, rules):
    assert explain(con, name, value) == rules
