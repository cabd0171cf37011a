"""The head and the table of contents of pg_dump's own archive format.

Laid out as PostgreSQL's `src/bin/pg_dump/pg_backup_archiver.c` writes it, format 1.8 to 1.16
(PostgreSQL 8.1 to 18): an integer is a sign byte and `size` bytes, least first; a text is its
length and its bytes, -1 for none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

CUSTOM, TAR, DIRECTORY = 1, 3, 5
NO_DATA = 3
# How data is packed within the archive: 0 not, 1 zlib or gzip, 2 lz4, 3 zstd.
PLAIN, GZIP = 0, 1
MOST_TEXT = 1 << 28
MOST_ENTRIES = 10_000_000


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class BadToc(Exception):
    """The table of contents breaks off, or is none. `ended`: there were no more bytes."""

    def __init__(self, ended: bool) -> None:
        super().__init__(ended)
        self.ended = ended


@dataclass(frozen=True)
class Entry:
    """One line of the table of contents. `file` is where a folder or tar keeps its data."""

    id: int
    what: str
    schema: str
    name: str
    has_data: bool
    copies: bool
    file: str | None = None

    @property
    def table(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Toc:
    version: tuple[int, int]
    form: int
    packing: int
    created: str | None
    database: str
    server: str
    tool: str
    entries: tuple[Entry, ...]


class Archive:
    """Reads the archive's integers and texts off a stream. Every method raises BadToc."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.int_size = self.offset_size = 4
        self.version = (0, 0)

    def take(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise BadToc(ended=True)
        return data

    def byte(self) -> int:
        return self.take(1)[0]

    def integer(self) -> int:
        sign = self.byte()
        if sign > 1:
            raise BadToc(ended=False)
        value = int.from_bytes(self.take(self.int_size), "little")
        return -value if sign else value

    def text(self) -> str | None:
        size = self.integer()
        if size < 0:
            return None
        if size > MOST_TEXT:
            raise BadToc(ended=False)
        return self.take(size).decode("utf-8", "replace")

    def toc(self) -> Toc:
        """The head and every entry; the stream then stands before the data."""
        if self.take(5) != b"PGDMP":
            raise BadToc(ended=False)
        self.version = (self.byte(), self.byte())
        self.byte()
        self.int_size, self.offset_size, form = self.byte(), self.byte(), self.byte()
        if not (1, 8) <= self.version <= (1, 99) or self.int_size > 8 or self.offset_size > 8:
            raise BadToc(ended=False)
        packing = self._packing()
        created = self._moment()
        database = self.text() or ""
        server, tool = (
            (self.text() or "", self.text() or "") if self.version >= (1, 10) else ("", "")
        )
        count = self.integer()
        if not 0 <= count <= MOST_ENTRIES:
            raise BadToc(ended=False)
        entries = tuple(self._entry(form) for _ in range(count))
        return Toc(self.version, form, packing, created, database, server, tool, entries)

    def _packing(self) -> int:
        """Its name since 1.15, before that zlib's level: any but 0 is packed."""
        if self.version >= (1, 15):
            return self.byte()
        return GZIP if self.integer() else PLAIN

    def _moment(self) -> str | None:
        second, minute, hour, day, month, year, _ = (self.integer() for _ in range(7))
        try:
            found = datetime(year + 1900, month + 1, day, hour, minute, min(second, 59))  # noqa: DTZ001
        except (ValueError, OverflowError):
            return None
        return found.isoformat(" ")

    def _entry(self, form: int) -> Entry:
        number, has_dumper = self.integer(), self.integer() != 0
        self.text()
        self.text()
        name, what = self.text() or "", self.text() or ""
        if self.version >= (1, 11):
            self.integer()
        self.text()
        self.text()
        copies = bool(self.text())
        schema = self.text() or ""
        if self.version >= (1, 10):
            self.text()
        if self.version >= (1, 14):
            self.text()
        if self.version >= (1, 16):
            self.integer()
        self.text()
        if self.version >= (1, 9):
            self.text()
        while self.text() is not None:
            pass
        file = None
        if form == CUSTOM:
            has_dumper = self.byte() != NO_DATA
            self.take(self.offset_size)
        else:
            file = self.text() or None
        return Entry(number, what, schema, name, has_dumper, copies, file)
