"""MySQL and MariaDB: one read-only consistent snapshot, rows as the raw text of the protocol."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql

from governance.config.model import SourceConfig
from governance.errors import SchemaDrift, SourceRefused
from governance.sources import mysql_errors as errors
from governance.sources.landing import (
    among,
    landing,
)
from governance.sources.model import (
    Columns,
    Extract,
    Landed,
    Note,
    Progress,
    Reader,
    Source,
    Stop,
    TableInfo,
)
from governance.sources.mysql_columns import base, described, indexed, name, printed
from governance.sources.mysql_rows import hang_up, stream
from governance.sources.names import resolve, table_missing, what
from governance.sources.watch import Watch

if TYPE_CHECKING:
    import duckdb

CONNECT_SECONDS = 10
LOCK_SECONDS = 3
CANCEL_SECONDS = 1
TRANSACTIONAL = {"innodb", "rocksdb"}
OPTIONS = {
    "charset", "unix_socket", "connect_timeout", "ssl_ca", "ssl_cert", "ssl_key",
    "ssl_disabled", "ssl_verify_cert", "ssl_verify_identity", "bind_address", "server_public_key",
}  # fmt: skip
FLAGS = {"ssl_disabled", "ssl_verify_cert", "ssl_verify_identity"}
FAILURES = (pymysql.err.Error, OSError)

COLUMNS = """
SELECT table_schema, table_name, column_name, column_type, privileges
FROM information_schema.columns
WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
ORDER BY table_schema, table_name, ordinal_position
"""
ENGINE = "SELECT engine FROM information_schema.tables WHERE table_schema = {} AND table_name = {}"


class MySQL(Source):
    def __init__(self, config: SourceConfig) -> None:
        self.config = config

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        conn = connect(self.config)
        reader = MySQLReader(self.config, conn)
        try:
            with reader.asking("-"):
                reader.begin()
            yield reader
        finally:
            with contextlib.suppress(pymysql.err.Error):
                conn.close()


def connect(config: SourceConfig, seconds: int | None = None) -> Any:
    """A session whose values all come as raw bytes. A silent server is given so many seconds, for
    the connection and for every answer; `patient` gives it more."""
    seconds = seconds or CONNECT_SECONDS
    try:
        parts = urlsplit(config.url or "")
        options = dict(parse_qsl(parts.query))
        port = parts.port or 3306
    except ValueError:
        raise SourceRefused("source.address", source=config.name) from None
    strange = [option for option in options if option not in OPTIONS]
    if strange:
        raise SourceRefused("source.address_option", source=config.name, option=strange[0])
    address = f"{parts.hostname or 'localhost'}:{port}{parts.path}"
    user = unquote(parts.username or "")
    wanted: dict[str, Any] = {
        option: value.lower() in ("1", "true", "yes") if option in FLAGS else value
        for option, value in options.items()
    }
    wanted["connect_timeout"] = min(int(wanted.get("connect_timeout", seconds)), seconds)
    wanted.setdefault("charset", "utf8mb4")
    try:
        return pymysql.connect(
            host=parts.hostname or "localhost",
            port=port,
            user=user,
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")) or None,
            read_timeout=seconds,
            use_unicode=False,
            conv={},
            autocommit=True,
            program_name="duiqi",
            **wanted,
        )
    except (*FAILURES, RuntimeError) as error:
        raise errors.connecting(error, config.name, address, user) from None


def patient(conn: Any, seconds: int) -> None:
    """Wait so long for an answer from now on."""
    conn._read_timeout = seconds


class MySQLReader(Reader):
    def __init__(self, config: SourceConfig, conn: Any) -> None:
        self.config, self.conn = config, conn
        self.name = config.name
        self.database = unquote(urlsplit(config.url or "").path.lstrip("/"))

    def begin(self) -> None:
        """Set limits and printing, and take the snapshot."""
        seconds = int(self.config.timeout.total_seconds())
        version = self._ask("SELECT VERSION()")[0][0] or ""
        limit = (
            f"max_statement_time = {seconds}"
            if "mariadb" in version.lower()
            else f"max_execution_time = {seconds * 1000}"
        )
        self._ask(
            f"SET SESSION time_zone = '+00:00', lock_wait_timeout = {LOCK_SECONDS},"
            f" net_write_timeout = 600, {limit}"
        )
        self._ask("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self._ask("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        patient(self.conn, seconds + LOCK_SECONDS)

    def columns(self, table: str | None = None, query: str | None = None) -> Columns:
        with self.asking(table or "query"):
            return self._shape(table, query)[1]

    def read(
        self,
        extract: Extract,
        con: duckdb.DuckDBPyConnection,
        into: str,
        progress: Progress,
        stop: Stop,
    ) -> Landed:
        table = what(extract, self.name)
        watch = Watch(self.name, stop, self._cancel(), self.config.timeout)
        with self.asking(table), watch, watch.over(*FAILURES):
            origin, available, notes = self._shape(extract.table, extract.query)
            try:
                real = resolve(self.name, table, extract.wanted, available, fold=True)
            except SchemaDrift:
                self._is_a_right_missing(extract, origin, available)
                raise
            types = dict(available)
            statement = self._select(extract, origin, real, types)
            with landing(con, into, list(extract.columns)):
                rows = stream(self.conn, statement, con, into, self.name, progress, watch)
        mapped = {canonical: types[real[column]] for canonical, column in extract.columns.items()}
        return Landed(rows, mapped, available, notes)

    def catalogue(self) -> tuple[TableInfo, ...]:
        found: dict[str, list[tuple[str, str, bool]]] = {}
        with self.asking("catalogue"):
            for schema, table, column, kind, rights in self._ask(COLUMNS):
                here = schema == self.database
                full = f"{table}" if here else f"{schema}.{table}"
                allowed = "select" in (rights or "").lower().split(",")
                found.setdefault(full, []).append((str(column), str(kind), allowed))
        return tuple(
            TableInfo(
                name=table,
                columns=tuple((column, kind) for column, kind, _ in columns),
                readable=any(allowed for _, _, allowed in columns),
                hidden=tuple(column for column, _, allowed in columns if not allowed),
            )
            for table, columns in found.items()
        )

    @contextmanager
    def asking(self, table: str) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            seconds = int(self.config.timeout.total_seconds())
            raise errors.reading(error, self.name, table, seconds) from None

    def _ask(self, statement: str) -> list[list[str | None]]:
        with self.conn.cursor() as cursor:
            cursor.execute(statement)
            return [
                [None if cell is None else cell.decode("utf-8", "replace") for cell in row]
                for row in cursor.fetchall()
            ]

    def _shape(self, table: str | None, query: str | None) -> tuple[str, Columns, tuple[Note, ...]]:
        """What to select from, its columns, and what is to be said about it."""
        if query is not None:
            origin = f"(\n{query}\n) AS q"
            with self.conn.cursor() as cursor:
                # Not LIMIT 0: that would run the query first.
                cursor.execute(f"SELECT * FROM {origin} WHERE 1 = 0")
                return origin, described(cursor._result.fields), ()
        schema, plain, columns = self._table(table or "")
        origin = f"{name(schema)}.{name(plain)}"
        engine = self._ask(ENGINE.format(self.conn.escape(schema), self.conn.escape(plain)))
        kind = engine[0][0] if engine else None
        if kind is None or kind.lower() in TRANSACTIONAL:
            return origin, columns, ()
        params = {"source": self.name, "table": table or "", "engine": kind}
        return origin, columns, (Note("source.engine", params),)

    def _table(self, table: str) -> tuple[str, str, Columns]:
        """The schema, name and columns that `name` or `schema.name` means to this account."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for schema, its_name, column, kind, _ in self._ask(COLUMNS):
            key = (str(schema), str(its_name))
            found.setdefault(key, []).append((str(column), str(kind)))
        before, _, after = table.rpartition(".")
        for key in ((self.database, table), (before, after)):
            if key in found:
                return *key, tuple(found[key])
        # Tables without any right are not listed: only asking tells them from missing ones.
        origin = f"{name(before)}.{name(after)}" if before else name(table)
        try:
            self._ask(f"SELECT 1 FROM {origin} LIMIT 0")
        except pymysql.err.Error as error:
            if errors.number(error) in errors.NO_RIGHT | errors.LOGIN:
                raise SourceRefused("source.no_select", source=self.name, table=table) from None
        known = [
            plain if schema == self.database else f"{schema}.{plain}" for schema, plain in found
        ]
        raise table_missing(self.name, table, known)

    def _is_a_right_missing(self, extract: Extract, origin: str, available: Columns) -> None:
        """Columns without a right are not listed either. Raises SourceRefused if that is why."""
        known = {column.casefold() for column, _ in available}
        for column in extract.wanted:
            if column.casefold() in known or extract.query is not None:
                continue
            try:
                self._ask(f"SELECT {name(column)} FROM {origin} LIMIT 0")
            except pymysql.err.Error as error:
                if errors.number(error) in errors.NO_RIGHT:
                    raise SourceRefused(
                        "source.no_select_column",
                        source=self.name, table=extract.table or "", column=column,
                    ) from None  # fmt: skip

    def _select(
        self, extract: Extract, origin: str, real: dict[str, str], types: dict[str, str]
    ) -> str:
        """The statement that prints the mapped columns of the rows that pass the filter."""
        shown = [printed(real[c], types[real[c]]) for c in extract.columns.values()]
        parts = ["TRUE"]
        for condition in extract.filter:
            column = real[condition.column]
            some = [self.conn.escape(value) for value in condition.values if value is not None]
            text = (
                name(column)
                if base(types[column]) not in ("bit", "float")
                else printed(column, types[column])
            )
            # As bytes: a collation would take Abc for abc, and a number any word for 0.
            exact = f"CAST(CONVERT({text} USING utf8mb4) AS BINARY)"
            marks = ", ".join(f"CAST({value} AS BINARY)" for value in some)
            parts.append(among(name(column), marks, condition, exact))
            if indexed(types[column], condition):
                # Holds wherever the exact test does, and lets an index find the rows.
                parts.append(f"{name(column)} IN ({', '.join(some)})")
        return f"SELECT {', '.join(shown)} FROM {origin} WHERE {' AND '.join(parts)}"

    def _cancel(self) -> Callable[[], None]:
        """Ends the running statement: politely first, then by closing the line."""
        thread = self.conn.thread_id()
        tried: list[bool] = []

        def cancel() -> None:
            if not tried:
                tried.append(True)
                with contextlib.suppress(Exception):
                    other = connect(self.config, CANCEL_SECONDS)
                    with contextlib.closing(other), other.cursor() as cursor:
                        # KILL QUERY alone does not reach a server that waits for room to write.
                        cursor.execute(f"KILL CONNECTION {int(thread)}")
                    return
            hang_up(self.conn)

        return cancel
