"""PostgreSQL: what the server prints, one moment, all or nothing."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from checks.dictionary import Condition
from governance.errors import SchemaDrift, SourceRefused, SourceUnavailable
from governance.sources import postgresql

EDGE = """
CREATE TABLE edge (id int PRIMARY KEY, b bool, d date, ts timestamp, tz timestamptz,
    iv interval, n numeric, nbig numeric(60,10), f real, dbl double precision, j json, ar text[],
    bt bytea, bi bit(8), e varchar(10), ch char(5), lt text, tm time);
INSERT INTO edge VALUES
 (1, true, '2026-03-01', '2026-03-01 12:00:00.123456', '2026-03-01 12:00:00.123456+08',
  '1 mon 2 days 03:04:05', 12345678901234567890.123456789012345, 1.5, 0.1, 0.1, '{"a":1.10}',
  '{甲,NULL,""}', '\\x00ff', B'10000001', '', 'ab', repeat('长', 200000), '24:00:00'),
 (2, false, 'infinity', 'infinity', '-infinity', '-1 day', 'NaN', NULL, 'NaN', 'Infinity', 'null',
  '{}', '', B'00000000', 'NULL', '', E'a\\tb\\n"c",d\\r\\n', '00:00'),
 (3, NULL, '0044-03-15 BC', NULL, NULL, NULL, 0.10, -1, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL),
 (4, true, '5874897-12-31', NULL, NULL, '100 years', 1e30, 0, 1, 1, '1', '{a}', 'a', B'11111111',
  '\\N', 'x', '=1+1<b>', '1:00')
