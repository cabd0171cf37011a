"""Dumps of MariaDB as text, damaged, inspected, and restored into a scratch database."""

from __future__ import annotations

import gzip
import os
import random
import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pymysql
import pytest

from tests.conftest import missing
from tests.damage.judging import (
    Rows,
    Truth,
    codes,
    cut,
    flipped,
    hold,
    marks,
    must,
    run,
    said,
    tool,
)
from tests.thorough import some

HOST = os.environ.get("DUIQI_TEST_MARIADB_HOST", "127.0.0.1")
PORT = os.environ.get("DUIQI_TEST_MARIADB_PORT", "3306")
LOGIN = ("-h", HOST, "-P", PORT, "-u", "root")
TABLES = ("customers", "contracts", "regions")
SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, face blob, changed datetime);
CREATE TABLE contracts (no varchar(20) PRIMARY KEY, customer int, amount decimal(12,2));
CREATE TABLE regions (code varchar(9));
CREATE VIEW big AS SELECT * FROM contracts WHERE amount > 900;
CREATE TRIGGER touch BEFORE INSERT ON contracts FOR EACH ROW SET NEW.amount = NEW.amount
"""
# The words of mysqldump by the name of the dump, and what is to be said of it.
FORMS: dict[str, tuple[tuple[str, ...], tuple[bool | None, ...]]] = {
    "usual": ((), (True, None, None)),
    "single_transaction": (("--single-transaction", "--routines", "--events"), (True, None, None)),
    "hex": (("--hex-blob", "--skip-extended-insert"), (True, None, None)),
    "gtid": (("--gtid", "--master-data=2", "--single-transaction"), (True, None, None)),
    "no_date": (("--skip-dump-date",), (True, None, None)),
    "compact": (("--compact",), (None, None, None)),
    "no_comments": (("--skip-comments",), (None, None, None)),
}


@dataclass(frozen=True)
class Server:
    dumps: dict[str, Path]
    database: str
    rows: Rows
    began: datetime


def connected(database: str | None = None) -> pymysql.Connection:  # type: ignore[type-arg]
    try:
        return pymysql.connect(
            host=HOST, port=int(PORT), user="root", database=database, connect_timeout=3
        )
    except pymysql.err.OperationalError as error:
        missing(f"MariaDB does not answer at {HOST}:{PORT}: {error}")


def admin(statement: str) -> None:
    with closing(connected()) as con, con.cursor() as cursor:
        cursor.execute(statement)


def rows_of(database: str) -> Rows:
    found: dict[str, list[object] | None] = {}
    with closing(connected(database)) as con, con.cursor() as cursor:
        for table in TABLES:
            try:
                cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
                found[table] = list(cursor.fetchall())
            except pymysql.err.ProgrammingError:
                found[table] = None
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, name = tmp_path_factory.mktemp("dumps"), f"duiqi_damage_{uuid.uuid4().hex[:10]}"
    admin(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    try:
        with closing(connected(name)) as con, con.cursor() as cursor:
            for statement in SCHEMA.split(";"):
                cursor.execute(statement)
            cursor.executemany(
                "INSERT INTO customers VALUES (%s, %s, %s, '2026-11-01 08:00:00')",
                [(n, f"客户 {n};\n'--'", bytes([n % 256, 39, 0])) for n in range(800)],
            )
            cursor.executemany(
                "INSERT INTO contracts VALUES (%s, %s, %s)",
                [(f"HT{n:05}", n % 800, n * 1.5) for n in range(1500)],
            )
            con.commit()
        began = datetime.now(UTC).replace(microsecond=0)
        dumps = {
            form: made(name, folder / form, *FORMS[form][0]) for form in FORMS if form != "gtid"
        }
        dumps["gtid"] = with_positions(dumps["usual"], folder / "gtid")
        dumps["gz"] = folder / "usual.gz"
        dumps["gz"].write_bytes(gzip.compress(dumps["usual"].read_bytes()))
        yield Server(dumps, name, rows_of(name), began)
    finally:
        admin(f"DROP DATABASE `{name}`")


def made(database: str, path: Path, *words: str) -> Path:
    program = tool("mysqldump")
    must(run([program, *LOGIN, *words, f"--result-file={path}", database]))
    return path


def with_positions(usual: Path, path: Path) -> Path:
    """As `--gtid --master-data=2` writes it; the server of the tests keeps no binary log."""
    head, mark, rest = usual.read_bytes().partition(b"\n--\n-- Table structure")
    lines = (
        b"\n--\n-- Position to start replication or point-in-time recovery from\n--\n\n"
        b"-- CHANGE MASTER TO MASTER_LOG_FILE='mysql-bin.000001', MASTER_LOG_POS=160740;\n"
        b"-- SET GLOBAL gtid_slave_pos='0-1-3';\n"
    )
    path.write_bytes(head + lines + mark + rest)
    return path


def restored(path: Path, folder: Path) -> Truth:
    """What MariaDB's client brings back into an empty database."""
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        done = run([tool("gzip"), "-dc"], stdin=path)
        path, ran = folder / "unpacked", done.returncode == 0
        path.write_bytes(done.stdout)
        if not ran:
            return Truth(False, {})
    name = f"duiqi_damage_{uuid.uuid4().hex[:10]}"
    admin(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    try:
        words = [tool("mariadb"), *LOGIN, "--default-character-set=utf8mb4", name]
        ran = run(words, stdin=path).returncode == 0
        return Truth(ran, rows_of(name))
    finally:
        admin(f"DROP DATABASE `{name}`")


@pytest.mark.parametrize("name", [*FORMS, "gz"])
def test_a_healthy_dump_is_complete_where_its_last_line_proves_it(
    server: Server, name: str, tmp_path: Path
) -> None:
    path = server.dumps[name]
    found = said(path, tables=TABLES)
    assert marks(found) == (FORMS[name][1] if name in FORMS else (True, True, None))
    hold(found, restored(path, tmp_path), server.rows)


def test_the_moment_is_that_of_the_footer_in_the_zone_that_was_assumed(server: Server) -> None:
    found = said(server.dumps["usual"])
    assert found.fresh_at is not None
    assert timedelta(0) <= found.fresh_at - server.began < timedelta(minutes=5)
    assert {"zone", "end_time"} <= codes(found)
    assert said(server.dumps["no_date"]).fresh_at is None


def test_the_line_that_older_clients_refuse_is_told_and_breaks_nothing(server: Server) -> None:
    data = server.dumps["usual"].read_bytes()
    assert data.startswith(b"/*M!999999\\- enable the sandbox mode */")
    assert "sandbox" in codes(said(server.dumps["usual"]))


@pytest.mark.parametrize("name", list(FORMS))
def test_no_dump_that_was_cut_anywhere_is_called_complete(
    server: Server, name: str, tmp_path: Path
) -> None:
    whole, chance = server.dumps[name], random.Random(name)
    size = whole.stat().st_size
    for _ in range(some(60, 6)):
        path = cut(whole, tmp_path / "cut", chance.randrange(1, size - 40))
        found = said(path)
        assert found.complete.value is not True
        assert found.restorable.value is not True


def test_a_dump_cut_inside_a_row_is_not_complete(server: Server, tmp_path: Path) -> None:
    path = cut(server.dumps["usual"], tmp_path / "cut", server.dumps["usual"].stat().st_size // 2)
    found = said(path)
    assert marks(found) == (False, None, False)
    hold(found, restored(path, tmp_path), server.rows)


def test_a_dump_cut_between_statements_is_not_complete_though_its_restore_ends_well(
    server: Server, tmp_path: Path
) -> None:
    data = server.dumps["usual"].read_bytes()
    at = data.index(b"UNLOCK TABLES;\n") + len(b"UNLOCK TABLES;\n")
    path = cut(server.dumps["usual"], tmp_path / "cut", at)
    found, truth = said(path), restored(path, tmp_path)
    assert truth.ran
    assert found.complete.value is False
    hold(found, truth, server.rows)


def test_a_compact_dump_cut_between_statements_is_unproven_and_lacks_its_tables(
    server: Server, tmp_path: Path
) -> None:
    data = server.dumps["compact"].read_bytes()
    ends = [found.end() for found in re.finditer(rb"\);\n", data)]
    path = cut(server.dumps["compact"], tmp_path / "cut", ends[0])
    assert said(path).complete.value is None
    found = said(path, tables=TABLES)
    assert found.complete.value is False
    assert "table_missing" in codes(found)
    hold(found, restored(path, tmp_path), server.rows)


def test_a_dump_of_which_only_the_last_line_is_gone_is_unproven(
    server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "no_footer"
    lines = server.dumps["usual"].read_bytes().splitlines(keepends=True)
    assert lines[-1].startswith(b"-- Dump completed on ")
    path.write_bytes(b"".join(lines[:-1]))
    found = said(path, tables=TABLES)
    assert marks(found) == (None, None, None)
    hold(found, restored(path, tmp_path), server.rows)


def test_a_packed_dump_that_was_cut_or_changed_cannot_be_restored(
    server: Server, tmp_path: Path
) -> None:
    whole = server.dumps["gz"]
    size = whole.stat().st_size
    for path in (cut(whole, tmp_path / "cut", size // 2), cut(whole, tmp_path / "end", size - 3)):
        assert marks(said(path)) == (False, False, False)
        hold(said(path), restored(path, tmp_path), server.rows)
    path = flipped(whole, tmp_path / "flipped", size // 2)
    found = said(path)
    assert found.complete.value is not True
    assert marks(found)[1:] == (False, False)
    hold(found, restored(path, tmp_path), server.rows)


def test_a_flipped_letter_in_a_plain_dump_makes_it_neither_intact_nor_broken(
    server: Server, tmp_path: Path
) -> None:
    data = server.dumps["usual"].read_bytes()
    at = data.index("客户 7".encode()) + 7
    path = flipped(server.dumps["usual"], tmp_path / "flipped", at)
    found, truth = said(path), restored(path, tmp_path)
    assert truth.ran
    assert truth.rows != server.rows
    assert marks(found) == (True, None, None)
    hold(found, truth, server.rows)


def test_a_missing_table_and_another_database_are_told(server: Server) -> None:
    found = said(server.dumps["gz"], tables=(*TABLES, "payments"), database="oa")
    assert found.complete.value is False
    assert {"table_missing", "other_database"} <= codes(found)
    assert said(server.dumps["gz"], database=server.database).complete.value is True


def test_without_its_content_no_table_is_known(server: Server) -> None:
    found = said(server.dumps["usual"], tables=("customers",), content=False)
    assert found.complete.value is None
    assert "tables_unseen" in codes(found)


def test_a_dump_without_tables_or_rows_is_no_proof_of_data(server: Server, tmp_path: Path) -> None:
    name = f"duiqi_damage_{uuid.uuid4().hex[:10]}"
    admin(f"CREATE DATABASE `{name}`")
    try:
        empty = made(name, tmp_path / "empty")
        assert "no_tables" in codes(said(empty))
        assert said(empty, tables=TABLES).complete.value is False
    finally:
        admin(f"DROP DATABASE `{name}`")
    bare = made(server.database, tmp_path / "bare", "--no-data")
    assert "no_rows" in codes(said(bare))
    assert said(bare, tables=TABLES).complete.value is False


def test_a_message_of_the_tool_before_the_dump_stops_a_restore(
    server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "spilt"
    warning = b"mysqldump: [Warning] Using a password on the command line can be insecure.\n"
    path.write_bytes(warning + server.dumps["usual"].read_bytes())
    found = said(path)
    assert found.restorable.value is False
    assert not restored(path, tmp_path).ran
