"""RuoYi's own schema and seed, unchanged, read as an OA through the preset."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pymysql
import pytest
from pymysql.constants import CLIENT

from checks.dictionary import Entity
from governance.config import Config, load
from governance.config.reach import reach
from governance.sources import open_source
from governance.sources.model import Extract
from tests.config.worlds import written

SEED = Path(__file__).parents[1] / "fixtures" / "ruoyi" / "ry_20260417.sql"
CONFIG = """\
version: 1
company: 若依科技
sources:
  oa: {kind: mariadb, url: "${OA_URL}"}
use: [{file: data/presets/ruoyi.yaml, as: oa}]
entities: {}
"""

pytestmark = pytest.mark.servers


@pytest.fixture
def ruoyi(mariadb_url: str, tmp_path: Path) -> Config:
    parts = urlsplit(mariadb_url)
    con = pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user="root",
        database=parts.path[1:],
        charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS,
    )
    with con, con.cursor() as cursor:
        cursor.execute(SEED.read_text(encoding="utf-8"))
        while cursor.nextset():
            pass
        con.commit()
    return load(written(tmp_path, CONFIG), environ={"OA_URL": mariadb_url})


def rows_of(config: Config, entity: Entity, columns: str) -> list[tuple[str | None, ...]]:
    mapping = entity.mappings[0]
    extract = Extract(entity.name, mapping.columns, mapping.table, mapping.query, mapping.filter)
    source = open_source(config.source("oa"), zone=config.time_zone)
    with source.snapshot() as reader, duckdb.connect() as con:
        reader.read(extract, con, "landed", lambda _: None, lambda: False)
        found = con.execute(f"SELECT {columns} FROM landed ORDER BY ALL").fetchall()
        listed = [name for name, *_ in con.execute("DESCRIBE landed").fetchall()]
    assert "password" not in listed
    return found


def test_staff_are_read_through_the_preset(ruoyi: Config) -> None:
    rows = rows_of(ruoyi, ruoyi.entity("staff"), "staff_no, name, mobile, department_no, status")
    assert rows == [
        ("admin", "若依", "15888888888", "103", "0"),
        ("ry", "若依", "15666666666", "105", "0"),
    ]


def test_departments_are_read_through_the_preset(ruoyi: Config) -> None:
    rows = rows_of(ruoyi, ruoyi.entity("department"), "department_no, name, parent_no")
    assert len(rows) == 10
    assert rows[0] == ("100", "若依科技", "0")
    assert rows[-1] == ("109", "财务部门", "102")


def test_the_account_can_read_all_that_the_preset_maps(ruoyi: Config) -> None:
    (oa,) = reach(ruoyi)
    assert oa.fine
    unmapped = {table.table: table.unmapped for table in oa.tables}
    assert "password" in unmapped["sys_user"]
    assert "sys_role" in oa.spare


def test_deleted_rows_stay_out(ruoyi: Config) -> None:
    parts = urlsplit(ruoyi.source("oa").url or "")
    con = pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user="root",
        database=parts.path[1:],
        autocommit=True,
    )
    with con, con.cursor() as cursor:
        cursor.execute("UPDATE sys_user SET del_flag = '2' WHERE user_name = 'ry'")
    assert rows_of(ruoyi, ruoyi.entity("staff"), "staff_no") == [("admin",)]
