"""What the ledger hands out and takes in: frozen values, times aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from checks.outcome import Outcome


class Trigger(StrEnum):
    """Why a run exists."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    PAGE = "page"
    DEMO = "demo"


class SnapshotKind(StrEnum):
    """How a snapshot is kept."""

    BASE = "base"
    DELTA = "delta"
    SAME = "same"


class RunStatus(StrEnum):
    """`partial`: it ended and sealed results, but a source or a check could not be done."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_over(self) -> bool:
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


class StepKind(StrEnum):
    READ = "read"
    CHECK = "check"
    SEAL = "seal"


class StepStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class RunRow:
    """One run. `sources` and `checks` None mean all, an empty tuple means none.

    `as_of` is the moment the results speak of; `fence` the lease it ran under.
    """

    id: int
    trigger: Trigger
    requested_by: str
    sources: tuple[str, ...] | None
    checks: tuple[str, ...] | None
    status: RunStatus
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    as_of: datetime | None
    fence: int | None
    file: str | None
    sha256: str | None
    bytes: int | None
    config_digest: str | None
    error_code: str | None
    error_params: dict[str, str]
    pruned_at: datetime | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True)
class StepRow:
    """One thing a run does: reads an entity of a source, evaluates a check, seals.

    `rows` are rows so far. `code`, `params` and `retryable` tell a failure; `notes` are remarks
    as `{"code": .., "params": {..}}`.
    """

    run_id: int
    seq: int
    kind: StepKind
    source: str | None
    entity: str | None
    check_name: str | None
    status: StepStatus
    rows: int | None
    started_at: datetime
    finished_at: datetime | None
    code: str | None
    params: dict[str, str]
    retryable: bool | None
    notes: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class SnapshotRow:
    """One sealed snapshot of an entity of a source.

    A `base` holds every row, a `delta` the rows that changed since its parent, a `same` shares its
    parent's file. `base_id` is the base that its chain begins with, `changes` how many rows a
    delta's file holds. From `pruned_at` on nobody reads it, at `removed_at` its file went.

    `columns` are all columns the source's table has, as (name, type); `unread` counts per
    canonical field the cells that its normaliser could not read.
    """

    id: int
    source: str
    entity: str
    run_id: int
    parent_id: int | None
    kind: SnapshotKind
    file: str
    sha256: str
    bytes: int
    rows: int
    taken_at: datetime
    columns: tuple[tuple[str, str], ...]
    unread: dict[str, int]
    base_id: int | None = None
    changes: int = 0
    pruned_at: datetime | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True)
class CheckResult:
    """How one check ended in one run. Scores run from 0 to 1; None where there is none.

    `as_of` tells per source when the snapshot it used was taken.
    """

    check_name: str
    outcome: Outcome
    reason_code: str | None = None
    reason_params: Mapping[str, str] = field(default_factory=dict)
    strict: float | None = None
    adjusted: float | None = None
    open_findings: int | None = None
    as_of: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResultRow(CheckResult):
    """A check result with the run it belongs to."""

    run_id: int = 0


@dataclass(frozen=True)
class Metric:
    """One number of a run; `field` '' speaks of the whole pair of sources."""

    check_name: str
    left_source: str
    right_source: str
    name: str
    value: float | None
    field: str = ""


@dataclass(frozen=True)
class MetricPoint:
    """A metric in time."""

    run_id: int
    as_of: datetime
    metric: Metric


@dataclass(frozen=True)
class LeaseRow:
    name: str
    holder: str
    fence: int
    expires_at: datetime


@dataclass(frozen=True)
class DecisionRow:
    """What a person said about a finding."""

    id: int
    finding_id: str
    kind: str
    actor: str
    at: datetime
    payload: dict[str, object]


@dataclass(frozen=True)
class AlertRow:
    """A condition people are told about. `notified` maps a channel to the last word it got."""

    id: int
    subject: str
    opened_at: datetime
    closed_at: datetime | None
    code: str
    params: dict[str, str]
    notified: dict[str, str]


@dataclass(frozen=True)
class AuditEvent:
    id: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any]


class BatchKind(StrEnum):
    """What a batch is for: people, a system's import, or a database."""

    CHECKLIST = "checklist"
    IMPORT = "import"
    SQL = "sql"


class BatchStatus(StrEnum):
    """`making` also stands for a batch that a process left unfinished when it died."""

    REQUESTED = "requested"
    MAKING = "making"
    MADE = "made"
    REFUSED = "refused"


class Verdict(StrEnum):
    """What the data say of one line. Of `FIXED`, `REVERTED` and `BOUNCED` the sides decide; where a
    source was not read there is no verdict."""

    OPEN = "open"
    FIXED = "fixed"
    PARTLY = "partly"
    REVERTED = "reverted"
    BOUNCED = "bounced"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class BatchRow:
    """One export of work. `system` is None where it speaks of all; `file` lies in `exports/` and is
    None where somebody had it written elsewhere.

    `left_out` counts by reason what stands in no line, `missed` names the first of what moved.
    `rights` and `departments` are those of whoever asked, at that moment.
    """

    id: int
    kind: BatchKind
    form: str
    system: str | None
    language: str
    filters: dict[str, Any]
    reveal: bool
    reread: bool
    status: BatchStatus
    requested_by: str
    rights: tuple[str, ...]
    departments: tuple[str, ...] | None
    requested_at: datetime
    made_at: datetime | None
    run_id: int | None
    file: str | None
    lines: int | None
    left_out: dict[str, int]
    missed: tuple[str, ...]
    error_code: str | None
    error_params: dict[str, str]
    removed_at: datetime | None


@dataclass(frozen=True)
class BatchLine:
    """One line of work: what lay in `system` when it was handed out, and what was to lie there.

    Hashes are those of findings, of the compared values; `new_hash` is None where nothing was
    proposed. Shown values are masks where personal.
    """

    finding_id: str
    check_name: str
    entity: str
    left_source: str
    right_source: str
    system: str
    record_key: str | None
    key_shown: str | None
    field: str | None
    kind: str
    action: str
    old_hash: str | None
    new_hash: str | None
    other_hash: str | None
    old_shown: str | None
    new_shown: str | None
    basis: str


@dataclass(frozen=True)
class BatchLineRow(BatchLine):
    """A line with its place in its batch, and the newest verdict."""

    batch_id: int = 0
    seq: int = 0
    verdict: Verdict | None = None
    verdict_run: int | None = None
    verdict_at: datetime | None = None


@dataclass(frozen=True)
class NewVerdict:
    """What a run says of one line, where it is something else than before."""

    batch_id: int
    seq: int
    verdict: Verdict
