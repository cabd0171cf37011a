"""MariaDB: the protocol's raw text, one moment, all or nothing."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pymysql
import pytest

from checks.dictionary import Condition
from governance.errors import SchemaDrift, SourceRefused, SourceUnavailable
from governance.sources import mysql_rows

EDGE = """
CREATE TABLE edge (id int PRIMARY KEY, flag tinyint(1), d date, dt datetime(3), ts timestamp NULL,
    tm time, y year, en enum('客户','供应商',''), st set('a','b'), b1 bit(1), b64 bit(64),
    bin4 binary(4), dec65 decimal(65,30), bu bigint unsigned, f float, dbl double,
    g varchar(50) CHARACTER SET gbk, l1 varchar(50) CHARACTER SET latin1, u4 varchar(50),
    e varchar(10), js json, lt longtext, z int(5) zerofill)
"""
VALUES = """
INSERT INTO edge VALUES
(1,1,'2026-03-01','2026-03-01 12:00:00.123','2026-03-01 12:00:00','12:00:00',2026,'客户','a,b',b'1',
 0xFFFFFFFFFFFFFFFF,'ab',12345678901234567890123456789012345.123456789012345678901234567890,
 18446744073709551615,1234567.89,0.1,'张三㈱','café','😀𠮷','','{"a":1.10}',repeat('长',200000),7),
(2,2,'0000-00-00','0000-00-00 00:00:00','0000-00-00 00:00:00','-838:59:59',0,'','',b'0',0,'',
 -0.000000000000000000000000000001,0,0,0,'','','','NULL','null','',0),
