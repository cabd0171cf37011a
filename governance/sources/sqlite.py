"""SQLite: the file opened read-only, everything read inside one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from checks.sql import quoted
from governance.config.model import SourceConfig
from governance.errors import GovernanceError, SourceRefused, SourceUnavailable
from governance.sources.files import found_file
from governance.sources.landing import among, landing
from governance.sources.model import (
    Columns,
    Extract,
    Landed,
    Progress,
    Reader,
    Source,
    Stop,
    TableInfo,
)
from governance.sources.names import resolve, table_missing, what
from governance.sources.values import append_rows, sized
from governance.sources.watch import Watch

if TYPE_CHECKING:
    import duckdb

BUSY_SECONDS = 3
TABLES = """
SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY name
"""  # noqa: E501


class Sqlite(Source):
    def __init__(self, config: SourceConfig) -> None:
        self.config = config

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        path = found_file(self.config)
        try:
            conn = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise translated(error, self.config.name, path.name) from None
        with closing(conn):
            try:
                conn.execute("PRAGMA query_only = ON")
                conn.execute("BEGIN")
                # The first look at the file, not BEGIN, fixes what the transaction sees.
                conn.execute("SELECT count(*) FROM sqlite_master")
            except sqlite3.Error as error:
                raise translated(error, self.config.name, path.name) from None
            yield SqliteReader(self.config, conn, path)


def translated(error: sqlite3.Error, source: str, place: str) -> GovernanceError:
    """What an SQLite error means. Its text may quote cells and is left out."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return SourceUnavailable("source.locked", source=source, table=place)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_SCHEMA):
        return SourceUnavailable("source.lost", source=source)
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return SourceRefused("source.not_database", source=source, file=place)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return SourceRefused("source.file_denied", source=source, file=place)
    if "decode" in str(error):
        return SourceRefused("source.not_text", source=source, table=place)
    return SourceRefused("source.query_failed", source=source, table=place, state=code)


class SqliteReader(Reader):
    def __init__(self, config: SourceConfig, conn: sqlite3.Connection, path: Path) -> None:
        self.name, self.timeout = config.name, config.timeout
        self.conn, self.file = conn, path.name

    def columns(self, table: str | None = None, query: str | None = None) -> Columns:
        try:
            return self._shape(table, query)[1]
        except sqlite3.Error as error:
            raise translated(error, self.name, table or self.file) from None

    def read(
        self,
        extract: Extract,
        con: duckdb.DuckDBPyConnection,
        into: str,
        progress: Progress,
        stop: Stop,
    ) -> Landed:
        table = what(extract, self.file)
        watch = Watch(self.name, stop, self.conn.interrupt, self.timeout)
        try:
            with watch, watch.over(sqlite3.Error):
                origin, available = self._shape(extract.table, extract.query)
                real = resolve(self.name, table, extract.wanted, available, fold=True)
                statement, values = select(extract, origin, real)
                # Closed early: an interruption lasts until the interrupted statement is closed.
                reading = closing(self.conn.execute(statement, values))
                with landing(con, into, list(extract.columns)), reading as cursor:
                    rows = append_rows(con, into, sized(cursor), progress, watch)
        except sqlite3.Error as error:
            raise translated(error, self.name, table) from None
        types = dict(available)
        mapped = {canonical: types[real[column]] for canonical, column in extract.columns.items()}
        return Landed(rows, mapped, available)

    def catalogue(self) -> tuple[TableInfo, ...]:
        return tuple(
            TableInfo(name=table, columns=self._table_columns(table)) for table in self._tables()
        )

    def _tables(self) -> list[str]:
        return [str(name) for (name,) in self.conn.execute(TABLES)]

    def _table_columns(self, table: str) -> Columns:
        listed = self.conn.execute("SELECT name, type FROM pragma_table_xinfo(?)", [table])
        return tuple((str(name), str(kind)) for name, kind in listed)

    def _shape(self, table: str | None, query: str | None) -> tuple[str, Columns]:
        if query is not None:
            origin = f"(\n{query}\n)"
            described = self.conn.execute(f"SELECT * FROM {origin} LIMIT 0").description
            return origin, tuple((str(column[0]), "") for column in described)
        tables = self._tables()
        same = [name for name in tables if name.casefold() == (table or "").casefold()]
        if not same:
            raise table_missing(self.name, table or "", tables)
        return quoted(same[0]), self._table_columns(same[0])


def select(extract: Extract, origin: str, real: dict[str, str]) -> tuple[str, list[Any]]:
    """The statement that prints the mapped columns of the rows that pass the filter."""
    shown = [quoted(real[column]) for column in extract.columns.values()]
    parts, values = ["1 = 1"], []
    for condition in extract.filter:
        some = [value for value in condition.values if value is not None]
        marks = ", ".join("?" for _ in some)
        name = quoted(real[condition.column])
        parts.append(among(name, marks, condition, f"CAST({name} AS TEXT)"))
        values += some
    return f"SELECT {', '.join(shown)} FROM {origin} WHERE {' AND '.join(parts)}", values
