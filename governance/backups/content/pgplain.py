"""pg_dump and pg_dumpall in plain form: COPY blocks and INSERT statements as they stream by."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from checks.backups.model import Mark, Problem
from governance.backups.content.cells import lines
from governance.backups.content.columns import created, listed
from governance.backups.content.compressed import Stream
from governance.backups.content.forms import Form, postgresql_form
from governance.backups.content.literals import COPIED, Copied, Taken, c_escape
from governance.backups.content.model import Dump, Progress, Stop, Wanted
from governance.backups.content.names import NAME, PATH, parts, plain
from governance.backups.content.tally import Table, Tally
from governance.backups.content.text import POSTGRESQL, POSTGRESQL_OLD, Dialect, Passing, Text, lead
from governance.backups.content.values import Inserts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HEADER_ROOM = 1 << 18
BLOCK = 1 << 20
HEADER = re.compile(rb"-- PostgreSQL database (cluster )?dump( complete)?\s*$")
SERVER = re.compile(rb"-- Dumped from database version (\S+)")
TOOL = re.compile(rb"-- Dumped by pg_dump version (\S+)")
STARTED = re.compile(rb"-- Started on (\S+ \S+)")
FINISHED = re.compile(rb"-- Completed on (\S+ \S+)")
COLUMNS = rb"\(((?:\s*" + NAME + rb"\s*,?)*)\)"
COPY = re.compile(
    rb"COPY\s+(" + PATH + rb")\s*(?:" + COLUMNS + rb")?\s*FROM\s+stdin\s*"
    rb"(?:WITH\s*\([^)]*\)\s*)?;[ \t]*\r?\n",
    re.I,
)
INSERT = re.compile(
    rb"INSERT\s+INTO\s+(" + PATH + rb")\s*(?:" + COLUMNS + rb"\s*)?"
    rb"(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\s*(?=\()",
    re.I,
)
EMPTY_ROW = re.compile(rb"INSERT\s+INTO\s+(" + PATH + rb")\s+DEFAULT\s+VALUES", re.I)
STARTS_INSERT = re.compile(rb"INSERT\b", re.I)
STARTS_COPY = re.compile(rb"COPY\b", re.I)
CONNECT = re.compile(rb"\\c(?:onnect)?\s+(?:-\S+\s+)*(.+?)\s*$")
CONNINFO = re.compile(rb"dbname='?([^' ]+)")
OLD_STRINGS = re.compile(rb"SET standard_conforming_strings = off", re.I)
ENCODING = re.compile(rb"SET client_encoding = '([^']*)'", re.I)
ATTACH = re.compile(
    rb"ALTER TABLE (?:ONLY )?(" + PATH + rb")\s+ATTACH PARTITION (" + PATH + rb")", re.I
)
INHERITS = re.compile(rb"\)\s*INHERITS\s*\((" + PATH + rb")\)", re.I)
END = re.compile(rb"\n\\\.\r?\n")
# A line of more bytes than this is not looked at with NumPy, which takes several bytes for each.
LARGE = 8 << 20


class PostgresPlain:
    """Reads the SQL text of pg_dump and pg_dumpall, compressed or not."""

    KIND = "pg_dump"

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
        return reading.dump(
            self.KIND, stream.read, stream.problems, path.name, time.monotonic() - begun
        )


@dataclass
class Reading:
    """One pass over a dump's text."""

    text: Text
    wanted: tuple[Wanted, ...]
    con: DuckDBPyConnection
    dialect: Dialect = POSTGRESQL
    database: str | None = None
    databases: list[str] = field(default_factory=list)
    tool: str | None = None
    server: str | None = None
    started: str | None = None
    finished: str | None = None
    headed: bool = False
    # The word that lifts what `\restrict` forbids; it comes last.
    restricted: bytes | None = None
    broken: bool = False
    # Headers that have no footer yet; pg_dumpall's own goes round those of its databases.
    open: list[bytes] = field(default_factory=list)
    # Tables whose data was met.
    filled: set[tuple[str, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tally = Tally(self.wanted, self.con, False, self._form)
        self.inserts = Inserts(self.tally)

    def read(self) -> None:
        while lead(self.text, self.dialect, self._comment):
            self.text.there(16)
            data, at = self.text.data, self.text.at
            if data[at : at + 1] == b"\\":
                self._command(self.text.line() or b"")
            elif STARTS_COPY.match(data, at) and (copy := self.text.match(COPY, HEADER_ROOM)):
                self._copy(copy)
            elif STARTS_INSERT.match(data, at) and (head := self.text.match(INSERT, HEADER_ROOM)):
                self._insert(head)
            else:
                passing = Passing(self.text, self.dialect)
                whole = passing.statement()
                self._statement(bytes(passing.kept), whole)

    def _comment(self, line: bytes) -> None:
        if head := HEADER.match(line):
            kind = head[1] or b""
            self.headed = True
            if head[2] is None:
                self.open.append(kind)
            elif kind in self.open:
                self.open.remove(kind)
        elif found := SERVER.match(line):
            self.server = found[1].decode("utf-8", "replace")
        elif found := TOOL.match(line):
            self.tool = f"pg_dump {found[1].decode('utf-8', 'replace')}"
        elif found := STARTED.match(line):
            self.started = self.started or found[1].decode("utf-8", "replace")
        elif found := FINISHED.match(line):
            self.finished = found[1].decode("utf-8", "replace")

    def _command(self, line: bytes) -> None:
        words = line.split()
        if words[0] == b"\\restrict":
            self.restricted = words[-1]
        elif words[0] == b"\\unrestrict":
            self.restricted = None if words[-1] == self.restricted else self.restricted
        elif found := CONNECT.match(line):
            info = CONNINFO.search(found[1])
            word = info[1] if info else found[1].replace(b"'", b'"')
            self.database = plain(word)
            if self.database not in self.databases:
                self.databases.append(self.database)

    def _statement(self, text: bytes, whole: bool) -> None:
        self.broken |= not whole
        if OLD_STRINGS.match(text):
            self.dialect = POSTGRESQL_OLD
        elif found := ENCODING.match(text):
            charset = found[1].decode("ascii", "replace")
            if not self.text.charset(charset):
                self.tally.tell("backups.inside.charset", charset=charset)
        elif found := ATTACH.match(text):
            self._table(parts(found[2], True)).parent = self._table(parts(found[1], True))
        elif found := EMPTY_ROW.match(text):
            if whole:
                self._table(parts(found[1], True)).rows += 1
        elif (made := created(text, True)) is not None:
            table = self._table(made.table)
            table.columns = made.columns
            if found := INHERITS.search(text):
                table.parent = self._table(parts(found[1], True))

    def _table(self, path: tuple[str, ...]) -> Table:
        inside = 0 if self.database is None else 1
        return self.tally.table((*((self.database,) if self.database else ()), *path), inside)

    def _names(self, table: Table, named: tuple[str, ...] | None) -> tuple[str, ...]:
        """The columns of the data: those it lists, or all."""
        if named is not None and table.columns is None:
            table.listed = named
        return named if named is not None else table.names or ()

    def _copy(self, head: re.Match[bytes]) -> None:
        """Read the lines of one COPY up to its `\\.`."""
        table = self._table(parts(head[1], True))
        names = self._names(table, listed(head[2], True))
        self.filled.add(table.path)
        width = len(names) if self.tally.places(table, names) else None
        text = self.text
        text.at = head.end()
        while True:
            data = text.data[text.at :]
            size, is_last = whole_lines(data, text.ended)
            if size:
                self._lines(table, names, width, data[:size])
            text.at += size
            if is_last:
                text.line()
                return
            ahead = len(data) - size
            if width is None and ahead >= BLOCK:
                text.line()  # a long line need not be held to be counted
                table.rows += text.data[text.at - 1 : text.at] == b"\n"
            elif text.ended:
                break
            else:
                text.more(min(max(BLOCK, ahead), LARGE))
        table.ended = False
        self.broken = True
        text.at = len(text.data)

    def _lines(self, table: Table, names: tuple[str, ...], width: int | None, data: bytes) -> None:
        block = lines(data, width) if width is None or len(data) < LARGE else None
        if block is None:
            assert width is not None
            self._one_by_one(table, names, width, data)
            return
        made: list[Copied] = []

        def column(at: int) -> Taken:
            if not made:
                made.append(Copied(block))
            return made[0].column(at)

        self.tally.add(table, names, block.rows, column)

    def _one_by_one(self, table: Table, names: tuple[str, ...], width: int, data: bytes) -> None:
        """Lines that are very long, or among which one has too many or too few cells."""
        start = 0
        while start < len(data):
            end = data.index(b"\n", start)
            cells = [copied_cell(cell) for cell in data[start:end].split(b"\t")]
            start = end + 1
            if len(cells) == width:
                self.tally.add(table, names, 1, partial(cell_of, cells))
            else:
                table.rows += 1
                self.tally.tell("backups.inside.ragged", Mark.INTACT, True, table=table.name)

    def _insert(self, head: re.Match[bytes]) -> None:
        table = self._table(parts(head[1], True))
        names = self._names(table, listed(head[2], True))
        self.filled.add(table.path)
        self.text.at = head.end()
        self.broken |= not self.inserts.read(self.text, self.dialect, table, names, head[0])

    def _form(self, table: Table, name: str) -> Form | None:
        kind = table.kind(name)
        if kind is None:
            self.tally.tell("backups.inside.untyped", table=table.name)
            return None
        return postgresql_form(kind)

    def dump(
        self, kind: str, read: int, problems: list[Problem], file: str, seconds: float
    ) -> Dump:
        """What the pass came to."""
        broken = self.broken or bool(self.open) or self.restricted is not None
        broken |= any(problem.breaks for problem in problems)
        if broken:
            self.tally.tell("backups.inside.cut", Mark.COMPLETE, True, file=file)
        return Dump(
            kind,
            read,
            seconds,
            False if broken else (True if self.headed else None),
            self.tally.found(),
            (*problems, *self.tally.problems),
            self.tool,
            self.server,
            tuple(self.databases),
            self.started,
            self.finished,
        )


def whole_lines(data: bytes, ended: bool) -> tuple[int, bool]:
    """How many bytes of whole lines stand before the `\\.` that ends a COPY, and whether it comes
    next then."""
    if data.startswith((b"\\.\n", b"\\.\r\n")) or (ended and data == b"\\."):
        return 0, True
    found = END.search(data)
    if found:
        return found.start() + 1, True
    size = data.rfind(b"\n") + 1
    return size, bool(ended and data[size:] == b"\\.")


def copied_cell(cell: bytes) -> bytes | None:
    if cell == b"\\N":
        return None
    return COPIED.sub(lambda found: c_escape(found[1]), cell) if b"\\" in cell else cell


def cell_of(cells: list[bytes | None], place: int) -> Taken:
    """A column of a block of one row."""
    return Taken(pa.array([cells[place]], pa.binary()))
