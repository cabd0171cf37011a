"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

# SQLite numbers its rows only in a column declared INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")

# None is SQL's NULL, never the JSON text `null`.
Json = JSON(none_as_null=True)


class Instant(TypeDecorator[datetime]):
    """A moment, always aware UTC in Python. Raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the ledger keeps no time without a zone: {value.isoformat()}")
        moment = value.astimezone(UTC)
        # SQLite keeps text; one form without offset sorts and compares right.
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
