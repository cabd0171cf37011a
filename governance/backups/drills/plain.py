"""Plain dumps on their way into a client, without what would lead out of the scratch database.

The rights of the restoring account are what keeps a hostile dump in; here only those lines are
left out that a sound dump has and such an account may not carry out. A line that is taken for
something else than it is makes a restore fail, never reach outside.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator

from governance.errors import ConfigError, SourceRefused

# A longer line is data; it is passed on in pieces.
LONGEST = 1 << 20
_COPY = re.compile(rb"COPY .* FROM stdin;\s*$", re.IGNORECASE)
_END_OF_COPY = re.compile(rb"\n\\\.\r?\n")
LONGEST_MARK = 8
_RESTRICT = re.compile(rb"\\restrict (\w+)\s*$")
_OF_DATABASE = re.compile(
    rb"(?:CREATE|ALTER|DROP) DATABASE .*;\s*$|COMMENT ON DATABASE .*;\s*$|\\connect .*$"
)
_OF_ROLES = re.compile(
    rb"ALTER .* OWNER TO [^;]*;\s*$|(?:GRANT|REVOKE) .*;\s*$"
    rb"|ALTER DEFAULT PRIVILEGES .*;\s*$|COMMENT ON EXTENSION .*;\s*$"
)
_HEADER, _FOOTER = b"-- PostgreSQL database dump", b"-- PostgreSQL database dump complete"
# Where the objects begin; nothing before it belongs to the scratch database.
_OBJECTS = re.compile(rb"(?:CREATE (?!DATABASE)|COPY |INSERT |ALTER (?!DATABASE))")
_OPENS = re.compile(rb"--|/\*|['\"]|\$(?:[A-Za-z_]\w*)?\$")


def lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends; of a line that is very long, its pieces."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > LONGEST:
            yield rest
            rest = b""
    if rest:
        yield rest


def for_psql(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """A plain dump of PostgreSQL for `psql`, which is told first to carry out no command of its
    own: `\\!`, `\\connect` and their like are refused by it from there on.

    Raises SourceRefused for one that breaks off.
    """
    yield b"\\restrict " + secrets.token_hex(16).encode() + b"\n"
    state, in_copy, rest = _Postgres(), False, b""
    for block in blocks:
        data, at, kept = rest + block, 0, bytearray()
        while at < len(data):
            if in_copy:
                found = _END_OF_COPY.search(data, at)
                if found is None:
                    break
                kept += data[at : found.end()]
                at, in_copy = found.end(), False
                continue
            stop = data.find(b"\n", at)
            if stop < 0:
                break
            line, in_copy = state.line(data[at : stop + 1])
            # The end of COPY's line also is what its end mark has before it.
            kept += line[:-1] if in_copy else line
            at = stop if in_copy else stop + 1
        if in_copy:
            # The end mark may stand across two blocks.
            cut = max(at, len(data) - LONGEST_MARK)
            kept += data[at:cut]
            at = cut
        rest = data[at:]
        yield bytes(kept)
    if rest and not in_copy:
        yield state.line(rest)[0]
    if in_copy or state.is_open:
        raise SourceRefused("backups.drill.cut")


class _Postgres:
    """What stands outside of texts and of COPY's rows, line by line."""

    def __init__(self) -> None:
        self.within = b""  # what ends the text or comment that is open: ', ", */ or $tag$
        self.token: bytes | None = None
        self.in_header = True
        self.is_open = False  # it has begun as `pg_dump` begins, and not ended yet

    def line(self, line: bytes) -> tuple[bytes, bool]:
        """What is kept of a line, and whether rows of COPY follow it."""
        if self.within:
            self._scan(line)
            return line, False
        if line.startswith(_HEADER):
            self.is_open = not line.startswith(_FOOTER)
        restrict = _RESTRICT.match(line)
        if restrict is not None and self.in_header:
            self.token = restrict[1]
            return b"", False
        if self.token is not None and line.strip() == b"\\unrestrict " + self.token:
            return b"", False
        if self.in_header and _OF_DATABASE.match(line):
            return b"", False
        if _OF_ROLES.match(line):
            return b"", False
        self.in_header = self.in_header and _OBJECTS.match(line) is None
        if _COPY.match(line):
            return line, True
        self._scan(line)
        return line, False

    def _scan(self, line: bytes) -> None:
        at = 0
        while True:
            if self.within:
                at = line.find(self.within, at)
                if at < 0:
                    return
                at += len(self.within)
                if self.within == b"'" and line[at : at + 1] == b"'":  # a quotation mark in a text
                    at += 1
                    continue
                self.within = b""
            opens = _OPENS.search(line, at)
            if opens is None or opens[0] == b"--":
                return
            self.within = b"*/" if opens[0] == b"/*" else opens[0]
            at = opens.end()


_MYSQL_OUT = re.compile(
    rb"(?:CREATE DATABASE|/\*!\d+ (?:CREATE|DROP) DATABASE|DROP DATABASE|ALTER DATABASE) .*;\s*$"
    rb"|/\*M?!999999\\- .*\*/\s*;?\s*$|CHANGE (?:MASTER|REPLICATION SOURCE) .*;\s*$"
    rb"|SET GLOBAL .*;\s*$|SET @@SESSION\.SQL_LOG_BIN.*;\s*$"
)
_USE = re.compile(rb"USE `?([^`;]+)`?;\s*$")
_PURGED = re.compile(rb"SET @@GLOBAL\.GTID_PURGED")
_DEFINER = re.compile(rb"DEFINER\s*=\s*`[^`]*`@`[^`]*`")
_MYSQL_HEADERS = (b"-- MySQL dump ", b"-- MariaDB dump ")
_DATA = (b"INSERT ", b"REPLACE ", b"(")


def for_mysql(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """A dump of MySQL or MariaDB for its client, which starts in the scratch database.

    Raises ConfigError for one of several databases, which would fall into one another, and
    SourceRefused for one that breaks off.
    """
    used: bytes | None = None
    in_purged = is_piece = is_open = False
    for line in lines(blocks):
        starts, is_piece = not is_piece, not line.endswith(b"\n")
        if not starts or line.startswith(_DATA):
            yield line
            continue
        if line.startswith(_MYSQL_HEADERS):
            is_open = True
        is_open = is_open and not line.startswith(b"-- Dump completed")
        in_purged = in_purged or _PURGED.match(line) is not None
        if in_purged:
            in_purged = not line.rstrip().endswith(b";")
            continue
        use = _USE.match(line)
        if use is not None:
            if used is not None and use[1] != used:
                raise ConfigError("backups.drill.databases", file=name)
            used = use[1]
            continue
        if _MYSQL_OUT.match(line) is None:
            yield _DEFINER.sub(b"", line)
    if is_open:
        raise SourceRefused("backups.drill.cut")
