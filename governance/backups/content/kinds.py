"""Which form of dump a file holds, told by its first bytes."""

from __future__ import annotations

import re
from pathlib import Path

from governance.backups.content.compressed import head_of
from governance.backups.content.model import DumpReader

MYSQL = re.compile(
    rb"^/\*M?!999999|^-- (?:MySQL|MariaDB) dump|^/\*!\d{5} SET|^CREATE TABLE (?:IF NOT EXISTS )?`"
    rb"|^(?:INSERT|REPLACE) (?:IGNORE )?(?:INTO )?`|^LOCK TABLES `|^DROP TABLE IF EXISTS `|^USE `",
    re.M,
)
POSTGRESQL = re.compile(
    rb"^-- PostgreSQL database (?:cluster )?dump|^\\restrict |^SET statement_timeout = "
    rb"|^COPY .+ FROM stdin;|^SELECT pg_catalog\.set_config|^INSERT INTO (?!`)"
    rb"|^CREATE TABLE (?!IF NOT EXISTS `|`)",
    re.M,
)


def reader_of(path: Path) -> DumpReader | None:
    if path.is_dir():
        return archive() if (path / "toc.dat").is_file() else None
    head = head_of(path)
    if head.startswith(b"PGDMP") or is_tar(head):
        return archive()
    if head.startswith(b"SQLite format 3\0"):
        from governance.backups.content.sqlitecopy import SqliteCopy

        return SqliteCopy()
    if not head.strip():
        from governance.backups.content.nothing import Nothing

        return Nothing()
    mysql, postgresql = MYSQL.search(head), POSTGRESQL.search(head)
    if mysql and not (postgresql and postgresql.start() < mysql.start()):
        from governance.backups.content.mysqldump import MySQLDump

        return MySQLDump()
    if postgresql:
        from governance.backups.content.pgplain import PostgresPlain

        return PostgresPlain()
    return None


def archive() -> DumpReader:
    from governance.backups.content.pgarchive import PostgresArchive

    return PostgresArchive()


def is_tar(head: bytes) -> bool:
    """A tar file that begins with the list that pg_dump writes first."""
    return head[257:262] == b"ustar" and head.startswith(b"toc.dat\0")
