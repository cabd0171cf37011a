"""The first ledger: runs, snapshots, results, slots, leases, decisions, alerts, audit events."""

import sqlalchemy as sa
from alembic import op

from governance.ledger.types import BigId, Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("closed_at", Instant),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("notified", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index(
        "uq_alerts_open_subject",
        "alerts",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_events_action_id", "audit_events", ["action", "id"])
    op.create_table(
        "decisions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_finding_id_id", "decisions", ["finding_id", "id"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "runs",
        sa.Column("id", BigId, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("sources", Json),
        sa.Column("checks", Json),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_at", Instant, nullable=False),
        sa.Column("started_at", Instant),
        sa.Column("finished_at", Instant),
        sa.Column("as_of", Instant),
        sa.Column("fence", sa.BigInteger()),
        sa.Column("file", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("config_digest", sa.Text()),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_params", Json),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_runs_status_id", "runs", ["status", "id"])
    op.create_table(
        "check_results",
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("reason_params", Json),
        sa.Column("strict", sa.Float()),
        sa.Column("adjusted", sa.Float()),
        sa.Column("open_findings", sa.BigInteger()),
        sa.Column("as_of", Json, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_check_results_run_id"),
        sa.PrimaryKeyConstraint("run_id", "check_name", name="pk_check_results"),
    )
    op.create_index("ix_check_results_check_name_run_id", "check_results", ["check_name", "run_id"])
    op.create_table(
        "metrics",
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("left_source", sa.Text(), nullable=False),
        sa.Column("right_source", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Float()),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_metrics_run_id"),
        sa.PrimaryKeyConstraint(
            "run_id",
            "check_name",
            "left_source",
            "right_source",
            "field",
            "name",
            name="pk_metrics",
        ),
    )
    op.create_index(
        "ix_metrics_check_name_name_run_id", "metrics", ["check_name", "name", "run_id"]
    )
    op.create_table(
        "run_steps",
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text()),
        sa.Column("entity", sa.Text()),
        sa.Column("check_name", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("finished_at", Instant),
        sa.Column("code", sa.Text()),
        sa.Column("params", Json),
        sa.Column("retryable", sa.Boolean()),
        sa.Column("notes", Json),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_steps_run_id"),
        sa.PrimaryKeyConstraint("run_id", "seq", name="pk_run_steps"),
    )
    op.create_index("ix_run_steps_source_run_id", "run_steps", ["source", "run_id"])
    op.create_table(
        "slots",
        sa.Column("id", BigId, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("slot", Instant, nullable=False),
        sa.Column("run_id", BigId),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_slots_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_slots"),
        sa.UniqueConstraint("job", "slot", name="uq_slots_job_slot"),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("parent_id", BigId),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", Instant, nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("unread", Json, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_snapshots_run_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["snapshots.id"], name="fk_snapshots_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_snapshots"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_snapshots_source_entity_id", "snapshots", ["source", "entity", "id"])
    op.create_table(
        "run_snapshots",
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("snapshot_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_snapshots_run_id"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name="fk_run_snapshots_snapshot_id"
        ),
        sa.PrimaryKeyConstraint("run_id", "source", "entity", name="pk_run_snapshots"),
    )
    op.create_index("ix_run_snapshots_snapshot_id", "run_snapshots", ["snapshot_id"])
