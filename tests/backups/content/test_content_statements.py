"""Only tables that are tables are found, and only rows that are rows are counted."""

from __future__ import annotations

import shutil
import subprocess
from urllib.parse import urlsplit

import pytest

from governance.backups.content.model import Wanted
from tests import edges
from tests.backups.content.conftest import SAMPLES, Hand
from tests.conftest import missing

ODD_MARIADB = r"""
CREATE TABLE `a;b` (
  id int primary key, twice int AS (id * 2) STORED, `it's` varchar(90), hid int INVISIBLE DEFAULT 7
);
INSERT INTO `a;b` (id, `it's`)
VALUES (1, 'CREATE TABLE x (a int);'), (2, '-- Dump completed'), (3, ');');
CREATE TABLE copy_of (id int primary key, note text);
CREATE TABLE nothing (id int);
CREATE VIEW seen AS SELECT id, 'INSERT INTO t VALUES (1);' AS x FROM copy_of;
DELIMITER ;;
CREATE TRIGGER tr AFTER INSERT ON copy_of FOR EACH ROW BEGIN
  INSERT INTO nothing VALUES (1); -- it's
  INSERT INTO nothing
VALUES (2);
END;;
CREATE PROCEDURE p() BEGIN
INSERT INTO nothing VALUES (3);
END;;
DELIMITER ;
"""
ODD_POSTGRES = """
CREATE TABLE "A b" (id int, twice int GENERATED ALWAYS AS (id * 2) STORED, "x,y" text);
INSERT INTO "A b" (id, "x,y") VALUES (1, E'a\\n\\\\.\\nb'), (2, 'COPY t (a) FROM stdin;'), (3, NULL);
CREATE TABLE whole (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE part_1 PARTITION OF whole FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE part_2 PARTITION OF whole FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO whole VALUES (1, '2026-01-05'), (2, '2026-02-05'), (3, '2026-02-06');
CREATE TABLE nothing (id int);
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
INSERT INTO nothing VALUES (1);
-- it's
END $f$;
CREATE PROCEDURE g() BEGIN ATOMIC
  INSERT INTO nothing VALUES (CASE WHEN true THEN 1 END);
  INSERT INTO nothing VALUES (2);
END;
CREATE RULE r AS ON UPDATE TO nothing DO ALSO (INSERT INTO nothing VALUES (1); INSERT INTO nothing VALUES (2));
CREATE VIEW seen AS SELECT 'it''s $$' AS x;
COMMENT ON TABLE nothing IS 'INSERT INTO nothing VALUES (1);';
"""  # noqa: E501


def of_tool(hand: Hand, *command: str) -> bytes:
    tool = shutil.which(command[0])
    if tool is None:
        missing(f"the command {command[0]} is not installed")
    return subprocess.run([tool, *command[1:]], check=True, capture_output=True).stdout


def test_routines_views_and_strings_of_mariadb_are_no_tables(hand: Hand, mariadb_url: str) -> None:
    edges.mariadb(mariadb_url, ODD_MARIADB)
    edges.mariadb(mariadb_url, "INSERT INTO copy_of VALUES (1, 'it\\'s')")
    parts = urlsplit(mariadb_url)
    where = ["-h", parts.hostname or "", "-P", str(parts.port), "-u", "root", "--routines"]
    wanted = Wanted("a;b", {"k": "id", "n": "it's", "t": "twice"}, "taken")
    for flags in ([], ["--complete-insert"], ["--compact"], ["--skip-extended-insert"]):
        dump = hand.read(of_tool(hand, "mariadb-dump", *where, *flags, parts.path[1:]), wanted)
        assert {found.table: found.rows for found in dump.tables} == {
            "a;b": 3, "copy_of": 1, "nothing": 2,
        }, flags  # fmt: skip
        assert dump.ended is (None if flags == ["--compact"] else True)
        assert sorted(row[:2] for row in hand.rows("taken")) == [
            ("1", "CREATE TABLE x (a int);"), ("2", "-- Dump completed"), ("3", ");"),
        ]  # fmt: skip


