"""Snapshots in chains, what retention took away, and what must outlive it."""

import sqlalchemy as sa
from alembic import op

from governance.ledger.types import BigId, Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Until now every file held all rows of its snapshot, and unchanged ones shared it.
BASES = """
UPDATE snapshots SET base_id = (
    SELECT min(b.id) FROM snapshots AS b WHERE b.kind = 'base' AND b.file = snapshots.file)
"""


def upgrade() -> None:
    for table in ("runs", "snapshots"):
        op.add_column(table, sa.Column("pruned_at", Instant))
        op.add_column(table, sa.Column("removed_at", Instant))
    op.add_column("snapshots", sa.Column("base_id", BigId))
    op.add_column(
        "snapshots", sa.Column("changes", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index("ix_snapshots_base_id_id", "snapshots", ["base_id", "id"])
    op.execute(BASES)
    op.create_table(
        "holds",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("run_id", BigId),
        sa.Column("snapshot_id", BigId),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_holds_run_id_runs"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name="fk_holds_snapshot_id_snapshots"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_holds_kind_object", "holds", ["kind", "object"])
