"""How a column is asked for through SQLAlchemy where the driver's own values lose something.

Drivers turn an infinite date into an error, a float of JSON into another one, a zero date into
NULL. Where the database is known to print such a value whole, it is asked for the text instead.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

# What the drivers hand over whole. All else a PostgreSQL server prints itself.
WHOLE = ("INTEGER", "BIGINT", "SMALLINT", "BOOLEAN", "VARCHAR", "TEXT", "CHAR")
# MySQL's text for a FLOAT has six digits; as part of a sum it keeps all of them.
SUMS = {"FLOAT": "0e0", "BIT": "0"}
MOMENTS = ("DATE", "DATETIME", "TIME", "YEAR")
# How a PostgreSQL server prints, whatever its own settings are. LOCAL, since a pooler may hand the
# session on.
PRINTING = (
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 3",
)


def settle_printing(engine: sa.Engine) -> None:
    """Make every transaction of the engine print values in one way."""
    if engine.dialect.name != "postgresql":
        return

    @sa.event.listens_for(engine, "begin")
    def begun(conn: sa.Connection) -> None:
        for setting in PRINTING:
            conn.exec_driver_sql(setting)


def printed(dialect: str, column: str, kind: str) -> sa.ColumnElement[Any]:
    """The expression for a column of the type `kind`, as the catalogue prints it; empty where
    nobody knows it (a query)."""
    plain: sa.ColumnClause[Any] = sa.column(column)
    base = kind.partition("(")[0].partition(" ")[0]
    if dialect == "postgresql" and base and base not in WHOLE:
        return sa.cast(plain, sa.Text())
    if dialect in ("mysql", "mariadb"):
        if base in SUMS:
            return plain.op("+")(sa.literal_column(SUMS[base]))
        if base in MOMENTS:
            return sa.cast(plain, sa.CHAR())
        if base == "TIMESTAMP":
            return _instant(plain)
    return plain


def _instant(column: sa.ColumnClause[Any]) -> sa.ColumnElement[Any]:
    """In UTC with its offset, as the session's zone is anybody's; a zero one stays as it is."""
    text = sa.cast(column, sa.CHAR())
    here: sa.ColumnElement[Any] = sa.literal_column("@@session.time_zone")
    utc = sa.cast(sa.func.convert_tz(column, here, "+00:00"), sa.CHAR())
    return sa.case((text.like("0000%"), text), else_=sa.func.concat(utc, "+00:00"))
