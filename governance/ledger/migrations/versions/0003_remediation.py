"""Batches of remediation, their lines, and what later runs say of each line."""

import sqlalchemy as sa
from alembic import op

from governance.ledger.types import BigId, Instant, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _batches()
    _lines()
    _verdicts()


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("system", sa.Text()),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("filters", Json, nullable=False),
        sa.Column("reveal", sa.Boolean(), nullable=False),
        sa.Column("reread", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("rights", Json, nullable=False),
        sa.Column("departments", Json),
        sa.Column("requested_at", Instant, nullable=False),
        sa.Column("made_at", Instant),
        sa.Column("run_id", BigId),
        sa.Column("file", sa.Text()),
        sa.Column("lines", sa.BigInteger()),
        sa.Column("left_out", Json),
        sa.Column("missed", Json),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_params", Json),
        sa.Column("removed_at", Instant),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_batches_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_batches_status_id", "batches", ["status", "id"])


def _lines() -> None:
    op.create_table(
        "batch_lines",
        sa.Column("batch_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("left_source", sa.Text(), nullable=False),
        sa.Column("right_source", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text()),
        sa.Column("key_shown", sa.Text()),
        sa.Column("field", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("old_hash", sa.Text()),
        sa.Column("new_hash", sa.Text()),
        sa.Column("other_hash", sa.Text()),
        sa.Column("old_shown", sa.Text()),
        sa.Column("new_shown", sa.Text()),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("verdict_run", sa.BigInteger()),
        sa.Column("verdict_at", Instant),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_lines_batch_id"),
        sa.PrimaryKeyConstraint("batch_id", "seq", name="pk_batch_lines"),
    )
    op.create_index("ix_batch_lines_check_name_batch_id", "batch_lines", ["check_name", "batch_id"])
    op.create_index("ix_batch_lines_finding_id", "batch_lines", ["finding_id"])


def _verdicts() -> None:
    op.create_table(
        "batch_verdicts",
        sa.Column("batch_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id", "seq"],
            ["batch_lines.batch_id", "batch_lines.seq"],
            name="fk_batch_verdicts_batch_id",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_batch_verdicts_run_id"),
        sa.PrimaryKeyConstraint("batch_id", "seq", "run_id", name="pk_batch_verdicts"),
    )
