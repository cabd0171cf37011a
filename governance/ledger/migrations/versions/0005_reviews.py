"""Review campaigns, their lines and events, and what later runs say of each line."""

import sqlalchemy as sa
from alembic import op

from governance.ledger.types import BigId, Instant, Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _reviews()
    _lines()
    _events()
    _outcomes()


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("run_sha256", sa.Text(), nullable=False),
        sa.Column("run_as_of", Instant, nullable=False),
        sa.Column("filters", Json, nullable=False),
        sa.Column("rules", Json, nullable=False),
        sa.Column("sources", Json, nullable=False),
        sa.Column("people", Json, nullable=False),
        sa.Column("ambiguous", Json, nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.Text(), nullable=False),
        sa.Column("compared_to", BigId),
        sa.Column("only_differences", sa.Boolean(), nullable=False),
        sa.Column("gone", Json, nullable=False),
        sa.Column("closed_by", sa.Text()),
        sa.Column("closed_at", Instant),
        sa.Column("reason", sa.Text()),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_reviews_run_id"),
        sa.ForeignKeyConstraint(["compared_to"], ["reviews.id"], name="fk_reviews_compared_to"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_status_id", "reviews", ["status", "id"])


def _lines() -> None:
    op.create_table(
        "review_lines",
        sa.Column("review_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("grant_key", sa.Text(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text()),
        sa.Column("reviewer_rule", sa.Text(), nullable=False),
        sa.Column("delegate", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("on_behalf_of", sa.Text()),
        sa.Column("decided_at", Instant),
        sa.Column("batch", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.Column("outcome_run", sa.BigInteger()),
        sa.Column("outcome_at", Instant),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_review_lines_review_id"),
        sa.PrimaryKeyConstraint("review_id", "seq", name="pk_review_lines"),
    )
    op.create_index("ix_review_lines_review_id_reviewer", "review_lines", ["review_id", "reviewer"])
    op.create_index("ix_review_lines_grant_key", "review_lines", ["grant_key"])


def _events() -> None:
    op.create_table(
        "review_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("review_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer()),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("on_behalf_of", sa.Text()),
        sa.Column("at", Instant, nullable=False),
        sa.Column("batch", sa.BigInteger()),
        sa.Column("detail", Json, nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_review_events_review_id"),
        sa.PrimaryKeyConstraint("id", name="pk_review_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_review_events_review_id_id", "review_events", ["review_id", "id"])


def _outcomes() -> None:
    op.create_table(
        "review_outcomes",
        sa.Column("review_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id", "seq"],
            ["review_lines.review_id", "review_lines.seq"],
            name="fk_review_outcomes_review_id",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_review_outcomes_run_id"),
        sa.PrimaryKeyConstraint("review_id", "seq", "run_id", name="pk_review_outcomes"),
    )
