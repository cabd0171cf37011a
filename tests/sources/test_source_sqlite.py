"""SQLite read-only, and any SQLAlchemy dialect."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from checks.dictionary import Condition
from governance.errors import SchemaDrift, SourceRefused, SourceUnavailable

TABLE = """
CREATE TABLE "客户 ""%" (id INTEGER PRIMARY KEY, v, "状态:s" TEXT);
INSERT INTO "客户 ""%" VALUES (1, 1.10, 'a'), (2, 0.1, ''), (3, NULL, NULL), (4, x'00ff', 'A'),
    (5, '1.10', '=1+1'), (6, 12345678901234567, 'NULL'), (7, 1e300, '云');
"""
ROWS = [
    ("1", "1.1", "a"), ("2", "0.1", ""), ("3", None, None), ("4", "00FF", "A"),
    ("5", "1.10", "=1+1"), ("6", "12345678901234567", "NULL"), ("7", "1e+300", "云"),
]  # fmt: skip
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id FROM n"
NAME = '客户 "%'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "客户?#.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(TABLE)
    conn.close()
    return path


@pytest.fixture(params=["sqlite", "sqlalchemy"])
def reach(request: pytest.FixtureRequest, file: Path) -> dict[str, Any]:
    """The same file, as SQLite's own kind and through SQLAlchemy."""
    if request.param == "sqlite":
        return {"kind": "sqlite", "path": file}
    plain = file.rename(file.with_name("plain.db"))
    return {"kind": "sqlalchemy", "url": f"sqlite:///{plain}", "path": None}


def test_values_land_as_text(desk: Any, file: Path, reach: dict[str, Any]) -> None:
    with desk.open(file, **reach) as reader:
        landed = desk.take(reader, table=NAME)
    assert desk.rows() == ROWS
    assert landed.types["id"] == "INTEGER"


def test_filter_and_query(desk: Any, file: Path, reach: dict[str, Any]) -> None:
    with desk.open(file, **reach) as reader:
        desk.take(reader, "id", table=NAME, filter=(Condition("状态:s", ("a", None)),))
        assert desk.rows() == [("1",), ("3",)]
        desk.take(reader, "id", table=NAME, filter=(Condition("id", ("1", "2", "3", "4"), True),))
        assert desk.rows() == [("5",), ("6",), ("7",)]
        desk.take(reader, query="SELECT 'a:b' AS \"x\", '50%' AS y -- note")
        assert desk.rows() == [("a:b", "50%")]


def test_a_vanished_table_or_column_is_named(desk: Any, file: Path, reach: dict[str, Any]) -> None:
    with desk.open(file, **reach) as reader:
        with pytest.raises(SchemaDrift) as caught:
            desk.take(reader, "id", table="客户 表")
        assert caught.value.params["nearest"] == NAME
        with pytest.raises(SchemaDrift) as caught:
            desk.take(reader, "id", "状态s", table=NAME)
        assert caught.value.params["nearest"] == "状态s → 状态:s"
        assert [info.name for info in reader.catalogue()] == [NAME]


def test_one_snapshot_sees_one_moment(desk: Any, file: Path) -> None:
    with sqlite3.connect(file) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        with desk.open(file) as reader:
            assert desk.take(reader, table=NAME).rows == 7
            writer.execute('DELETE FROM "客户 ""%"')
            writer.commit()
            assert desk.take(reader, table=NAME).rows == 7
        assert desk.read(file, table=NAME) == []
    writer.close()


def test_nothing_can_be_written(desk: Any, file: Path) -> None:
    with desk.open(file) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.conn.execute('DELETE FROM "客户 ""%"')


def test_what_is_no_database_is_refused(desk: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    file.write_text("id,name\n" * 1000)
    with pytest.raises(SourceRefused, match="not_database"), desk.open(file):
        pass
    with pytest.raises(SourceUnavailable, match="file_missing"), desk.open(tmp_path / "none.db"):
        pass
    assert not (tmp_path / "none.db").exists()


def test_a_locked_file_is_tried_again_later(desk: Any, file: Path) -> None:
    with sqlite3.connect(file, isolation_level=None) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SourceUnavailable, match="locked"), desk.open(file):
            pass
    writer.close()


def test_a_stop_ends_an_endless_read(desk: Any, file: Path, reach: dict[str, Any]) -> None:
    told = threading.Event()
    desk.progress = Told(told)
    with desk.open(file, **reach) as reader, pytest.raises(SourceUnavailable, match="stopped"):
        desk.take(reader, "id", query=ENDLESS, stop=told.is_set)
    assert desk.tables() == []


class Told:
    """Progress that sets an event."""

    def __init__(self, event: threading.Event) -> None:
        self.event = event

    def append(self, rows: int) -> None:
        self.event.set()


def test_sqlalchemy_reads_a_server_in_one_moment(desk: Any, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE t (id int, n numeric(9,2), at timestamptz, j jsonb, b bool)")
        conn.execute(
            "INSERT INTO t VALUES (1, 1.10, '2026-03-01 12:00+08', '{\"b\": 1, \"a\": 2}', true)"
        )
        url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
        with desk.open("x.csv", kind="sqlalchemy", path=None, url=url) as reader:
            landed = desk.take(reader, "id", "n", "j", "b", table="public.t")
            conn.execute("INSERT INTO t VALUES (2)")
            assert desk.take(reader, "id", table="t", into="again").rows == 1
    assert desk.rows() == [("1", "1.10", '{"a": 2, "b": 1}', "true")]
    assert landed.notes == ()


def test_sqlalchemy_reads_in_pieces(desk: Any, file: Path) -> None:
    reach = {"kind": "sqlalchemy", "url": "sqlite://", "path": None}
    query = ENDLESS + " LIMIT 130000"
    with desk.open(file, **reach) as reader:
        assert desk.take(reader, "id", query=query).rows == 130_000
    assert desk.progress == [50_000, 100_000]


def test_sqlalchemy_addresses_tell_no_password(desk: Any) -> None:
    cases = [
        ("postgresql+psycopg://u:s3cret@127.0.0.1:1/db", "source.unreachable"),
        ("nosuch+driver://u:s3cret@h/db", "source.driver_missing"),
        ("mssql+pymssql://u:s3cret@h/db", "source.driver_missing"),
        ("u:s3cret", "source.address"),
    ]
    for url, code in cases:
        with pytest.raises((SourceRefused, SourceUnavailable)) as caught:
            desk.read("x.csv", kind="sqlalchemy", table="t", url=url)
        assert caught.value.code == code
        assert "s3cret" not in str(caught.value)