"""
LANDED = [
    ("1", "true", "2026-03-01", "2026-03-01 12:00:00.123456", "2026-03-01 04:00:00.123456+00",
     "1 mon 2 days 03:04:05", "12345678901234567890.123456789012345", "1.5000000000", "0.1", "0.1",
     '{"a":1.10}', '{甲,NULL,""}', "\\x00ff", "10000001", "", "ab   ", "长" * 200000, "24:00:00"),
    ("2", "false", "infinity", "infinity", "-infinity", "-1 days", "NaN", None, "NaN", "Infinity",
     "null", "{}", "\\x", "00000000", "NULL", "     ", 'a\tb\n"c",d\r\n', "00:00:00"),
    ("3", None, "0044-03-15 BC", None, None, None, "0.10", "-1.0000000000", *[None] * 10),
    ("4", "true", "5874897-12-31", None, None, "100 years", "1000000000000000000000000000000",
     "0.0000000000", "1", "1", "1", "{a}", "\\x61", "11111111", "\\N", "x    ", "=1+1<b>",
     "01:00:00"),
]  # fmt: skip


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in statements:
            conn.execute(statement)


@contextmanager
def account(url: str, *grants: str) -> Iterator[str]:
    """The same database's address for a new account with these grants."""
    name = f"duiqi_{uuid.uuid4().hex[:10]}"
    run(url, f"CREATE ROLE {name} LOGIN PASSWORD 'pa#s'", *(g.format(name) for g in grants))
    try:
        yield url.replace("postgres@", f"{name}:pa%23s@")
    finally:
        run(url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_every_value_lands_as_the_server_prints_it(desk: Any, postgres_url: str) -> None:
    run(postgres_url, EDGE)
    with desk.open(postgres_url) as reader:
        landed = desk.take(reader, table="edge")
    assert desk.rows() == LANDED
    assert landed.types["nbig"] == "numeric(60,10)"
    assert landed.types["tz"] == "timestamp with time zone"


def test_one_column_of_nulls_and_empty_texts(desk: Any, postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE TABLE t (v text)",
        "INSERT INTO t VALUES (NULL), (''), ('NULL'), (NULL)",
    )
    assert desk.read(postgres_url, table="t") == [(None,), ("",), ("NULL",), (None,)]


def test_filter_query_schema_and_strange_names(desk: Any, postgres_url: str) -> None:
    run(
        postgres_url,
        'CREATE SCHEMA "S%.x"',
        """CREATE TABLE "S%.x"."客户 ""表" (id int, "状态%s" text)""",
        """INSERT INTO "S%.x"."客户 ""表" VALUES (1, 'a'), (2, '''; DROP --'), (3, NULL)""",
    )
    table = 'S%.x.客户 "表'
    hostile = Condition("状态%s", ("'; DROP --", None))
    assert desk.read(postgres_url, table=table, filter=(hostile,)) == [
        ("2", "'; DROP --"),
        ("3", None),
    ]
    others = Condition("状态%s", ("a",), negated=True)
    assert desk.read(postgres_url, "id", table=table, filter=(others,)) == [("2",), ("3",)]
    query = "SELECT 7 AS id, '50%' AS share -- a note"
    assert desk.read(postgres_url, query=query) == [("7", "50%")]


def test_a_query_may_hold_one_statement_only(desk: Any, postgres_url: str) -> None:
    with pytest.raises(SourceRefused, match="query_failed"):
        desk.read(postgres_url, "id", query="SELECT 1 AS id) AS q; CREATE TABLE x (); SELECT (1")


def test_nothing_can_be_written(desk: Any, postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE TABLE t (id int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING 1'",
    )
    with pytest.raises((SourceRefused, SourceUnavailable)):
        desk.read(postgres_url, "id", query="SELECT f() AS id")
    assert desk.read(postgres_url, table="t") == []


def test_one_snapshot_sees_one_moment(desk: Any, postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE TABLE a (id int)",
        "CREATE TABLE b (id int)",
        "INSERT INTO b VALUES (1)",
    )
    with desk.open(postgres_url) as reader:
        desk.take(reader, table="a")
        run(postgres_url, "INSERT INTO a VALUES (9)", "INSERT INTO b VALUES (9)")
        assert desk.take(reader, table="b").rows == 1
        assert desk.take(reader, table="a").rows == 0
    assert desk.read(postgres_url, table="a") == [("9",)]


REBUILT = [
    "ALTER TABLE b ALTER x TYPE text USING x || '!'",
    "ALTER TABLE b RENAME x TO y",
    "ALTER TABLE b DROP x",
    "TRUNCATE b",
    "BEGIN; ALTER TABLE b RENAME TO old; CREATE TABLE b AS SELECT * FROM old; COMMIT",
]


@pytest.mark.parametrize("change", REBUILT)
def test_a_table_rebuilt_after_the_snapshot_is_told_and_never_reads_as_empty(
    desk: Any, postgres_url: str, change: str
) -> None:
    tables = [f"CREATE TABLE {t} AS SELECT 1 AS id, 'one' AS x" for t in "ab"]
    run(postgres_url, *tables)
    with desk.open(postgres_url) as reader:
        assert desk.take(reader, "id", "x", table="a").rows == 1
        run(postgres_url, change)
        with pytest.raises(SourceUnavailable) as caught:
            desk.take(reader, "id", "x", table="b", into="second")
    assert (caught.value.code, caught.value.params["table"]) == ("source.rebuilt", "b")
    assert desk.tables() == ["landed"]
    missing = "RENAME x" in change or "DROP" in change
    with pytest.raises(SchemaDrift) if missing else contextlib.nullcontext():
        rows = desk.read(postgres_url, "id", "x", table="b")
        assert len(rows) == ("TRUNCATE" not in change)


@pytest.mark.parametrize(
    "query", ["SELECT * FROM b", "SELECT * FROM v", "SELECT * FROM whole", "SELECT a.* FROM a, b"]
)
def test_a_table_rebuilt_under_a_query_is_told_too(
    desk: Any, postgres_url: str, query: str
) -> None:
    run(
        postgres_url,
        "CREATE TABLE whole (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE b PARTITION OF whole FOR VALUES FROM (0) TO (9)",
        "CREATE TABLE a AS SELECT 1 AS id",
        "INSERT INTO b VALUES (1)",
        "CREATE VIEW v AS SELECT * FROM b",
    )
    with desk.open(postgres_url) as reader:
        run(postgres_url, "TRUNCATE b")
        with pytest.raises(SourceUnavailable, match="rebuilt"):
            desk.take(reader, "id", query=query)


def test_what_does_not_rebuild_a_table_does_not_disturb(desk: Any, postgres_url: str) -> None:
    run(postgres_url, "CREATE TABLE b AS SELECT 1 AS id, 'one'::varchar(9) AS x")
    with desk.open(postgres_url) as reader:
        run(
            postgres_url,
            "DELETE FROM b",
            "ALTER TABLE b ALTER x TYPE varchar(99)",
            "ALTER TABLE b ADD later text DEFAULT 'x'",
            "CREATE INDEX ON b (x)",
            "ANALYZE b",
        )
        desk.take(reader, "id", "x", table="b")
    assert desk.rows() == [("1", "one")]


def test_a_vanished_table_or_column_leaves_the_snapshot_usable(
    desk: Any, postgres_url: str
) -> None:
    run(postgres_url, "CREATE TABLE customers (id int, name text)")
    with desk.open(postgres_url) as reader:
        with pytest.raises(SchemaDrift) as caught:
            desk.take(reader, "id", table="customer")
        assert caught.value.params["nearest"] == "customers"
        with pytest.raises(SchemaDrift) as caught:
            desk.take(reader, "id", "full_name", table="customers")
        assert caught.value.params["columns"] == "full_name"
        with pytest.raises(SourceRefused, match="query_failed"):
            desk.take(reader, "id", query="SELECT no_such AS id FROM customers")
        assert desk.take(reader, table="customers").rows == 0


def test_an_account_without_the_right_is_refused_and_the_rest_read(
    desk: Any, postgres_url: str
) -> None:
    run(postgres_url, "CREATE TABLE t (id int, pay int)", "CREATE TABLE u (id int)")
    with account(postgres_url, "GRANT SELECT ON u TO {}", "GRANT SELECT (id) ON t TO {}") as url:
        with desk.open(url) as reader:
            with pytest.raises(SourceRefused, match="no_select_column") as caught:
                desk.take(reader, "id", "pay", table="t")
            assert caught.value.params["column"] == "pay"
            assert desk.take(reader, "id", table="t").rows == 0
            seen = {info.name: info for info in reader.catalogue()}
        assert (seen["t"].readable, seen["t"].hidden) == (True, ("pay",))
        assert (seen["u"].readable, seen["u"].columns) == (True, (("id", "integer"),))


def test_a_table_that_may_not_be_read_is_listed_so(desk: Any, postgres_url: str) -> None:
    run(postgres_url, "CREATE TABLE t (id int)")
    with account(postgres_url) as url, desk.open(url) as reader:
        assert [info.readable for info in reader.catalogue()] == [False]


def test_row_security_is_said(desk: Any, postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE TABLE t (id int)",
        "INSERT INTO t VALUES (1), (2)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON t USING (id = 1)",
    )
    with account(postgres_url, "GRANT SELECT ON t TO {}") as url, desk.open(url) as reader:
        landed = desk.take(reader, table="t")
    assert (landed.rows, [n.code for n in landed.notes]) == (1, ["source.row_security"])


def test_errors_of_the_address_tell_no_password(desk: Any, postgres_url: str) -> None:
    host = postgres_url.partition("@")[2].partition("/")[0]
    cases = [
        ("postgresql://u:s3cret@127.0.0.1:1/db", SourceUnavailable, "source.unreachable"),
        ("postgresql://u:s3cret@no-such-host.invalid/db", SourceUnavailable, "source.unreachable"),
        (
            f"postgresql://postgres:s3cret@{host}/no_such_db",
            SourceRefused,
            "source.database_missing",
        ),
        (f"postgresql://no_such_role:s3cret@{host}/postgres", SourceRefused, "source.login"),
        (f"postgresql://postgres:s3cret@{host}/postgres?no=1", SourceRefused, "source.address"),
    ]
    for url, kind, code in cases:
        with pytest.raises(kind) as caught, desk.open(url):
            pass
        assert caught.value.code == code
        assert "s3cret" not in str(caught.value)
        assert caught.value.__suppress_context__


SLOW = "SELECT generate_series(1, 100000000) AS id, repeat('x', 2000) AS v"


def killed_by(url: str) -> None:
    run(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'duiqi'",
    )


def test_a_connection_cut_half_way_leaves_no_table(desk: Any, postgres_url: str) -> None:
    with desk.open(postgres_url) as reader:
        desk.progress = Cut(lambda: killed_by(postgres_url))
        with pytest.raises(SourceUnavailable, match="lost"):
            desk.take(reader, "id", "v", query=SLOW)
    assert desk.progress.rows >= 50_000
    assert desk.tables() == []


class Cut:
    """Progress that does something once, at the first report."""

    def __init__(self, action: Any) -> None:
        self.action, self.rows = action, 0

    def append(self, rows: int) -> None:
        if not self.rows:
            self.action()
        self.rows = rows


def busy(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'duiqi'"
            " AND datname = current_database() AND state = 'active'"
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("query", [SLOW, "SELECT 1 AS id, 'x' AS v FROM pg_sleep(60)"])
def test_a_stop_releases_the_source_within_a_second(
    desk: Any, postgres_url: str, query: str
) -> None:
    stop = Soon(0.5)
    with desk.open(postgres_url) as reader:
        with pytest.raises(SourceUnavailable, match="stopped"):
            desk.take(reader, "id", "v", query=query, stop=stop)
        while busy(postgres_url) and stop.ago() < 60:
            time.sleep(0.01)
        # A second for the source; the rest is room for a machine that is busy with other tests.
        assert stop.ago() < 3
    assert desk.tables() == []


def test_a_stop_releases_the_source_while_rows_are_still_being_parsed(
    desk: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite'"
    seen: list[int] = []

    def parse(*_: Any) -> None:
        with psycopg.connect(postgres_url, autocommit=True) as conn:
            while not conn.execute(f"{blocked} AND datname = current_database()").fetchone()[0]:  # type: ignore[index]
                time.sleep(0.01)
        seen.append(busy(postgres_url))
        since = time.monotonic()
        while busy(postgres_url) and time.monotonic() < since + 3:
            time.sleep(0.01)
        seen.append(busy(postgres_url))

    monkeypatch.setattr(postgresql, "take_csv", parse)
    with desk.open(postgres_url) as reader, pytest.raises(SourceUnavailable, match="stopped"):
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


def test_a_slow_read_times_out(desk: Any, postgres_url: str) -> None:
    limit = timedelta(seconds=1)
    with (
        desk.open(postgres_url, timeout=limit) as reader,
        pytest.raises(SourceUnavailable) as caught,
    ):
        desk.take(reader, "id", query="SELECT 1 AS id FROM pg_sleep(60)")
    assert caught.value.code == "source.timeout"


def test_a_locked_table_is_given_up(desk: Any, postgres_url: str) -> None:
    run(postgres_url, "CREATE TABLE t (id int)")
    with psycopg.connect(postgres_url) as other, desk.open(postgres_url) as reader:
        other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SourceUnavailable, match="locked"):
            desk.take(reader, "id", table="t")


def test_progress_is_told_about_every_fifty_thousand_rows(desk: Any, postgres_url: str) -> None:
    query = "SELECT g AS id, repeat('x', 300) AS v FROM generate_series(1, 300000) AS g"
    with desk.open(postgres_url) as reader:
        assert desk.take(reader, query=query).rows == 300_000
    assert desk.progress == sorted(desk.progress)
    assert len(desk.progress) >= 4