(3,0,'2026-02-00','2026-00-00 00:00:00.000',NULL,'100:00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,
 NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
(4,1,'9999-12-31','9999-12-31 23:59:59.999','2038-01-19 03:14:07','23:59:59',1901,'供应商','a',b'1',
 1,'a\\0',1,9223372036854775808,3.5e38 / 2,1e308,'中','x','a\\tb\\nc\\\\d','\\\\N','"s"',
 '=1+1<b>',99999)
"""
LANDED = [
    ("1", "1", "2026-03-01", "2026-03-01 12:00:00.123", "2026-03-01 12:00:00+00:00", "12:00:00",
     "2026", "客户", "a,b", "1", "18446744073709551615", "61620000",
     "12345678901234567890123456789012345.123456789012345678901234567890",
     "18446744073709551615", "1234567.875", "0.1", "张三㈱", "café", "😀𠮷", "", '{"a":1.10}',
     "长" * 200000, "00007"),
    ("2", "2", "0000-00-00", "0000-00-00 00:00:00.000", "0000-00-00 00:00:00", "-838:59:59", "0000",
     "", "", "0", "0", "00000000", "-0.000000000000000000000000000001", "0", "0", "0", "", "", "",
     "NULL", "null", "", "00000"),
    ("3", "0", "2026-02-00", "2026-00-00 00:00:00.000", None, "100:00:00", *[None] * 17),
    ("4", "1", "9999-12-31", "9999-12-31 23:59:59.999", "2038-01-19 03:14:07+00:00", "23:59:59",
     "1901", "供应商", "a", "1", "1", "61000000", "1.000000000000000000000000000000",
     "9223372036854775808", "1.749999969403008e38", "1e308", "中", "x", "a\tb\nc\\d", "\\N", '"s"',
     "=1+1<b>", "99999"),
]  # fmt: skip


@contextmanager
def session(url: str) -> Iterator[Any]:
    parts = urlsplit(url)
    conn = pymysql.connect(
        host=parts.hostname, port=parts.port or 3306, user="root", database=parts.path[1:],
        charset="utf8mb4", autocommit=True,
    )  # fmt: skip
    with contextlib.closing(conn), conn.cursor() as cursor:
        yield cursor


def run(url: str, *statements: str) -> None:
    with session(url) as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def account(url: str, *grants: str) -> Iterator[str]:
    """The same database's address for a new account with these grants."""
    name = f"duiqi_{uuid.uuid4().hex[:10]}"
    run(url, f"CREATE USER {name} IDENTIFIED BY 'pa#s'", *(g.format(name) for g in grants))
    try:
        yield url.replace("root@", f"{name}:pa%23s@")
    finally:
        run(url, f"DROP USER {name}")


def test_every_value_lands_as_text_without_loss(desk: Any, mariadb_url: str) -> None:
    with session(mariadb_url) as cursor:
        cursor.execute("SET sql_mode = '', time_zone = '+00:00'")
        cursor.execute(EDGE)
        cursor.execute(VALUES)
    with desk.open(mariadb_url) as reader:
        landed = desk.take(reader, table="edge")
    rows = desk.rows()
    for got, wanted in zip(rows, LANDED, strict=True):
        assert got == wanted
    assert landed.types["dec65"] == "decimal(65,30)"
    assert landed.notes == ()


def test_a_query_prints_the_same_as_its_table(desk: Any, mariadb_url: str) -> None:
    with session(mariadb_url) as cursor:
        cursor.execute("SET sql_mode = '', time_zone = '+00:00'")
        cursor.execute(EDGE)
        cursor.execute(VALUES)
    table = desk.read(mariadb_url, table="edge")
    assert table == LANDED
    assert desk.read(mariadb_url, query="SELECT * FROM edge -- all") == table


def test_filter_is_exact_and_bound(desk: Any, mariadb_url: str) -> None:
    run(
        mariadb_url,
        "CREATE TABLE `客户 ``%s` (id int, `状态%s` varchar(20))",
        "INSERT INTO `客户 ``%s` VALUES (0,'Abc'), (1,'abc'), (2,'abc '), (3,NULL),"
        " (4,'\\\\\\' OR 1')",
    )  # fmt: skip
    table = "客户 `%s"

    def ids(column: str, *values: str | None, negated: bool = False) -> list[str]:
        condition = Condition(column, values, negated)
        return [row[0] for row in desk.read(mariadb_url, "id", table=table, filter=(condition,))]

    assert ids("状态%s", "abc") == ["1"]
    assert ids("状态%s", "abc", negated=True) == ["0", "2", "3", "4"]
    assert ids("状态%s", "\\' OR 1", None) == ["3", "4"]
    assert ids("id", "one") == []
    assert ids("id", "0", "4") == ["0", "4"]


def test_one_snapshot_sees_one_moment(desk: Any, mariadb_url: str) -> None:
    run(
        mariadb_url,
        "CREATE TABLE a (id int)",
        "CREATE TABLE b (id int)",
        "INSERT INTO b VALUES (1)",
    )
    with desk.open(mariadb_url) as reader:
        run(mariadb_url, "INSERT INTO a VALUES (9)")
        assert desk.take(reader, table="a").rows == 0
        run(mariadb_url, "INSERT INTO b VALUES (9)")
        assert desk.take(reader, table="b").rows == 1
    assert desk.read(mariadb_url, table="a") == [("9",)]


def test_a_table_without_transactions_is_said(desk: Any, mariadb_url: str) -> None:
    run(mariadb_url, "CREATE TABLE t (id int) ENGINE=MyISAM")
    with desk.open(mariadb_url) as reader:
        landed = desk.take(reader, table="t")
    assert [(n.code, n.params["engine"]) for n in landed.notes] == [("source.engine", "MyISAM")]


def test_nothing_can_be_written(desk: Any, mariadb_url: str) -> None:
    run(
        mariadb_url,
        "CREATE TABLE t (id int)",
        "CREATE FUNCTION f() RETURNS int BEGIN INSERT INTO t VALUES (1); RETURN 1; END",
    )
    with pytest.raises(SourceRefused, match="query_failed"):
        desk.read(mariadb_url, "id", query="SELECT f() AS id")
    assert desk.read(mariadb_url, table="t") == []


def test_a_vanished_table_or_column_leaves_the_snapshot_usable(desk: Any, mariadb_url: str) -> None:
    run(mariadb_url, "CREATE TABLE customers (id int, name text)")
    with desk.open(mariadb_url) as reader:
        with pytest.raises(SchemaDrift) as caught:
            desk.take(reader, "id", table="customer")
        assert caught.value.params["nearest"] == "customers"
        with pytest.raises(SchemaDrift) as caught:
            desk.take(reader, "id", "names", table="customers")
        assert caught.value.params["nearest"] == "names → name"
        with pytest.raises(SourceRefused, match="query_failed"):
            desk.take(reader, "id", query="SELECT no_such AS id FROM customers")
        assert desk.take(reader, "ID", table="customers").rows == 0


REBUILT = [
    "ALTER TABLE b MODIFY x text",
    "TRUNCATE b",
    "RENAME TABLE b TO old; CREATE TABLE b AS SELECT * FROM old",
]


@pytest.mark.parametrize("change", REBUILT)
@pytest.mark.parametrize("query", [None, "SELECT * FROM b"])
def test_a_table_rebuilt_after_the_snapshot_is_told_and_never_reads_as_empty(
    desk: Any, mariadb_url: str, change: str, query: str | None
) -> None:
    tables = [f"CREATE TABLE {t} AS SELECT 1 AS id, 'one' AS x" for t in "ab"]
    run(mariadb_url, *tables)
    table = None if query else "b"
    with desk.open(mariadb_url) as reader:
        assert desk.take(reader, "id", "x", table="a").rows == 1
        run(mariadb_url, *change.split("; "))
        with pytest.raises(SourceUnavailable, match="rebuilt"):
            desk.take(reader, "id", "x", table=table, query=query, into="second")
    assert desk.tables() == ["landed"]
    rows = desk.read(mariadb_url, "id", "x", table=table, query=query)
    assert len(rows) == ("TRUNCATE" not in change)


def test_an_account_without_the_right_is_refused_and_the_rest_read(
    desk: Any, mariadb_url: str
) -> None:
    run(mariadb_url, "CREATE TABLE t (id int, pay int)", "CREATE TABLE u (id int)")
    base = urlsplit(mariadb_url).path[1:]
    rights = (f"GRANT SELECT (id) ON `{base}`.t TO {{}}",)
    with account(mariadb_url, *rights) as url, desk.open(url) as reader:
        with pytest.raises(SourceRefused, match="no_select_column"):
            desk.take(reader, "pay", table="t")
        with pytest.raises(SourceRefused, match="no_select"):
            desk.take(reader, "id", table="u")
        assert desk.take(reader, "id", table="t").rows == 0
        assert [(i.name, i.readable) for i in reader.catalogue()] == [("t", True)]


def test_errors_of_the_address_tell_no_password(desk: Any, mariadb_url: str) -> None:
    host = mariadb_url.partition("@")[2].partition("/")[0]
    with account(mariadb_url) as url:
        user = url.partition("://")[2].partition(":")[0]
        cases = [
            ("mysql://u:s3cret@127.0.0.1:1/db", SourceUnavailable, "source.unreachable"),
            (f"mysql://root@{host}/no_such_db", SourceRefused, "source.database_missing"),
            (f"mysql://{user}:s3cret@{host}/", SourceRefused, "source.login"),
            (f"mysql://root:s3cret@{host}/?compress=1", SourceRefused, "source.address_option"),
            ("mysql://root:s3cret@host:port/", SourceRefused, "source.address"),
        ]
        for address, kind, code in cases:
            with pytest.raises(kind) as caught, desk.open(address):
                pass
            assert caught.value.code == code
            assert "s3cret" not in str(caught.value)


SLOW = "SELECT seq AS id, repeat('x', 2000) AS v FROM seq_1_to_100000000"


def busy(url: str) -> list[int]:
    database = urlsplit(url).path[1:]
    with session(url) as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = %s AND id <> connection_id() AND command <> 'Sleep'",
            [database],
        )
        return [row[0] for row in cursor.fetchall()]


