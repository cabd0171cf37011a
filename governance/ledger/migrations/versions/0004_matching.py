"""Cross-walks between records, their events, and what a linkage learned."""

import sqlalchemy as sa
from alembic import op

from governance.ledger.types import BigId, Instant, Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _crosswalk()
    _events()
    _models()


def _crosswalk() -> None:
    op.create_table(
        "crosswalk",
        sa.Column("id", BigId, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("left_source", sa.Text(), nullable=False),
        sa.Column("right_source", sa.Text(), nullable=False),
        sa.Column("left_key", sa.Text(), nullable=False),
        sa.Column("right_key", sa.Text(), nullable=False),
        sa.Column("left_shown", sa.Text()),
        sa.Column("right_shown", sa.Text()),
        sa.Column("left_department", sa.Text()),
        sa.Column("right_department", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("probability", sa.Float()),
        sa.Column("reason", Json),
        sa.Column("run_id", BigId),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_crosswalk_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_crosswalk"),
        sa.UniqueConstraint(
            "entity",
            "left_source",
            "right_source",
            "left_key",
            "right_key",
            name="uq_crosswalk_pair",
        ),
        sqlite_autoincrement=True,
    )
    for side in ("left", "right"):
        op.create_index(
            f"uq_crosswalk_accepted_{side}",
            "crosswalk",
            ["entity", "left_source", "right_source", f"{side}_key"],
            unique=True,
            sqlite_where=sa.text("status = 'accepted'"),
            postgresql_where=sa.text("status = 'accepted'"),
        )
    op.create_index("ix_crosswalk_entity_status_id", "crosswalk", ["entity", "status", "id"])


def _events() -> None:
    op.create_table(
        "crosswalk_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("pair_id", BigId, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", BigId),
        sa.Column("at", Instant, nullable=False),
        sa.Column("probability", sa.Float()),
        sa.ForeignKeyConstraint(["pair_id"], ["crosswalk.id"], name="fk_crosswalk_events_pair_id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_crosswalk_events_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_crosswalk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crosswalk_events_pair_id_id", "crosswalk_events", ["pair_id", "id"])


def _models() -> None:
    op.create_table(
        "crosswalk_models",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("left_source", sa.Text(), nullable=False),
        sa.Column("right_source", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("model", Json, nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint(
            "entity", "left_source", "right_source", name="pk_crosswalk_models"
        ),
    )
