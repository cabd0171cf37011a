"""Dumps of a real MariaDB, restored into scratch databases and held against our snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymysql
import pytest

from governance.backups.drills import logs
from governance.backups.drills.scratch import Names
from governance.errors import ConfigError
from tests.backups.drills.conftest import MARIADB, ROWS, World, tool


def asked(query: str, *values: Any) -> list[str]:
    parts = urlsplit(MARIADB)
    with (
        pymysql.connect(host=parts.hostname or "", port=parts.port or 3306, user="root") as server,
        server.cursor() as cursor,
    ):
        cursor.execute(query, values)
        return [str(name) for (name,) in cursor.fetchall()]


def ours(world: World) -> list[str]:
    names = Names.of("crm", world.home.secret())
    databases = asked("SELECT schema_name FROM information_schema.schemata")
    users = asked("SELECT user FROM mysql.user")
    return [n for n in databases if n.startswith(names.prefix)] + [
        n for n in users if names.mark in n
    ]


def plain(world: World, *options: str) -> bytes:
    parts = urlsplit(world.url)
    host = f"--host={parts.hostname}", f"--port={parts.port}", "--user=root"
    return tool(["mariadb-dump", *host, "--single-transaction", *options, parts.path.strip("/")])


@pytest.mark.parametrize("options", [(), ("--databases", "--add-drop-database")])
def test_a_sound_dump_is_restored_compared_and_dropped(
    mariadb: World, options: tuple[str, ...]
) -> None:
    mariadb.dump("sql").write_bytes(plain(mariadb, *options))
    row = mariadb.drill()
    assert (row.ok, row.code, row.compared, row.differs) == (True, None, True, 0), row
    (table,) = row.tables
    assert (table.rows, table.is_settled) == (ROWS, True)
    assert ours(mariadb) == []


def test_a_dump_soon_after_the_first_snapshot_is_compared(mariadb: World) -> None:
    soon = mariadb.dump("sql").with_name("crm_20261120_023000.sql")  # half an hour after it
    soon.write_bytes(plain(mariadb))
    row = mariadb.drill()
    assert (row.ok, row.code, row.compared, row.differs) == (True, None, True, 0), row


def test_planted_differences_are_counted(mariadb: World) -> None:
    text = plain(mariadb, "--skip-extended-insert").decode()
    kept = [line for line in text.splitlines(keepends=True) if "('C0007'" not in line]
    mariadb.dump("sql").write_text("".join(kept).replace(",9.50,", ",9.51,"), encoding="utf-8")
    row = mariadb.drill()
    (table,) = row.tables
    assert (table.missing, table.different, table.extra) == (1, 1, 0)
    assert (row.ok, row.differs) == (True, 2)


def test_a_dump_that_breaks_off_fails(mariadb: World) -> None:
    text = plain(mariadb)
    mariadb.dump("sql").write_bytes(text[: text.index(b"-- Dump completed")])
    row = mariadb.drill()
    assert (row.ok, row.code) == (False, "backups.drill.cut")
    assert ours(mariadb) == []


@pytest.mark.parametrize(
    "hostile",
    [
        "\\! touch {mark}\n",
        "SELECT 1; \\! touch {mark}\n",
        "system touch {mark}\n",
        "source {mark}\n",
        "SELECT 1 INTO OUTFILE '{mark}';\n",
        "INSERT INTO `{other}`.clients (code) VALUES ('X');\n",
        "DROP TABLE `{other}`.clients;\n",
        "use {other}\nDROP TABLE clients;\n",
        "/* x */ DROP DATABASE `{other}`;\n",
        "CREATE USER duiqi_hostile;\n",
    ],
)
def test_a_hostile_dump_reaches_nothing_outside(
    mariadb: World, tmp_path: Path, hostile: str
) -> None:
    tmp_path.chmod(0o777)
    mark, other = tmp_path / "mark", mariadb.url.rpartition("/")[2]
    said = hostile.format(mark=mark, other=other)
    mariadb.dump("sql").write_text(f"CREATE TABLE t (a int);\n{said}", encoding="utf-8")
    row = mariadb.drill()
    assert (row.ok, row.code) == (False, "backups.drill.failed")
    assert row.log is not None
    assert logs.read(mariadb.home, row.log)
    assert not mark.exists()
    assert asked(f"SELECT count(*) FROM `{other}`.clients") == [str(ROWS)]
    assert "duiqi_hostile" not in asked("SELECT user FROM mysql.user")
    assert ours(mariadb) == []


def test_a_dump_of_several_databases_is_not_tried(mariadb: World) -> None:
    mariadb.dump("sql").write_text("USE `a`;\nCREATE TABLE t (a int);\nUSE `b`;\n", "utf-8")
    with pytest.raises(ConfigError) as refused:
        mariadb.drill()
    assert refused.value.code == "backups.drill.databases"
    (row, *_) = mariadb.ledger.drills.recent()
    assert (row.ok, row.code) == (None, "backups.drill.databases")
    assert ours(mariadb) == []
