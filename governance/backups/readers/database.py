"""Tables and views in which a database keeps the history of its own backups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from checks.backups.model import Mark
from checks.dictionary import Title
from governance.backups.readers.model import Asked
from governance.backups.readers.replies import Notes
from governance.config.model import SourceConfig
from governance.errors import ConfigError, GovernanceError

if TYPE_CHECKING:
    import sqlalchemy as sa

# No history is longer; what is older than the rest is left out, and told.
MOST = 100_000
Rows = Mapping[str, list["Row"]]


@dataclass(frozen=True)
class Query:
    """One table to read. `order` is the column by which the newest are had, `where` narrows it.
    One that is not `needed` may be refused: then what it would have proved is not known."""

    table: str
    order: str
    where: Callable[[Any], Any] | None = None
    needed: bool = True


class Row:
    """One row. Names are looked up whatever their case; a column that an older version of the
    server does not have is None."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name.lower(): value for name, value in values.items()}

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return None if value is None or not str(value).strip() else str(value).strip()

    def whole(self, name: str) -> int | None:
        """A whole number, whatever type the driver gives it. A float has lost digits of a long one,
        so it is none."""
        value = self.values.get(name)
        if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
            return int(value)
        if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
            return int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool | None:
        value = self.values.get(name)
        return bool(value) if isinstance(value, bool | int) else None

    def local(self, name: str) -> datetime | None:
        """A time as the server wrote it, perhaps without a zone."""
        value = self.values.get(name)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return None
        return value if isinstance(value, datetime) else None

    def moment(self, name: str, zone: tzinfo) -> datetime | None:
        """A time as aware UTC; one without a zone is of `zone`."""
        value = self.local(name)
        try:
            return value and (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
        except OverflowError:
            return None


def fetched(asked: Asked, notes: Notes, queries: Mapping[str, Query], schema: str) -> Rows:
    """The rows of each query, newest first. Every statement only reads.

    Raises SourceUnavailable or SourceRefused where a needed one cannot be had; another is told.
    """
    from sqlalchemy import exc

    from governance.sources.generic import address, connecting, engine_for

    config = asked.catalogue
    if not config.url:
        raise ConfigError("backups.store.no_url", catalogue=config.name)
    source = SourceConfig(
        config.name, "sqlalchemy", Title(config.name, config.name), url=config.url
    )
    engine = engine_for(source)
    found: dict[str, list[Row]] = {}
    try:
        try:
            conn = engine.connect()
        except exc.SQLAlchemyError as error:
            raise connecting(error, config.name, address(engine.url)) from None
        with conn:
            for name, query in queries.items():
                try:
                    found[name] = _rows(asked, conn, query, schema)
                except GovernanceError as error:
                    if query.needed or asked.stop():
                        raise
                    conn.rollback()
                    reason = error.params.get("state", error.code)
                    notes.tell("backups.store.table", None, table=query.table, reason=reason)
                    continue
                if len(found[name]) >= MOST:
                    notes.tell("backups.store.cut_listing", Mark.COMPLETE, seen=MOST)
    finally:
        engine.dispose()
    return found


def _rows(asked: Asked, conn: sa.Connection, query: Query, schema: str) -> list[Row]:
    """One table, read as long as the time allows."""
    from sqlalchemy import exc

    from governance.sources.generic import translated
    from governance.sources.watch import Watch

    config = asked.catalogue
    wanted = statement(query, schema)
    raw: Any = conn.connection.dbapi_connection
    ways = (getattr(raw, way, None) for way in ("cancel", "interrupt"))
    cancel = next((way for way in ways if callable(way)), lambda: None)
    try:
        with (
            Watch(config.name, asked.stop, cancel, config.timeout) as watch,
            watch.over(exc.SQLAlchemyError),
        ):
            return [Row(dict(row)) for row in conn.execute(wanted).mappings()]
    except exc.SQLAlchemyError as error:
        raise translated(error, config.name, query.table) from None


def statement(query: Query, schema: str) -> sa.Select[Any]:
    """What is asked of the server. Every column: which there are depends on its version."""
    import sqlalchemy as sa

    table = sa.table(query.table, schema=schema or None)
    wanted: sa.Select[Any] = sa.select(sa.literal_column("*")).select_from(table)
    if query.where is not None:
        wanted = wanted.where(query.where(sa.column))
    return wanted.order_by(sa.column(query.order).desc()).limit(MOST)


def quarters(value: int | None) -> tzinfo | None:
    """A zone as SQL Server writes it, in quarter hours east of Greenwich; 127: it does not know."""
    if value is None or abs(value) > 56:
        return None
    return timezone(timedelta(minutes=15 * value))
