"""PostgreSQL: one read-only REPEATABLE READ transaction, rows as CSV through COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from checks.sql import quoted
from governance.config.model import SourceConfig
from governance.errors import SchemaDrift, SourceRefused, SourceUnavailable
from governance.sources import postgresql_errors as errors
from governance.sources.landing import STEP, among, count, landing, scratch_file
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
from governance.sources.names import resolve, table_missing, what
from governance.sources.postgresql_catalogue import COLUMNS, RELATIONS, rebuilt
from governance.sources.postgresql_lines import CANCEL_SECONDS, Lines, canceller
from governance.sources.watch import Watch

if TYPE_CHECKING:
    import duckdb

CONNECT_SECONDS = 10
LOCK_MILLISECONDS = 3000

# Everything that decides how a value is printed. LOCAL, since a pooler may hand the session on.
PRINTING = (
    "TimeZone = 'UTC'",
    "DateStyle = 'ISO, YMD'",
    "IntervalStyle = 'postgres'",
    "bytea_output = 'hex'",
    "extra_float_digits = 3",
)


class Postgres(Source):
    def __init__(self, config: SourceConfig) -> None:
        self.config = config

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        conn = connect(self.config)
        try:
            reader = PostgresReader(self.config, conn)
            reader.begin()
            yield reader
        finally:
            conn.close()


def connect(
    config: SourceConfig, seconds: int | None = None
) -> psycopg.Connection[tuple[object, ...]]:
    """A session that has not asked anything yet."""
    scheme, _, rest = (config.url or "").partition("://")
    url = f"{scheme.partition('+')[0]}://{rest}"
    parts = urlsplit(url)
    address = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    try:
        conn = psycopg.connect(
            url,
            connect_timeout=int(seconds or CONNECT_SECONDS),
            client_encoding="UTF8",
            application_name="duiqi",
        )
    except psycopg.ProgrammingError:
        # Its text repeats the whole address, password and all.
        raise SourceRefused("source.address", source=config.name) from None
    except psycopg.Error as error:
        raise errors.connecting(error, config.name, address, parts.username or "") from None
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    conn.read_only = True
    return conn


def prepare(conn: psycopg.Connection[tuple[object, ...]], seconds: int) -> None:
    """Set limits and printing, and take the snapshot."""
    limits = (
        f"statement_timeout = {seconds * 1000}",
        f"lock_timeout = {LOCK_MILLISECONDS}",
        f"idle_in_transaction_session_timeout = {max(seconds, 600) * 1000}",
    )
    for setting in (*limits, *PRINTING):
        conn.execute(f"SET LOCAL {setting}")
    conn.execute("SELECT 1")


class PostgresReader(Reader):
    def __init__(self, config: SourceConfig, conn: psycopg.Connection[tuple[object, ...]]) -> None:
        self.config, self.name = config, config.name
        self.timeout = config.timeout
        self.conn = conn

    def begin(self) -> None:
        """Set limits and printing, and take the snapshot."""
        try:
            with self._within(timedelta(seconds=CONNECT_SECONDS)):
                prepare(self.conn, int(self.timeout.total_seconds()))
        except psycopg.Error as error:
            raise errors.reading(error, self.name, "-", CONNECT_SECONDS) from None

    def columns(self, table: str | None = None, query: str | None = None) -> Columns:
        with self._asking(table or "query"), self._within(self.timeout):
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
        watch = Watch(self.name, stop, self._cancel(), self.timeout)
        with self._asking(table), watch, watch.over(psycopg.Error):
            origin, available, hidden, notes = self._shape(extract.table, extract.query)
            real = resolve(self.name, table, extract.wanted, available)
            self._is_a_right_missing(table, real.values(), hidden)
            types = dict(available)
            statement = copy_statement(extract, origin, real, types)
            with landing(con, into, list(extract.columns)), self._same(extract, table):
                rows = self._copy(statement, extract, con, into, progress, watch)
        return Landed(
            rows, {c: types[real[s]] for c, s in extract.columns.items()}, available, notes
        )

    def catalogue(self) -> tuple[TableInfo, ...]:
        with self._asking("catalogue"), self._within(self.timeout):
            relations = self.conn.execute(RELATIONS).fetchall()
            found: dict[object, list[tuple[str, str, bool]]] = {row[0]: [] for row in relations}
            for oid, name, kind, allowed in self.conn.execute(COLUMNS, [list(found)]):
                found[oid].append((str(name), str(kind), bool(allowed)))
        return tuple(
            TableInfo(
                name=str(name) if visible else f"{schema}.{name}",
                columns=tuple((column, kind) for column, kind, _ in found[oid]),
                readable=bool(usable) and any(allowed for _, _, allowed in found[oid]),
                hidden=tuple(column for column, _, allowed in found[oid] if not allowed),
            )
            for oid, schema, name, visible, usable, _ in relations
        )

    def _cancel(self) -> Callable[[], None]:
        return canceller(self.conn, lambda: connect(self.config, round(CANCEL_SECONDS)))

    @contextmanager
    def _within(self, limit: timedelta) -> Iterator[None]:
        """A server that has gone silent is waited for no longer than this."""
        watch = Watch(self.name, lambda: False, self._cancel(), limit)
        with watch, watch.over(psycopg.Error):
            yield

    @contextmanager
    def _asking(self, table: str) -> Iterator[None]:
        """A savepoint, so that one refused table leaves the snapshot usable for the others."""
        try:
            with self.conn.transaction():
                yield
        except psycopg.Error as error:
            seconds = int(self.timeout.total_seconds())
            raise errors.reading(error, self.name, table, seconds) from None

    def _shape(
        self, table: str | None, query: str | None
    ) -> tuple[sql.Composable, Columns, set[str], tuple[Note, ...]]:
        """What to select from, its columns, those that may not be read, and what is to be said."""
        if query is not None:
            origin: sql.Composable = sql.SQL("(\n{}\n) AS q").format(sql.SQL(query))
            return origin, self._query_columns(origin), set(), ()
        oid, origin, secured = self._table(table or "")
        rows = self.conn.execute(COLUMNS, [[oid]]).fetchall()
        available = tuple((str(name), str(kind)) for _, name, kind, _ in rows)
        hidden = {str(name) for _, name, _, allowed in rows if allowed is False}
        if len(hidden) == len(rows):
            hidden = set()  # no single column is to blame: the server refuses the table
        note = Note("source.row_security", {"source": self.name, "table": table or ""})
        return origin, available, hidden, (note,) if secured else ()

    def _is_a_right_missing(self, table: str, wanted: Iterable[str], hidden: set[str]) -> None:
        """Raises SourceRefused for the first of the wanted columns that may not be read."""
        refused = [column for column in wanted if column in hidden]
        if refused:
            raise SourceRefused(
                "source.no_select_column", source=self.name, table=table, column=refused[0]
            )

    def _query_columns(self, origin: sql.Composable) -> Columns:
        probe = sql.SQL("SELECT * FROM {} LIMIT 0").format(origin)
        # Preparing refuses a text that holds more than one statement.
        described = self.conn.execute(probe, prepare=True).description or ()
        oids = [column.type_code for column in described]
        names = self.conn.execute(
            "SELECT format_type(t, NULL) FROM unnest(%s::oid[]) WITH ORDINALITY AS u(t, n)"
            " ORDER BY n",
            [oids],
        ).fetchall()
        return tuple(
            (column.name, str(kind)) for column, (kind,) in zip(described, names, strict=True)
        )

    def _table(self, table: str) -> tuple[object, sql.Composable, bool]:
        """The relation that `name` or `schema.name` means to this account."""
        schema, _, name = table.rpartition(".")
        relations = [row for row in self.conn.execute(RELATIONS) if row[3] is not None]
        for oid, its_schema, its_name, visible, usable, secured in relations:
            plain = its_name == table and visible
            if not plain and not (schema and its_name == name and its_schema == schema):
                continue
            if not usable:
                raise SourceRefused("source.no_select", source=self.name, table=table)
            return oid, sql.Identifier(str(its_schema), str(its_name)), bool(secured)
        known = [str(r[2]) if r[3] else f"{r[1]}.{r[2]}" for r in relations]
        hidden = [full for full in known if full.endswith(f".{table}")]
        if hidden:
            raise SchemaDrift(
                "source.table_missing_near", source=self.name, table=table, nearest=hidden[0]
            )
        raise table_missing(self.name, table, known)

    @contextmanager
    def _same(self, extract: Extract, table: str) -> Iterator[None]:
        """Raises SourceUnavailable when a table was rebuilt since the snapshot was taken."""
        try:
            yield
            gone = rebuilt(self.conn)
        except psycopg.errors.UndefinedColumn:
            # A table's columns were found a moment ago, as the snapshot has them.
            gone = extract.table is not None
            if not gone:
                raise
        if gone:
            raise SourceUnavailable("source.rebuilt", source=self.name, table=table)

    def _copy(
        self,
        statement: sql.Composed,
        extract: Extract,
        con: duckdb.DuckDBPyConnection,
        into: str,
        progress: Progress,
        watch: Watch,
    ) -> int:
        told = 0
        with (
            self.conn.cursor() as cursor,
            cursor.copy(statement) as copy,
            scratch_file(con) as path,
        ):
            lines = Lines(copy, cursor, watch)
            while not lines.done:
                with path.open("wb", buffering=1 << 20) as file:
                    rows, size = lines.fill(file)
                if rows:
                    take_csv(con, into, str(path), len(extract.columns), rows, size, self.name)
                if lines.rows // STEP > told:
                    told = lines.rows // STEP
                    progress(lines.rows)
        if count(con, into) != lines.sent:
            raise SourceRefused("source.miscounted", source=self.name, table=into)
        return lines.rows


def copy_statement(
    extract: Extract, origin: sql.Composable, real: dict[str, str], types: dict[str, str]
) -> sql.Composed:
    """The COPY that prints the mapped columns of the rows that pass the filter."""
    shown: list[sql.Composable] = []
    for column in extract.columns.values():
        name = sql.Identifier(real[column])
        # COPY prints a boolean as t or f; its text is `true` or `false`.
        boolean = types[real[column]] == "boolean"
        shown.append(sql.SQL("{}::text").format(name) if boolean else name)
    if len(shown) == 1:
        # A lone NULL would be an empty line, which CSV readers may take for none.
        shown.append(sql.SQL("1"))
    parts: list[sql.Composable] = [sql.SQL("TRUE")]
    for condition in extract.filter:
        some = [sql.Literal(value) for value in condition.values if value is not None]
        name = sql.Identifier(real[condition.column])
        marks = sql.SQL(", ").join(some).as_string() if some else ""
        parts.append(sql.SQL(among(name.as_string(), marks, condition)))
    return sql.SQL(
        "COPY (SELECT {} FROM {} WHERE {}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')"
    ).format(sql.SQL(", ").join(shown), origin, sql.SQL(" AND ").join(parts))


def take_csv(
    con: duckdb.DuckDBPyConnection,
    into: str,
    path: str,
    width: int,
    rows: int,
    size: int,
    source: str,
) -> None:
    """Add one file of COPY's CSV to the table and hold the count against the server's."""
    import duckdb

    columns = {f"c{place}": "VARCHAR" for place in range(max(width, 2))}
    shown = ", ".join(quoted(name) for name in list(columns)[:width])
    room = size + (1 << 20)
    # One buffer holds the whole file: no row is ever cut between two.
    statement = f"""
        INSERT INTO {quoted(into)} SELECT {shown} FROM read_csv(
            ?, columns = {columns}, auto_detect = false, header = false, delim = ',',
            quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
            new_line = '\\n', parallel = false, max_line_size = {room}, buffer_size = {room})
    """
    try:
        row = con.execute(statement, [path]).fetchone()
    except duckdb.Error as error:
        if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException):
            raise
        raise SourceRefused("source.not_text", source=source, table=into) from None
    if row is None or row[0] != rows:
        raise SourceRefused("source.miscounted", source=source, table=into)