class Cut:
    """Progress that does something once, at the first report."""

    def __init__(self, action: Any) -> None:
        self.action, self.rows = action, 0

    def append(self, rows: int) -> None:
        if not self.rows:
            self.action()
        self.rows = rows


def test_a_connection_cut_half_way_leaves_no_table(desk: Any, mariadb_url: str) -> None:
    def kill() -> None:
        run(mariadb_url, *(f"KILL {process}" for process in busy(mariadb_url)))

    with desk.open(mariadb_url) as reader:
        desk.progress = Cut(kill)
        with pytest.raises(SourceUnavailable, match="lost"):
            desk.take(reader, "id", "v", query=SLOW)
    assert desk.progress.rows >= 50_000
    assert desk.tables() == []


@pytest.mark.parametrize("query", [SLOW, "SELECT SLEEP(60) AS id, 'x' AS v"])
def test_a_stop_releases_the_source_within_a_second(
    desk: Any, mariadb_url: str, query: str
) -> None:
    stop = Soon(0.5)
    with desk.open(mariadb_url) as reader:
        with pytest.raises(SourceUnavailable, match="stopped"):
            desk.take(reader, "id", "v", query=query, stop=stop)
        while busy(mariadb_url) and stop.ago() < 60:
            time.sleep(0.01)
        # A second for the source; the rest is room for a machine that is busy with other tests.
        assert stop.ago() < 3
    assert desk.tables() == []


def test_a_stop_releases_the_source_while_rows_are_still_being_parsed(
    desk: Any, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def parse(*_: Any) -> None:
        seen.append(len(busy(mariadb_url)))
        since = time.monotonic()
        while busy(mariadb_url) and time.monotonic() < since + 3:
            time.sleep(0.01)
        seen.append(len(busy(mariadb_url)))

    monkeypatch.setattr(mysql_rows, "append", parse)
    with desk.open(mariadb_url) as reader, pytest.raises(SourceUnavailable, match="stopped"):
        desk.take(reader, "id", "v", query=SLOW, stop=lambda: bool(seen))
    assert seen == [1, 0]


class Soon:
    """A stop that says so from some seconds on."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def __call__(self) -> bool:
        return self.ago() >= 0

    def ago(self) -> float:
        return time.monotonic() - self.at


def test_a_slow_read_times_out(desk: Any, mariadb_url: str) -> None:
    limit = timedelta(seconds=1)
    with (
        desk.open(mariadb_url, timeout=limit) as reader,
        pytest.raises(SourceUnavailable) as caught,
    ):
        desk.take(reader, "id", query="SELECT SLEEP(60) AS id")
    assert caught.value.code == "source.timeout"


def test_a_locked_table_is_given_up(desk: Any, mariadb_url: str) -> None:
    run(mariadb_url, "CREATE TABLE t (id int)")
    with session(mariadb_url) as other, desk.open(mariadb_url) as reader:
        other.execute("LOCK TABLES t WRITE")
        with pytest.raises(SourceUnavailable, match="locked"):
            desk.take(reader, "id", table="t")