def test_several_databases_are_told_apart(hand: Hand) -> None:
    one = b"CREATE TABLE `t` (`id` int);\nINSERT INTO `t` VALUES (%b);\n"
    data = b"USE `crm`;\n" + one % b"1),(2" + b"USE `oa`;\n" + one % b"3"
    dump = hand.read(data, Wanted("oa.t", {"id": "id"}, "taken"))
    assert {found.table: found.rows for found in dump.tables} == {"crm.t": 2, "oa.t": 1}
    assert (dump.databases, hand.rows("taken")) == (("crm", "oa"), [("3",)])
    unclear = hand.read(data, Wanted("t", {"id": "id"}, "taken"))
    assert [problem.code for problem in unclear.problems] == ["backups.inside.table_twice"]


@pytest.mark.parametrize("flags", [[], ["--inserts"], ["-Fc"]])
def test_functions_rules_and_partitions_of_postgresql_are_understood(
    hand: Hand, postgres_url: str, flags: list[str]
) -> None:
    edges.psql(postgres_url, ODD_POSTGRES)
    wanted = (
        Wanted("whole", {"k": "id"}, "taken", "day"),
        Wanted('public."A b"', {"k": "id", "n": "x,y"}, "other"),
    )
    dump = hand.read(of_tool(hand, "pg_dump", *flags, postgres_url), *wanted)
    assert {found.table: found.rows for found in dump.tables} == {
        "public.A b": 3, "public.whole": 3, "public.part_1": 1, "public.part_2": 2,
        "public.nothing": 0,
    }  # fmt: skip
    assert (dump.ended, dump.problems) == (True, ())
    assert sorted(hand.rows("taken")) == [("1",), ("2",), ("3",)]
    assert max(found.newest or "" for found in dump.tables) == "2026-02-06"
    assert hand.rows("other") == [("1", "a\n\\.\nb"), ("2", "COPY t (a) FROM stdin;"), ("3", None)]


MYSQL = (SAMPLES / "mysqldump-full.sql").read_bytes()
PLAIN = (SAMPLES / "pgdump-plain-full.sql").read_bytes()


@pytest.mark.parametrize("data", [MYSQL, PLAIN])
def test_every_cut_of_a_dump_is_told(hand: Hand, data: bytes) -> None:
    edge = [*range(600, 1000, 57), *range(len(data) - 700, len(data) - 2, 41)]
    for size in [*range(2000, len(data) - 700, 30_011), *edge]:
        assert hand.read(data[:size]).ended is False, size


def test_a_footer_may_be_padded_or_dateless_or_without_line_end(hand: Hand) -> None:
    for footer in (b"-- Dump completed on 2026-11- 1  9:27:54\n", b"-- Dump completed\n"):
        data = MYSQL[: MYSQL.rindex(b"-- Dump completed")] + footer
        assert hand.read(data).ended is True
        assert hand.read(data.rstrip()).ended is True


def test_what_stands_without_its_restriction_lifted_is_cut(hand: Hand) -> None:
    assert hand.read(PLAIN).ended is True
    assert hand.read(PLAIN[: PLAIN.rindex(b"\\unrestrict")]).ended is (b"\\restrict" not in PLAIN)


def test_all_databases_of_a_cluster_are_told_apart(hand: Hand) -> None:
    head = b"--\n-- PostgreSQL database cluster dump\n--\n\n"
    data = head + b"".join(b"\\connect " + name + b"\n\n" + PLAIN for name in (b"crm", b'"O a"'))
    whole = data + b"--\n-- PostgreSQL database cluster dump complete\n--\n\n"
    dump = hand.read(whole, Wanted("customer", {"id": "id"}, "taken"))
    assert (dump.ended, dump.databases) == (True, ("crm", "O a"))
    assert sum(found.rows for found in dump.tables) == 2 * 2480
    assert hand.read(data).ended is False


def test_a_row_of_another_width_is_told(hand: Hand) -> None:
    data = b"CREATE TABLE `t` (`a` int,`b` int);\nINSERT INTO `t` VALUES (1,2),(3),(4,5);\n"
    dump = hand.read(data, Wanted("t", {"a": "a"}, "taken"))
    assert [problem.code for problem in dump.problems] == ["backups.inside.ragged"]
    assert dump.tables[0].rows == 3
