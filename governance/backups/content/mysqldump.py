"""mysqldump and mariadb-dump: the text they write, read as it streams by."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from checks.backups.model import Mark
from governance.backups.content.cells import first_width
from governance.backups.content.columns import created, listed
from governance.backups.content.compressed import Stream
from governance.backups.content.forms import Form, mysql_form
from governance.backups.content.model import Dump, Progress, Stop, Wanted
from governance.backups.content.names import NAME, PATH, parts
from governance.backups.content.tally import Table, Tally
from governance.backups.content.text import MYSQL, MYSQL_PLAIN, Dialect, Passing, Text, lead
from governance.backups.content.values import LARGEST_WINDOW, Inserts
from governance.sources.mysql_columns import base

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HEADER_ROOM = 1 << 18
HEADER = re.compile(rb"-- (MySQL|MariaDB) dump (\S+)\s+Distrib ([^,\s]+)")
SERVER = re.compile(rb"-- Server version\s+(\S+)")
HOST = re.compile(rb"-- Host: .*?Database: (.+?)\s*$")
FOOTER = re.compile(rb"-- Dump completed(?: on (\d{4}-[ \d]\d-[ \d]\d [ \d]\d:\d\d:\d\d))?\s*$")
INSERT = re.compile(
    rb"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\s+)*(?:INTO\s+)?"
    rb"(" + PATH + rb")\s*(?:\(((?:\s*" + NAME + rb"\s*,?)*)\)\s*)?VALUES?\s*(?=\()",
    re.I,
)
STARTS = re.compile(rb"INSERT\b|REPLACE\b", re.I)
USE = re.compile(rb"USE\s+(" + NAME + rb")", re.I)
DELIMITER = re.compile(rb"DELIMITER[ \t]+(\S+)", re.I)
MODE = re.compile(rb"SQL_MODE\s*=\s*'([^']*)'", re.I)
UTC = re.compile(rb"/\*!40103 SET TIME_ZONE='\+00:00' \*/")
CHARSET = re.compile(rb"SET NAMES (\w+)")
LOCK = re.compile(rb"(UN)?LOCK TABLES\b", re.I)
SETTING = re.compile(rb"/\*!\d+ SET @OLD_(SQL_NOTES)=|/\*!\d+ SET SQL_NOTES=@OLD_(SQL_NOTES)")


class MySQLDump:
    """Reads the SQL text of mysqldump and mariadb-dump, compressed or not."""

    KIND = "mysqldump"

    def read(
        self,
        path: Path,
        wanted: tuple[Wanted, ...],
        con: DuckDBPyConnection,
        progress: Progress,
        stop: Stop,
    ) -> Dump:
        begun = time.monotonic()
        stream = Stream(path, progress, stop)
        reading = Reading(Text(stream.blocks()), wanted, con)
        with reading.tally.landing():
            reading.read()
        return reading.dump(stream, time.monotonic() - begun)


@dataclass
class Reading:
    """One pass over a dump's text."""

    text: Text
    wanted: tuple[Wanted, ...]
    con: DuckDBPyConnection
    dialect: Dialect = MYSQL
    delimiter: bytes = b";"
    database: str | None = None
    told: str | None = None
    databases: list[str] = field(default_factory=list)
    tool: str | None = None
    server: str | None = None
    finished: str | None = None
    headed: bool = False
    # A header without its footer, a lock or settings that were not given back: the text goes on.
    is_open: bool = False
    locked: bool = False
    unset: bool = False
    broken: bool = False
    utc: bool = False

    def __post_init__(self) -> None:
        self.tally = Tally(self.wanted, self.con, True, self._form)
        self.inserts = Inserts(self.tally)

    def read(self) -> None:
        while lead(self.text, self.dialect, self._comment):
            insert = None
            self.text.there(16)
            if self.delimiter == b";" and STARTS.match(self.text.data, self.text.at):
                insert = self.text.match(INSERT, HEADER_ROOM)
            if insert is not None:
                self._insert(insert)
            elif DELIMITER.match(self.text.data, self.text.at):
                found = DELIMITER.match(self.text.line() or b"")
                self.delimiter = found[1] if found else b";"
            else:
                passing = Passing(self.text, self.dialect)
                whole = passing.statement(self.delimiter)
                self._statement(bytes(passing.kept), whole)

    def _comment(self, line: bytes) -> None:
        if head := HEADER.match(line):
            self.broken |= self.is_open
            self.headed = self.is_open = True
            self.tool = " ".join(piece.decode("utf-8", "replace") for piece in head.groups())
        elif server := SERVER.match(line):
            self.server = server[1].decode("utf-8", "replace")
        elif host := HOST.match(line):
            name = host[1].strip().decode("utf-8", "replace")
            if "," not in name and not self.databases:
                self.told = name
        elif foot := FOOTER.match(line):
            self.is_open = False
            self.finished = foot[1].decode() if foot[1] else self.finished

    def _statement(self, text: bytes, whole: bool) -> None:
        self.broken |= not whole
        if mode := MODE.search(text[:4096]):
            plain = b"NO_BACKSLASH_ESCAPES" in mode[1].upper()
            self.dialect = MYSQL_PLAIN if plain else MYSQL
        if UTC.match(text):
            self.utc = True
        if (names := CHARSET.search(text[:200])) and not self.text.charset(names[1].decode()):
            self.tally.tell("backups.inside.charset", charset=names[1].decode())
        if setting := SETTING.match(text):
            self.unset = bool(setting[1])
        if lock := LOCK.match(text):
            self.locked = not lock[1]
        if use := USE.match(text):
            self.database = parts(use[1])[0]
            if self.database not in self.databases:
                self.databases.append(self.database)
        made = created(text)
        if made is not None:
            table = self._table(made.table)
            table.columns = made.columns
            table.ended = whole

    def _table(self, path: tuple[str, ...]) -> Table:
        if len(path) == 1 and (self.database or self.told):
            path = (self.database or self.told or "", *path)
        return self.tally.table(path, len(path) - 1)

    def _insert(self, head: re.Match[bytes]) -> None:
        table = self._table(parts(head[1]))
        named = listed(head[2])
        self.text.at = head.end()
        names = named or self._names(table)
        if named and table.columns is None:
            table.listed = named
        self.broken |= not self.inserts.read(self.text, self.dialect, table, names, head[0])

    def _names(self, table: Table) -> tuple[str, ...]:
        """The columns of a plain INSERT: all, or without those that the server computes."""
        columns = table.columns or ()
        forms = [
            tuple(column.name for column in columns),
            tuple(column.name for column in columns if not column.invisible),
            tuple(column.name for column in columns if not column.computed),
            tuple(c.name for c in columns if not c.computed and not c.invisible),
        ]
        if len({len(names) for names in forms}) == 1:
            return forms[0]
        self.text.there(LARGEST_WINDOW)
        width = first_width(
            self.text.data[self.text.at : self.text.at + LARGEST_WINDOW], self.dialect.escapes
        )
        return next((names for names in forms if len(names) == width), forms[0])

    def _form(self, table: Table, name: str) -> Form | None:
        kind = table.kind(name)
        if kind is None:
            self.tally.tell("backups.inside.untyped", table=table.name)
            return None
        # Without a header nothing tells the zone; the tools use UTC unless they are told not to.
        utc = self.utc or not (self.headed or self.unset)
        if base(kind) == "timestamp" and not self.utc:
            code = "backups.inside.zone_assumed" if utc else "backups.inside.zone"
            self.tally.tell(code, table=table.name, column=name)
        return mysql_form(kind, utc)

    def dump(self, stream: Stream, seconds: float) -> Dump:
        """What the pass came to."""
        broken = self.broken or self.is_open or self.locked or self.unset or stream.is_broken
        if broken:
            self.tally.tell("backups.inside.cut", Mark.COMPLETE, True, file=stream.path.name)
        return Dump(
            self.kind(),
            stream.read,
            seconds,
            False if broken else (True if self.headed else None),
            self.tally.found(),
            (*stream.problems, *self.tally.problems),
            self.tool,
            self.server,
            tuple(self.databases or filter(None, [self.told])),
            None,
            self.finished,
        )

    def kind(self) -> str:
        return MySQLDump.KIND
