"""Any other database that SQLAlchemy has a dialect for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from governance.config.model import SourceConfig
from governance.errors import GovernanceError, SchemaDrift, SourceRefused, SourceUnavailable
from governance.sources import mysql_errors
from governance.sources.generic_columns import printed, settle_printing
from governance.sources.landing import BATCH_ROWS, landing
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
from governance.sources.values import append_rows, sized
from governance.sources.watch import Watch

if TYPE_CHECKING:
    import duckdb

# The levels that give one moment for all reads, best first. READ COMMITTED gives none.
LEVELS = ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE")
READ_ONLY = {"postgresql": "postgresql_readonly"}
STATEMENTS = {"oracle": "SET TRANSACTION READ ONLY"}


class Generic(Source):
    def __init__(self, config: SourceConfig) -> None:
        self.config = config

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        engine = engine_for(self.config)
        try:
            try:
                conn = engine.connect()
                conn, notes = one_moment(conn, self.config.name)
            except exc.SQLAlchemyError as error:
                raise connecting(error, self.config.name, address(engine.url)) from None
            with conn:
                yield GenericReader(self.config, conn, notes)
        finally:
            engine.dispose()


def address(url: sa.URL) -> str:
    """Where a URL leads, without the password or the options."""
    return f"{url.host or ''}:{url.port or ''}/{url.database or ''}".strip(":/")


def engine_for(config: SourceConfig) -> sa.Engine:
    try:
        engine = sa.create_engine(sa.make_url(config.url or ""), poolclass=sa.NullPool)
        settle_printing(engine)
        return engine
    except exc.NoSuchModuleError:
        name = sa.make_url(config.url or "").drivername
        raise SourceRefused("source.driver_missing", source=config.name, module=name) from None
    except ModuleNotFoundError as error:
        raise SourceRefused(
            "source.driver_missing", source=config.name, module=error.name or ""
        ) from None
    except (exc.SQLAlchemyError, ValueError, TypeError):
        raise SourceRefused("source.address", source=config.name) from None


def one_moment(conn: sa.Connection, source: str) -> tuple[sa.Connection, tuple[Note, ...]]:
    """The connection in its strictest usable transaction, and a note where that is not enough."""
    dialect = conn.dialect.name
    options: dict[str, Any] = {READ_ONLY[dialect]: True} if dialect in READ_ONLY else {}
    if dialect in STATEMENTS:
        conn.execute(sa.text(STATEMENTS[dialect]))
        return conn, ()
    try:
        offered = conn.dialect.get_isolation_level_values(conn.connection.dbapi_connection)  # type: ignore[arg-type]
    except NotImplementedError:
        offered = []
    level = next((level for level in LEVELS if level in offered), None)
    conn.rollback()
    if level is not None:
        return conn.execution_options(isolation_level=level, **options), ()
    return conn.execution_options(**options), (Note("source.no_snapshot", {"source": source}),)


def mysql_error(error: exc.SQLAlchemyError) -> Exception | None:
    """The driver's error where it has a number of MySQL's, whose drivers class a misspelt column
    with a lost connection; else None."""
    raw = error.orig if isinstance(error, exc.DBAPIError) else None
    module = type(raw).__module__.partition(".")[0]
    known = module in ("pymysql", "MySQLdb", "mysql", "mariadb")
    return raw if known and isinstance(raw, Exception) and mysql_errors.number(raw) else None


def connecting(error: exc.SQLAlchemyError, source: str, where: str) -> GovernanceError:
    """A driver's words are not known here: what cannot be connected to may come back."""
    numbered = mysql_error(error)
    if numbered is not None:
        return mysql_errors.connecting(numbered, source, where, "")
    if isinstance(error, exc.ProgrammingError | exc.NotSupportedError | exc.ArgumentError):
        return SourceRefused("source.login", source=source, address=where, user="")
    return SourceUnavailable("source.unreachable", source=source, address=where)


def translated(error: exc.SQLAlchemyError, source: str, table: str) -> GovernanceError:
    """What the error means, as far as its class tells. Its text holds the statement and values."""
    if isinstance(error, exc.NoSuchTableError):
        return SchemaDrift("source.table_missing", source=source, table=table)
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return SourceUnavailable("source.lost", source=source)
    numbered = mysql_error(error)
    if numbered is not None:
        return mysql_errors.reading(numbered, source, table, 0)
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        return SourceUnavailable("source.lost", source=source)
    return SourceRefused(
        "source.query_failed", source=source, table=table, state=type(error).__name__
    )


