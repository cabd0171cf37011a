"""Looking ahead saves work and changes nothing."""

from __future__ import annotations

import duckdb
import pytest

from checks import ahead
from checks.normalisers import NORMALISERS, TYPES, install
from checks.prepare import Column, Spec, prepare

READERS = sorted({*NORMALISERS, *(reader.name for reader in TYPES.values())})
# Tidy and untidy texts of every kind, and some that no normaliser can read.
TEXTS = (
    None, "", " ", "abc", "Ａbc ", "云帆科技", "雲帆科技 有限公司", "Acme Co., Ltd", "北京分公司",
    "张三", "張 三", "阿·买提", "13812345678", "+86 138-1234-5678", "010-62345678转12", "a@b.cn",
    "A@B.CN ", "91310000144669425F", "91310000144669425f", "310101199003074514", "2024-03-05",
    "2024/3/5", "20240305", "45356", "2024年3月5日", "2024-03-05 10:11:12", "2024-03-05T10:11:12Z",
    "1234.5", "1,234.50", "¥12万", "-0", "1e5", "50%", "yes", "否", "x\u200by", "\ufeff1", "0.10",
)  # fmt: skip


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE landed (id VARCHAR)")
        for place, name in enumerate(READERS):
            connection.execute(f"ALTER TABLE landed ADD COLUMN {name} VARCHAR")
            assert place < len(TEXTS)
        for row in range(len(TEXTS)):
            texts = [TEXTS[(row + place) % len(TEXTS)] for place in range(len(READERS))]
            marks = ", ".join("?" for _ in range(len(READERS) + 1))
            connection.execute(f"INSERT INTO landed VALUES ({marks})", [str(row), *texts])
        yield connection


SPEC = Spec(
    (Column("id"), *(Column(name, name) for name in READERS)), ("id",), (), "Asia/Shanghai", b"x"
)


def prepared(con, monkeypatch, small, most):
    monkeypatch.setattr(ahead, "SMALL_ROWS", small)
    monkeypatch.setattr(ahead, "MOST_UNTIDY", most)
    done = prepare(con, "landed", "x_", SPEC)
    rows = con.execute(f"SELECT * FROM {done.rows} ORDER BY id").fetchall()
    return rows, done.unread


def test_texts_read_beforehand_are_read_alike(con, monkeypatch):
    small = prepared(con, monkeypatch, 1000, 0.2)
    assert len(small[0]) == len(TEXTS)
    assert prepared(con, monkeypatch, 0, 2.0) == small, "all untidy texts set aside"
    assert prepared(con, monkeypatch, 0, 0.2) == small, "too many of them to be set aside"


def test_untidy_texts_of_a_large_table_are_read_once_and_dropped(con, monkeypatch):
    monkeypatch.setattr(ahead, "SMALL_ROWS", 0)
    monkeypatch.setattr(ahead, "MOST_UNTIDY", 2.0)
    install(con, {"company_name"}, "UTC")
    found = ahead.look(con, "landed", "x_", [("company_name", "company_name")])
    ((texts, distinct),) = con.execute(
        f'SELECT count(*), count(DISTINCT "duiqi text 0") FROM {found["company_name"].aside}'
    ).fetchall()
    assert 0 < texts == distinct < len(TEXTS)
    ahead.clear(con, found)
    tables = con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert tables == [("landed",)]
