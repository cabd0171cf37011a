"""PostgreSQL and MariaDB over a bad line: a short table is never taken for a whole one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from governance.errors import SourceUnavailable
from governance.sources import mysql, mysql_wire, postgresql, postgresql_lines
from tests.sources.proxy import Fault, Proxy
from tests.sources.test_source_mysql import run as run_mariadb
from tests.sources.test_source_postgresql import run as run_postgres

ROWS, BATCH = 12_000, 50_000
ASKED = {"postgresql": b"COPY (SELECT", "mariadb": b"SELECT `id`"}
LAST = {"postgresql": b"SELECT 1", "mariadb": b"START TRANSACTION"}
FILL = (
    "INSERT INTO t SELECT i, repeat(concat('行', i, ','), 20), CASE WHEN i % 3 > 0 THEN '' END"
    " FROM {}"
)


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def line(
    server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    """A line to a database with a table `t` of two megabytes, read in many small batches."""
    table = "CREATE TABLE t (id int PRIMARY KEY, words text, part text)"
    if server == "postgresql":
        url = request.getfixturevalue("postgres_url")
        run_postgres(url, table, FILL.format(f"generate_series(1, {ROWS}) AS g(i)"))
    else:
        url = request.getfixturevalue("mariadb_url")
        run_mariadb(url, table, FILL.format(f"(SELECT seq AS i FROM seq_1_to_{ROWS}) AS g"))
    monkeypatch.setattr(mysql_wire, "BLOCK", BATCH)
    monkeypatch.setattr(mysql_wire, "PIECE", 5_000)
    monkeypatch.setattr(postgresql_lines, "BATCH_BYTES", BATCH)
    monkeypatch.setattr(postgresql_lines, "CANCEL_SECONDS", 0.2)
    monkeypatch.setattr(mysql, "CANCEL_SECONDS", 0.2)
    with Proxy(url) as proxy:
        yield proxy


def whole(rows: list[tuple[Any, ...]]) -> bool:
    wanted = [(str(i), f"行{i}," * 20, "" if i % 3 else None) for i in range(1, ROWS + 1)]
    return sorted(rows, key=lambda row: int(row[0])) == wanted


def test_a_cut_in_the_middle_of_every_tenth_batch_is_told_and_the_next_read_is_right(
    desk: Any, line: Proxy, server: str
) -> None:
    for batch in range(10, 41, 10):
        line.fault = Fault("cut", batch * BATCH - BATCH // 2, ASKED[server])
        with pytest.raises(SourceUnavailable, match="lost"):
            desk.read(line.url, table="t")
        assert line.fault.happened == 1
        assert desk.tables() == []
        line.heal()
        assert whole(desk.read(line.url, table="t"))
        desk.con.execute("DROP TABLE landed")


@pytest.mark.parametrize("after", [0, ROWS * 100])
def test_a_line_that_falls_silent_is_given_up_at_the_timeout(
    desk: Any, line: Proxy, server: str, after: int
) -> None:
    line.fault = Fault("silence", after, ASKED[server])
    since = time.monotonic()
    with pytest.raises(SourceUnavailable) as caught:
        desk.read(line.url, table="t", timeout=timedelta(seconds=1))
    assert caught.value.code == "source.timeout"
    assert line.fault.happened
    # The timeout, a second for a polite word, and room for a machine that is busy.
    assert time.monotonic() - since < 5
    assert desk.tables() == []
    line.heal()
    assert whole(desk.read(line.url, table="t"))


def test_a_stop_is_heeded_while_the_line_is_silent(desk: Any, line: Proxy, server: str) -> None:
    line.fault = Fault("silence", ROWS * 100, ASKED[server])
    with desk.open(line.url) as reader, pytest.raises(SourceUnavailable, match="stopped"):
        desk.take(reader, table="t", stop=lambda: bool(line.fault and line.fault.happened))
    assert desk.tables() == []


def test_a_slow_server_is_waited_for(desk: Any, line: Proxy) -> None:
    line.pause = 0.002
    assert whole(desk.read(line.url, table="t", timeout=timedelta(seconds=60)))


def test_a_server_slower_than_the_timeout_is_given_up_though_it_is_alive(
    desk: Any, line: Proxy
) -> None:
    line.pause = 0.03
    with pytest.raises(SourceUnavailable, match="timeout"):
        desk.read(line.url, table="t", timeout=timedelta(seconds=1))
    assert desk.tables() == []


@pytest.mark.parametrize("part", ["greeting", "snapshot"])
def test_a_server_that_says_nothing_while_it_is_opened_is_given_up(
    desk: Any, line: Proxy, server: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(mysql, "CONNECT_SECONDS", 1)
    line.fault = Fault("silence", 0, b"" if part == "greeting" else LAST[server])
    since = time.monotonic()
    with pytest.raises(SourceUnavailable):
        desk.read(line.url, table="t")
    assert line.fault.happened
    assert time.monotonic() - since < 10
    assert desk.tables() == []
