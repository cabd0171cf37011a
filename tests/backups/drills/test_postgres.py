"""Dumps of a real PostgreSQL, restored into scratch databases and held against our snapshots."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from governance.access import WORKER
from governance.backups.drills import logs
from governance.backups.drills.scratch import Names
from governance.errors import ConfigError
from tests.backups.drills.conftest import NOW, POSTGRES, ROWS, World, tool


@pytest.fixture
def server() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
        yield connection


def ours(world: World, server: psycopg.Connection[Any]) -> list[str]:
    prefix = Names.of("crm", world.home.secret()).prefix
    query = (
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        " UNION ALL SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)"
    )
    return [str(name) for (name,) in server.execute(query, [prefix, prefix]).fetchall()]


def plain(world: World, *options: str) -> bytes:
    return tool(["pg_dump", f"--dbname={world.url}", *options])


@pytest.mark.parametrize("form", ["sql", "sql.gz", "dump"])
def test_a_sound_dump_is_restored_compared_and_dropped(
    postgres: World, server: psycopg.Connection[Any], form: str
) -> None:
    text = plain(postgres, "--format=custom") if form == "dump" else plain(postgres, "--create")
    postgres.dump(form).write_bytes(gzip.compress(text) if form == "sql.gz" else text)
    row = postgres.drill()
    assert (row.ok, row.code, row.compared, row.differs) == (True, None, True, 0), row
    (table,) = row.tables
    assert (table.entity, table.rows, table.is_settled) == ("client", ROWS, True)
    assert row.seconds is not None
    assert ours(postgres, server) == []
    assert row.log is None


def test_planted_differences_are_counted(postgres: World) -> None:
    lines = plain(postgres).decode().splitlines(keepends=True)
    rows = [line for line in lines if line.startswith(("C0001\t", "C0002\t", "C0003\t"))]
    assert len(rows) == 3
    text = "".join(line for line in lines if line not in rows).replace("\t5.50\t", "\t6.50\t")
    postgres.dump("sql").write_text(text, encoding="utf-8")
    row = postgres.drill()
    assert (row.ok, row.differs) == (True, 4)
    (table,) = row.tables
    assert (table.missing, table.different, table.extra) == (3, 1, 0)
    assert [p.code for p in row.problems] == ["backups.drill.differs"]


def test_a_dump_that_breaks_off_fails_and_keeps_its_log(
    postgres: World, server: psycopg.Connection[Any]
) -> None:
    text = plain(postgres)
    postgres.dump("sql").write_bytes(text[: text.index(b"C0150")])
    row = postgres.drill()
    assert (row.ok, row.code) == (False, "backups.drill.cut")
    assert row.log is not None
    assert logs.read(postgres.home, row.log) is not None
    assert postgres.home.file(row.log).stat().st_mode & 0o777 == 0o600
    assert ours(postgres, server) == []


@pytest.mark.parametrize(
    "hostile",
    [
        "\\! touch {mark}\n",
        "SELECT 1 \\! touch {mark}\n",
        "\\connect postgres\n",
        "\\o {mark}\nSELECT 1;\n",
        "COPY (SELECT 1) TO PROGRAM 'touch {mark}';\n",
        "COPY (SELECT 1) TO '{mark}';\n",
        'COMMIT;\nDROP DATABASE "{other}";\n',
        "COMMIT;\nCREATE DATABASE duiqi_hostile;\n",
        "RESET SESSION AUTHORIZATION;\nCREATE ROLE duiqi_hostile;\n",
        "ALTER SYSTEM SET work_mem = '5MB';\n",
    ],
)
def test_a_hostile_dump_reaches_nothing_outside(
    postgres: World, server: psycopg.Connection[Any], tmp_path: Path, hostile: str
) -> None:
    tmp_path.chmod(0o777)
    mark, other = tmp_path / "mark", postgres.url.rpartition("/")[2]
    said = hostile.format(mark=mark, other=other)
    postgres.dump("sql").write_text(f"CREATE TABLE t (a int);\n{said}", encoding="utf-8")
    row = postgres.drill()
    assert (row.ok, row.code) == (False, "backups.drill.failed")
    assert not mark.exists()
    query = (
        "SELECT datname FROM pg_database WHERE datname IN ('duiqi_hostile', %s)"
        " UNION ALL SELECT rolname FROM pg_roles WHERE rolname = 'duiqi_hostile'"
    )
    assert server.execute(query, [other]).fetchall() == [(other,)]
    assert ours(postgres, server) == []


def test_leftovers_of_a_killed_drill_are_dropped_and_others_are_not(
    postgres: World, server: psycopg.Connection[Any]
) -> None:
    names = Names.of("crm", postgres.home.secret())
    foreign = Names.of("crm", "another home").at(NOW)
    for name in (names.at(NOW), foreign):
        server.execute(f'CREATE DATABASE "{name}"')
    began = postgres.ledger.drills.begin(WORKER, "crm", "dumps", "x", "x", now=NOW)
    try:
        postgres.dump("sql").write_bytes(plain(postgres))
        assert postgres.drill().ok
        assert ours(postgres, server) == []
        left = postgres.ledger.drills.get(began)
        assert left is not None
        assert (left.ok, left.code) == (None, "backups.drill.broken_off")
        query = "SELECT count(*) FROM pg_database WHERE datname = %s"
        assert server.execute(query, [foreign]).fetchone() == (1,)
    finally:
        server.execute(f'DROP DATABASE "{foreign}"')


def test_a_watched_or_full_target_is_refused(postgres: World) -> None:
    postgres.dump("sql").write_bytes(plain(postgres))
    before = postgres.ledger.drills.recent()
    with pytest.raises(ConfigError) as refused:
        postgres.drill(target=postgres.url.replace("127.0.0.1", "localhost"))
    assert refused.value.code == "backups.drill.watched"
    name = f"{postgres.url.rpartition('/')[2]}_full"
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            with psycopg.connect(f"{POSTGRES}/{name}", autocommit=True) as full:
                full.execute("CREATE TABLE t (a int)")
            with pytest.raises(ConfigError) as refused:
                postgres.drill(target=f"{POSTGRES}/{name}")
            assert refused.value.code == "backups.drill.not_empty"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert postgres.ledger.drills.recent() == before


def test_secrets_stand_in_no_log(postgres: World, server: psycopg.Connection[Any]) -> None:
    role = f"{postgres.url.rpartition('/')[2]}_d"
    server.execute(f"CREATE ROLE \"{role}\" LOGIN CREATEDB PASSWORD 'geheim-9x'")
    try:
        text = "SELECT 'password=geheim-9x'::int;\n"
        postgres.dump("sql").write_text(text, encoding="utf-8")
        target = POSTGRES.replace("postgres@", f"{role}:geheim-9x@")
        row = postgres.drill(target=target)
        assert row.ok is False
        log = logs.read(postgres.home, row.log or "")
        assert log is not None
        assert "invalid input syntax" in log
        assert "geheim-9x" not in log
        assert "geheim-9x" not in repr(row)
        assert ours(postgres, server) == []
    finally:
        server.execute(f'DROP ROLE "{role}"')
