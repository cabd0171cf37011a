"""Restore drills: what was restored, how long it took, and what was missing."""

import sqlalchemy as sa
from alembic import op

from governance.ledger.types import BigId, Instant, Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backup_drills",
        sa.Column("id", BigId, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.Column("backup", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("finished_at", Instant),
        sa.Column("ok", sa.Boolean()),
        sa.Column("seconds", sa.Float()),
        sa.Column("compared", sa.Boolean(), nullable=False),
        sa.Column("differs", sa.BigInteger()),
        sa.Column("code", sa.Text()),
        sa.Column("params", Json, nullable=False),
        sa.Column("log", sa.Text()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("problems", Json, nullable=False),
        sa.Column("tables", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backup_drills"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_backup_drills_system_id", "backup_drills", ["system", "id"])
