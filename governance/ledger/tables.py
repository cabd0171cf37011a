"""The ledger's tables. A change here needs a revision in `migrations/versions`; a test compares."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from governance.ledger.types import BigId, Instant, Json

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# Ids name files and stand in links: they are never given twice, even after rows were removed.
runs = Table(
    "runs",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("trigger", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("sources", Json),
    Column("checks", Json),
    Column("status", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("as_of", Instant),
    Column("fence", BigInteger),
    Column("file", Text),
    Column("sha256", Text),
    Column("bytes", BigInteger),
    Column("config_digest", Text),
    Column("error_code", Text),
    Column("error_params", Json),
    Column("pruned_at", Instant),
    Column("removed_at", Instant),
    Index("ix_runs_status_id", "status", "id"),
    sqlite_autoincrement=True,
)

run_steps = Table(
    "run_steps",
    metadata,
    Column("run_id", BigId, ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text),
    Column("entity", Text),
    Column("check_name", Text),
    Column("status", Text, nullable=False),
    Column("rows", BigInteger),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("code", Text),
    Column("params", Json),
    Column("retryable", Boolean),
    Column("notes", Json),
    Index("ix_run_steps_source_run_id", "source", "run_id"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("run_id", BigId, ForeignKey("runs.id"), nullable=False),
    Column("parent_id", BigId, ForeignKey("snapshots.id")),
    Column("kind", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("columns", Json, nullable=False),
    Column("unread", Json, nullable=False),
    Column("base_id", BigId),
    Column("changes", BigInteger, nullable=False, server_default="0"),
    Column("pruned_at", Instant),
    Column("removed_at", Instant),
    Index("ix_snapshots_source_entity_id", "source", "entity", "id"),
    Index("ix_snapshots_base_id_id", "base_id", "id"),
    sqlite_autoincrement=True,
)

run_snapshots = Table(
    "run_snapshots",
    metadata,
    Column("run_id", BigId, ForeignKey("runs.id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("snapshot_id", BigId, ForeignKey("snapshots.id"), nullable=False),
    Index("ix_run_snapshots_snapshot_id", "snapshot_id"),
)

# What must outlive retention: a signed review, an evidence pack. Either id may be empty.
holds = Table(
    "holds",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("run_id", BigId, ForeignKey("runs.id")),
    Column("snapshot_id", BigId, ForeignKey("snapshots.id")),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_holds_kind_object", "kind", "object"),
    sqlite_autoincrement=True,
)

check_results = Table(
    "check_results",
    metadata,
    Column("run_id", BigId, ForeignKey("runs.id"), primary_key=True),
    Column("check_name", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reason_code", Text),
    Column("reason_params", Json),
    Column("strict", Float),
    Column("adjusted", Float),
    Column("open_findings", BigInteger),
    Column("as_of", Json, nullable=False),
    Index("ix_check_results_check_name_run_id", "check_name", "run_id"),
)

metrics = Table(
    "metrics",
    metadata,
    Column("run_id", BigId, ForeignKey("runs.id"), primary_key=True),
    Column("check_name", Text, primary_key=True),
    Column("left_source", Text, primary_key=True),
    Column("right_source", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Float),
    Index("ix_metrics_check_name_name_run_id", "check_name", "name", "run_id"),
)

# A row without a run says from when on a job counts: slots before it were never promised.
slots = Table(
    "slots",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("job", Text, nullable=False),
    Column("slot", Instant, nullable=False),
    Column("run_id", BigId, ForeignKey("runs.id")),
    UniqueConstraint("job", "slot"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("finding_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("payload", Json, nullable=False),
    Index("ix_decisions_finding_id_id", "finding_id", "id"),
    sqlite_autoincrement=True,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("code", Text, nullable=False),
    Column("params", Json, nullable=False),
    Column("notified", Json, nullable=False),
    # One open alert a subject; any number of closed ones.
    Index(
        "uq_alerts_open_subject",
        "subject",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Index("ix_audit_events_action_id", "action", "id"),
    sqlite_autoincrement=True,
)

# One export of work. What the page asks for waits here for whoever may read the systems.
batches = Table(
    "batches",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("system", Text),
    Column("language", Text, nullable=False),
    Column("filters", Json, nullable=False),
    Column("reveal", Boolean, nullable=False),
    Column("reread", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("rights", Json, nullable=False),
    Column("departments", Json),
    Column("requested_at", Instant, nullable=False),
    Column("made_at", Instant),
    Column("run_id", BigId, ForeignKey("runs.id")),
    Column("file", Text),
    Column("lines", BigInteger),
    Column("left_out", Json),
    Column("missed", Json),
    Column("error_code", Text),
    Column("error_params", Json),
    Column("removed_at", Instant),
    Index("ix_batches_status_id", "status", "id"),
    sqlite_autoincrement=True,
)

# Personal values stand here masked; hashes as in findings. `basis` names mapping and normalisers:
# under others the hashes say nothing any more.
batch_lines = Table(
    "batch_lines",
    metadata,
    Column("batch_id", BigId, ForeignKey("batches.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("finding_id", Text, nullable=False),
    Column("check_name", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("left_source", Text, nullable=False),
    Column("right_source", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("record_key", Text),
    Column("key_shown", Text),
    Column("field", Text),
    Column("kind", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("old_hash", Text),
    Column("new_hash", Text),
    Column("other_hash", Text),
    Column("old_shown", Text),
    Column("new_shown", Text),
    Column("basis", Text, nullable=False),
    Column("verdict", Text),
    Column("verdict_run", BigInteger),
    Column("verdict_at", Instant),
    Index("ix_batch_lines_check_name_batch_id", "check_name", "batch_id"),
    Index("ix_batch_lines_finding_id", "finding_id"),
)

# Every change of a line's verdict, with the run that saw it.
batch_verdicts = Table(
    "batch_verdicts",
    metadata,
    Column("batch_id", BigId, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("run_id", BigId, ForeignKey("runs.id"), primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["batch_id", "seq"], ["batch_lines.batch_id", "batch_lines.seq"]),
)

# Which records of two sources are one, where no key says so. Keys are as sealed: tokens where
# personal. What is shown of a record is what its snapshot showed, masks included.
crosswalk = Table(
    "crosswalk",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("left_source", Text, nullable=False),
    Column("right_source", Text, nullable=False),
    Column("left_key", Text, nullable=False),
    Column("right_key", Text, nullable=False),
    Column("left_shown", Text),
    Column("right_shown", Text),
    Column("left_department", Text),
    Column("right_department", Text),
    Column("status", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("probability", Float),
    Column("reason", Json),
    Column("run_id", BigId, ForeignKey("runs.id")),
    Column("at", Instant, nullable=False),
    UniqueConstraint(
        "entity",
        "left_source",
        "right_source",
        "left_key",
        "right_key",
        name="uq_crosswalk_pair",
    ),
    # A record has one partner a source, whoever decides.
    *(
        Index(
            f"uq_crosswalk_accepted_{side}",
            "entity",
            "left_source",
            "right_source",
            f"{side}_key",
            unique=True,
            sqlite_where=text("status = 'accepted'"),
            postgresql_where=text("status = 'accepted'"),
        )
        for side in ("left", "right")
    ),
    Index("ix_crosswalk_entity_status_id", "entity", "status", "id"),
    sqlite_autoincrement=True,
)

# Every change of a pair, by a run or a person; never rewritten.
crosswalk_events = Table(
    "crosswalk_events",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("pair_id", BigId, ForeignKey("crosswalk.id"), nullable=False),
    Column("event", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("run_id", BigId, ForeignKey("runs.id")),
    Column("at", Instant, nullable=False),
    Column("probability", Float),
    Index("ix_crosswalk_events_pair_id_id", "pair_id", "id"),
    sqlite_autoincrement=True,
)

# What a linkage learned, and over which rows it was last carried out.
crosswalk_models = Table(
    "crosswalk_models",
    metadata,
    Column("entity", Text, primary_key=True),
    Column("left_source", Text, primary_key=True),
    Column("right_source", Text, primary_key=True),
    Column("rules", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("model", Json, nullable=False),
    Column("seen", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
