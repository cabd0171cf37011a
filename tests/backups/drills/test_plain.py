"""What of a plain dump reaches the client: all of it, but for what leads out of the scratch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.backups.drills.plain import for_mysql, for_psql
from governance.errors import SourceRefused

DUMP = rb"""--
-- PostgreSQL database dump
--
\restrict abc123
SET client_encoding = 'UTF8';
CREATE DATABASE crm WITH TEMPLATE = template0;
ALTER DATABASE crm OWNER TO boss;
\unrestrict abc123
\connect crm
\restrict abc123
CREATE FUNCTION f() RETURNS text AS $x$
GRANT is a word;
SELECT 'it''s -- not a comment';
$x$;
CREATE TABLE t (a text DEFAULT '
ALTER TABLE t OWNER TO nobody;
');
ALTER TABLE t OWNER TO boss;
COPY t (a) FROM stdin;
\restrict abc123
GRANT ALL ON t TO x;
\\.
\.
GRANT SELECT ON TABLE t TO boss;
--
-- PostgreSQL database dump complete
--
\unrestrict abc123
"""
GONE = [
    b"\\restrict abc123",
    b"CREATE DATABASE crm WITH TEMPLATE = template0;",
    b"ALTER DATABASE crm OWNER TO boss;",
    b"\\unrestrict abc123",
    b"\\connect crm",
    b"\\restrict abc123",
    b"ALTER TABLE t OWNER TO boss;",
    b"GRANT SELECT ON TABLE t TO boss;",
    b"\\unrestrict abc123",
]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=60))
def test_data_and_bodies_are_kept_however_the_blocks_are_cut(sizes: list[int]) -> None:
    blocks, rest = [], DUMP
    for size in sizes:
        blocks.append(rest[:size])
        rest = rest[size:]
    first, *kept = b"".join(for_psql([*blocks, rest])).splitlines()
    assert first.startswith(b"\\restrict ")
    assert b"abc123" not in first
    left = DUMP.splitlines()
    for line in GONE:
        # The one that is gone is the first but for the rows of COPY, which stand in the middle.
        at = left.index(line) if left.count(line) < 2 or line != GONE[-1] else -1
        del left[at]
    assert kept == left


def test_a_dump_without_its_footer_is_cut() -> None:
    with pytest.raises(SourceRefused):
        list(for_psql([DUMP[: DUMP.index(b"-- PostgreSQL database dump complete")]]))
    with pytest.raises(SourceRefused):
        list(for_psql([b"COPY t (a) FROM stdin;\nx\n"]))
    with pytest.raises(SourceRefused):
        list(for_mysql([b"-- MariaDB dump 10.19\nCREATE TABLE t (a int);\n"], "x"))


def test_what_an_account_of_one_database_may_not_do_is_left_out_for_mysql() -> None:
    text = (
        b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n"
        b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `crm`;\nUSE `crm`;\n"
        b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1-3,\nb:1-9';\n"
        b"/*!50013 DEFINER=`root`@`%` SQL SECURITY DEFINER */\n"
        b"INSERT INTO t VALUES ('DEFINER=`root`@`%`');\n-- Dump completed on 2026-11-21\n"
    )
    assert b"".join(for_mysql([text], "x")) == (
        b"-- MariaDB dump 10.19\n/*!50013  SQL SECURITY DEFINER */\n"
        b"INSERT INTO t VALUES ('DEFINER=`root`@`%`');\n-- Dump completed on 2026-11-21\n"
    )