class GenericReader(Reader):
    def __init__(self, config: SourceConfig, conn: sa.Connection, notes: tuple[Note, ...]) -> None:
        self.name, self.timeout = config.name, config.timeout
        self.conn, self.notes = conn, notes

    def columns(self, table: str | None = None, query: str | None = None) -> Columns:
        try:
            with self._apart():
                return self._shape(table, query)[1]
        except exc.SQLAlchemyError as error:
            raise translated(error, self.name, table or "query") from None

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
        try:
            with watch, watch.over(exc.SQLAlchemyError), self._apart():
                origin, available = self._shape(extract.table, extract.query)
                real = resolve(self.name, table, extract.wanted, available)
                types = dict(available)
                statement = select(extract, origin, real, types, self.conn.dialect.name)
                with landing(con, into, list(extract.columns)):
                    # For this statement alone: on the connection it would stay.
                    streaming = {"yield_per": BATCH_ROWS}
                    answer = self.conn.execute(statement, execution_options=streaming)
                    with closing(answer) as result:
                        parts = result.partitions(BATCH_ROWS)
                        batches = (piece for part in parts for piece in sized(part))
                        rows = append_rows(con, into, batches, progress, watch)
        except exc.SQLAlchemyError as error:
            raise translated(error, self.name, table) from None
        mapped = {canonical: types[real[column]] for canonical, column in extract.columns.items()}
        return Landed(rows, mapped, available, self.notes)

    def catalogue(self) -> tuple[TableInfo, ...]:
        inspector = sa.inspect(self.conn)
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
        return tuple(self._info(inspector, name) for name in sorted(names))

    def _info(self, inspector: sa.Inspector, table: str) -> TableInfo:
        """A table whose first row cannot be asked for is not readable."""
        columns = columns_of(inspector, table, None)
        probe: sa.Select[Any] = (
            sa.select(sa.literal_column("1")).select_from(sa.table(table)).where(sa.false())
        )
        try:
            with self.conn.begin_nested():
                self.conn.execute(probe).all()
        except exc.SQLAlchemyError:
            return TableInfo(table, columns, readable=False)
        return TableInfo(table, columns)

    def _shape(self, table: str | None, query: str | None) -> tuple[sa.FromClause, Columns]:
        if query is not None:
            # A colon is text here, never a parameter.
            wrapped = sa.text(f"(\n{query}\n) q".replace(":", "\\:"))
            probe: sa.Select[Any] = (
                sa.select(sa.literal_column("*")).select_from(wrapped).where(sa.text("1 = 0"))
            )
            names = list(self.conn.execute(probe).keys())
            return wrapped, tuple((name, "") for name in names)  # type: ignore[return-value]
        inspector = sa.inspect(self.conn)
        schema, _, plain = (table or "").rpartition(".")
        for name, its_schema in ((table or "", None), (plain, schema or None)):
            if inspector.has_table(name, its_schema):
                return sa.table(name, schema=its_schema), columns_of(inspector, name, its_schema)
        known = [*inspector.get_table_names(), *inspector.get_view_names()]
        raise table_missing(self.name, table or "", known)

    def _apart(self) -> AbstractContextManager[object]:
        """A savepoint where one refused statement would otherwise spoil the whole snapshot."""
        apart = self.conn.dialect.name == "postgresql"
        return self.conn.begin_nested() if apart else nullcontext()

    def _cancel(self) -> Callable[[], None]:
        """Whatever the driver has to end a running statement; some have nothing."""
        raw: Any = self.conn.connection.dbapi_connection
        for way in ("cancel", "interrupt"):
            if callable(getattr(raw, way, None)):
                return getattr(raw, way)  # type: ignore[no-any-return]
        return lambda: None


def columns_of(inspector: sa.Inspector, table: str, schema: str | None) -> Columns:
    return tuple(
        (str(column["name"]), str(column["type"]))
        for column in inspector.get_columns(table, schema)
    )


def select(
    extract: Extract,
    origin: sa.FromClause,
    real: dict[str, str],
    types: dict[str, str],
    dialect: str,
) -> sa.Select[Any]:
    """Untyped columns: SQLAlchemy must not turn values into anything else."""
    shown: list[sa.Label[Any]] = [
        printed(dialect, real[column], types[real[column]]).label(f"c{place}")
        for place, column in enumerate(extract.columns.values())
    ]
    statement = sa.select(*shown).select_from(origin)
    for condition in extract.filter:
        column: sa.ColumnClause[Any] = sa.column(real[condition.column])
        some = [value for value in condition.values if value is not None]
        inside = sa.cast(column, sa.String(4000)).in_(some) if some else sa.false()
        null = None in condition.values
        if condition.negated:
            rest = column.is_not(None) if null else column.is_(None)
            outside = sa.not_(inside)
            statement = statement.where(sa.and_(outside, rest) if null else sa.or_(outside, rest))
        else:
            statement = statement.where(sa.or_(inside, column.is_(None)) if null else inside)
    return statement
