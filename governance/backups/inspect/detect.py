"""What lies at a path, told by its content, never by its name."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from governance.backups.inspect.model import UNKNOWN
from governance.backups.inspect.packing import Damaged, Unpacked

MYSQLDUMP, PG_DUMP = "mysqldump", "pg_dump"
PG_CUSTOM, PG_DIRECTORY, PG_TAR = "pg_dump_custom", "pg_dump_directory", "pg_dump_tar"
SQLITE, MARIABACKUP, XBSTREAM = "sqlite", "mariabackup", "xbstream"
BASEBACKUP, WAL = "pg_basebackup", "wal"
PGBACKREST, RESTIC, BORG = "pgbackrest", "restic", "borg"
CATALOGUE, FOLDER = "catalogue", "folder"
FILES = (MYSQLDUMP, PG_DUMP, PG_CUSTOM, PG_TAR, SQLITE, XBSTREAM, CATALOGUE)
FOLDERS = (PG_DIRECTORY, MARIABACKUP, BASEBACKUP, PGBACKREST, RESTIC, BORG, WAL, FOLDER)
KINDS = (*FILES, *FOLDERS, UNKNOWN)

HEAD = 1 << 16
WAL_NAME = re.compile(r"[0-9A-F]{24}(-[0-9a-f]{40})?(\.(gz|zst|xz|bz2|lz4|br|lzo))?")
ENCRYPTED = (b"Salted__", b"age-encryption.org/", b"-----BEGIN PGP MESSAGE", b"-----BEGIN AGE")
# MySQL's and MariaDB's dumps say so, or begin with a statement that only they write.
MYSQL_TEXT = re.compile(
    rb"^(-- (MySQL|MariaDB) dump |/\*M?!\d{5,6}\\?-|/\*!\d{5} SET |mysqldump: |mariadb-dump: "
    rb"|(CREATE TABLE|INSERT INTO|DROP TABLE IF EXISTS|LOCK TABLES|USE) `)",
    re.MULTILINE,
)
PG_TEXT = re.compile(
    rb"^(-- PostgreSQL database (cluster )?dump\s*$|\\restrict |SELECT pg_catalog\.set_config"
    rb"|SET (statement_timeout|standard_conforming_strings) = |COPY [^;\n]+ FROM stdin;)",
    re.MULTILINE,
)
SQLITE_TEXT = re.compile(rb"\A(PRAGMA foreign_keys=OFF;\s+)?BEGIN TRANSACTION;")


def detect(path: Path) -> str:
    """The kind of what lies there; `unknown` for what nothing is known of. Raises OSError."""
    return of_folder(path) if path.is_dir() else of_file(path)


def of_folder(path: Path) -> str:
    names = {entry.name for entry in path.iterdir()}
    if {"config", "data", "keys", "snapshots"} <= names:
        return RESTIC
    if {"config", "data"} <= names and b"[repository]" in _start(path / "config"):
        return BORG
    if any(_holds(path / part, "*/*.info*") for part in ("backup", "archive")):
        return PGBACKREST
    if names & {"xtrabackup_checkpoints", "xtrabackup_info", "mariadb_backup_info"}:
        return MARIABACKUP
    if names & {"mariadb_backup_checkpoints", "backup-my.cnf", "ibdata1"}:
        return MARIABACKUP
    if names & {"backup_manifest", "backup_label", "PG_VERSION"} or _has_tar(names, "base.tar"):
        return BASEBACKUP
    if "toc.dat" in names or (names and all(re.fullmatch(r"\d+\.dat(\.\w+)?", n) for n in names)):
        return PG_DIRECTORY
    return WAL if _is_wal(path, names) else FOLDER


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError:
        return b""


def _holds(path: Path, pattern: str) -> bool:
    return path.is_dir() and any(path.glob(pattern))


def _has_tar(names: set[str], start: str) -> bool:
    return any(name.startswith(start) for name in names)


def _is_wal(path: Path, names: set[str]) -> bool:
    """Segments by their names, here or in folders of timelines and logs as archives keep them."""
    if any(WAL_NAME.fullmatch(name) for name in names):
        return True
    inner = [name for name in names if re.fullmatch(r"[0-9A-F]{8}|[0-9A-F]{16}", name)]
    return any(
        WAL_NAME.fullmatch(entry.name)
        for name in inner
        if (path / name).is_dir()
        for entry in (path / name).iterdir()
    )


def head_of(path: Path) -> bytes:
    """The first bytes, unpacked; fewer or none where the file is damaged at its start."""
    with Unpacked(path) as file:
        try:
            return file.read(HEAD)
        except Damaged:
            return file.rest


def of_file(path: Path) -> str:
    head = head_of(path)
    if head.startswith(b"PGDMP"):
        return PG_CUSTOM
    if head.startswith(b"SQLite format 3\0"):
        return SQLITE
    if head.startswith(b"XBSTCK01"):
        return XBSTREAM
    if head[257:262] == b"ustar":
        return _of_tar(head)
    if _is_wal_page(head):
        return WAL
    return _of_text(head)


def _of_tar(head: bytes) -> str:
    name = head[:100].rstrip(b"\0").removeprefix(b"./")
    if name == b"toc.dat":
        return PG_TAR
    return BASEBACKUP if name in (b"backup_label", b"PG_VERSION", b"base/") else UNKNOWN


def _is_wal_page(head: bytes) -> bool:
    """A segment's first page: its magic (PostgreSQL 9.3 on), long header, place in the log."""
    if len(head) < 40:
        return False
    magic, info = struct.unpack_from("<HH", head)
    (address,) = struct.unpack_from("<Q", head, 8)
    size, block = struct.unpack_from("<II", head, 32)
    return (
        0xD075 <= magic <= 0xD2FF
        and bool(info & 2)
        and block == 8192
        and size > 0
        and not address % size
    )


def _of_text(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"["):
        return CATALOGUE
    if SQLITE_TEXT.match(start):
        return UNKNOWN
    # Either may quote the other in its data: what comes first decides.
    mysql, postgres = MYSQL_TEXT.search(start), PG_TEXT.search(start)
    if mysql and postgres:
        return MYSQLDUMP if mysql.start() < postgres.start() else PG_DUMP
    return MYSQLDUMP if mysql else PG_DUMP if postgres else UNKNOWN


def is_encrypted(head: bytes) -> bool:
    """Whether a file begins as those do that common tools encrypt."""
    return head.startswith(ENCRYPTED) or head[:1] in (b"\x84", b"\x85", b"\x8c")
