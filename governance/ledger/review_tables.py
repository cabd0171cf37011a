"""The ledger's tables of review campaigns, in the same schema as all the others."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from governance.ledger.tables import metadata
from governance.ledger.types import BigId, Instant, Json

# A campaign in which people look at grants again. `people` names its reviewers, `gone` are the
# grants that the last signed one held and this population no longer does.
reviews = Table(
    "reviews",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("check_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("run_id", BigId, ForeignKey("runs.id"), nullable=False),
    Column("run_sha256", Text, nullable=False),
    Column("run_as_of", Instant, nullable=False),
    Column("filters", Json, nullable=False),
    Column("rules", Json, nullable=False),
    Column("sources", Json, nullable=False),
    Column("people", Json, nullable=False),
    Column("ambiguous", Json, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("population", Text, nullable=False),
    Column("compared_to", BigId, ForeignKey("reviews.id")),
    Column("only_differences", Boolean, nullable=False),
    Column("gone", Json, nullable=False),
    Column("closed_by", Text),
    Column("closed_at", Instant),
    Column("reason", Text),
    Index("ix_reviews_status_id", "status", "id"),
    sqlite_autoincrement=True,
)

# One grant under review. `facts` is what the population's hash is taken of; the columns beside it
# repeat what is searched by. Facts are never rewritten.
review_lines = Table(
    "review_lines",
    metadata,
    Column("review_id", BigId, ForeignKey("reviews.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("grant_key", Text, nullable=False),
    Column("facts", Json, nullable=False),
    Column("change", Text, nullable=False),
    Column("reviewer", Text),
    Column("reviewer_rule", Text, nullable=False),
    Column("delegate", Text),
    Column("decision", Text),
    Column("reason", Text),
    Column("decided_by", Text),
    Column("on_behalf_of", Text),
    Column("decided_at", Instant),
    Column("batch", BigInteger),
    Column("outcome", Text),
    Column("outcome_run", BigInteger),
    Column("outcome_at", Instant),
    Index("ix_review_lines_review_id_reviewer", "review_id", "reviewer"),
    Index("ix_review_lines_grant_key", "grant_key"),
)

# What people did in a campaign, line by line where it was about lines; never rewritten.
review_events = Table(
    "review_events",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("review_id", BigId, ForeignKey("reviews.id"), nullable=False),
    Column("seq", Integer),
    Column("event", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("on_behalf_of", Text),
    Column("at", Instant, nullable=False),
    Column("batch", BigInteger),
    Column("detail", Json, nullable=False),
    Index("ix_review_events_review_id_id", "review_id", "id"),
    sqlite_autoincrement=True,
)

# Every change of what runs say of a line that was to be revoked or changed.
review_outcomes = Table(
    "review_outcomes",
    metadata,
    Column("review_id", BigId, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("run_id", BigId, ForeignKey("runs.id"), primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["review_id", "seq"], ["review_lines.review_id", "review_lines.seq"]),
)
