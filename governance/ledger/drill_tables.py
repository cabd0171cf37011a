"""The ledger's table of restore drills, in the same schema as all the others."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Table, Text

from governance.ledger.tables import metadata
from governance.ledger.types import BigId, Instant, Json

# One restore of one backup into a scratch database. `finished_at` is NULL while it is under way.
backup_drills = Table(
    "backup_drills",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("system", Text, nullable=False),
    Column("catalogue", Text, nullable=False),
    Column("backup", Text, nullable=False),
    Column("series", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("ok", Boolean),
    Column("seconds", Float),
    Column("compared", Boolean, nullable=False),
    Column("differs", BigInteger),
    Column("code", Text),
    Column("params", Json, nullable=False),
    Column("log", Text),
    Column("by", Text, nullable=False),
    Column("problems", Json, nullable=False),
    Column("tables", Json, nullable=False),
    Index("ix_backup_drills_system_id", "system", "id"),
    sqlite_autoincrement=True,
)
