"""How things stand with runs, in values a page can draw. No words: codes, numbers, times."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from governance.access import Actor, Right
from governance.config import Config
from governance.ledger import Ledger
from governance.ledger.rows import (
    CheckResultRow,
    RunRow,
    SnapshotRow,
    StepKind,
    StepRow,
    StepStatus,
    Trigger,
)
from governance.ledger.tables import check_results, run_steps
from governance.worker.schedule import next_slots

HISTORY = 60


class Health(StrEnum):
    """How the last read of a source went. `part`: some of its entities could not be read."""

    OK = "ok"
    PART = "part"
    FAILED = "failed"
    NEVER = "never"


@dataclass(frozen=True)
class SourceHealth:
    """One source: how its last read went, when it last went well, how many rows that were.

    `code` and `params` tell the last failure; `retryable` whether the same read may succeed later.
    `failing` counts how many of the newest reads (at most `LOOKED_BACK`) failed in a row.
    """

    source: str
    health: Health
    read_at: datetime | None
    rows: int | None
    run: int | None
    code: str | None
    params: dict[str, str]
    retryable: bool
    failing: int


@dataclass(frozen=True)
class NextSlot:
    """When a schedule fires next, what it reads and what it checks."""

    job: str
    at: datetime
    sources: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True)
class RunLine:
    """A run in the history, with what went wrong in it."""

    run: RunRow
    rows: int
    failed_sources: tuple[str, ...]
    open_findings: int | None

    @property
    def took(self) -> timedelta | None:
        """How long it worked; None before its end."""
        if self.run.started_at is None or self.run.finished_at is None:
            return None
        return self.run.finished_at - self.run.started_at


@dataclass(frozen=True)
class RunView:
    """One run with everything it did, in the order it began it."""

    run: RunRow
    steps: tuple[StepRow, ...]
    results: tuple[CheckResultRow, ...]

    @property
    def failures(self) -> tuple[StepRow, ...]:
        return tuple(step for step in self.steps if step.status is StepStatus.FAILED)

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return sum(step.rows or 0 for step in self.steps if step.kind is StepKind.READ)


LOOKED_BACK = 5
# Why a step may end that is no fault of the source: the run itself broke, stopped, or was left.
CUT_SHORT = frozenset(
    {"run.defect", "run.stopped", "worker.unexpected", "ledger.step_cut_short"}
    | {"ledger.run_abandoned", "store.write"}
)


def source_health(actor: Actor, ledger: Ledger, config: Config) -> tuple[SourceHealth, ...]:
    """Every configured source in the configuration's order."""
    actor.require(Right.VIEW)
    snapshots: dict[str, list[SnapshotRow]] = {}
    for snapshot in ledger.snapshots.newest_of_each():
        snapshots.setdefault(snapshot.source, []).append(snapshot)
    return tuple(
        health_of(
            source.name,
            telling(ledger.steps.last_reads(source.name, limit=LOOKED_BACK)),
            snapshots.get(source.name, []),
        )
        for source in config.sources
    )


def telling(reads: tuple[tuple[StepRow, ...], ...]) -> tuple[tuple[StepRow, ...], ...]:
    """The reads that say something about their source: those not cut short with their run."""
    return tuple(steps for steps in reads if not any(step.code in CUT_SHORT for step in steps))


def health_of(
    source: str, reads: tuple[tuple[StepRow, ...], ...], snapshots: list[SnapshotRow]
) -> SourceHealth:
    """Judge the newest read; what was read before it tells when all was last well."""
    newest = reads[0] if reads else ()
    failures = [step for step in newest if step.status is StepStatus.FAILED]
    if not newest:
        health = Health.NEVER
    elif not failures:
        health = Health.OK
    else:
        health = Health.PART if len(failures) < len(newest) else Health.FAILED
    failing = 0
    for steps in reads:
        if all(step.status is not StepStatus.FAILED for step in steps):
            break
        failing += 1
    worst = next((step for step in failures if not step.retryable), next(iter(failures), None))
    return SourceHealth(
        source=source,
        health=health,
        read_at=min((s.taken_at for s in snapshots), default=None),
        rows=sum(s.rows for s in snapshots) if snapshots else None,
        run=newest[0].run_id if newest else None,
        code=worst.code if worst else None,
        params=worst.params if worst else {},
        retryable=bool(worst and worst.retryable),
        failing=failing,
    )


def schedule(config: Config, now: datetime) -> tuple[NextSlot, ...]:
    """Each schedule with its next slot, soonest first; empty where nothing is scheduled."""
    return tuple(
        NextSlot(job.name, slot, job.sources, job.checks) for job, slot in next_slots(config, now)
    )


def history(actor: Actor, ledger: Ledger, limit: int = HISTORY) -> tuple[RunLine, ...]:
    """The newest runs, newest first."""
    actor.require(Right.VIEW)
    found = ledger.runs.recent(limit)
    ids = [run.id for run in found]
    reads = select(run_steps.c.run_id, run_steps.c.source, run_steps.c.status, run_steps.c.rows)
    reads = reads.where(run_steps.c.run_id.in_(ids), run_steps.c.kind == StepKind.READ.value)
    rows: Counter[int] = Counter()
    failed: dict[int, dict[str, None]] = {}
    with ledger.database.read() as connection:
        for step in connection.execute(reads.order_by(run_steps.c.seq)):
            rows[step.run_id] += step.rows or 0
            if step.status == StepStatus.FAILED.value:
                failed.setdefault(step.run_id, {})[step.source] = None
        counted = connection.execute(
            select(check_results.c.run_id, func.sum(check_results.c.open_findings))
            .where(check_results.c.run_id.in_(ids))
            .group_by(check_results.c.run_id)
        )
        open_ = {run_id: count for run_id, count in counted if count is not None}
    return tuple(
        RunLine(run, rows[run.id], tuple(failed.get(run.id, ())), open_.get(run.id))
        for run in found
    )


def run_view(actor: Actor, ledger: Ledger, run_id: int) -> RunView | None:
    """One run with its steps and results, or None where the ledger has no such run."""
    actor.require(Right.VIEW)
    run = ledger.runs.get(run_id)
    return None if run is None else view_of(ledger, run)


def view_of(ledger: Ledger, run: RunRow) -> RunView:
    return RunView(run, ledger.steps.of_run(run.id), ledger.results.of_run(run.id))


def expected_steps(config: Config, run: RunRow) -> int:
    """About how many steps the run will have: an entity of a source each, and a check each."""
    reads = sum(
        1
        for entity in config.tables
        for mapping in entity.mappings
        if run.sources is None or mapping.source in run.sources
    )
    checks = sum(run.checks is None or check.name in run.checks for check in config.every_check)
    return reads + checks


def active_run(ledger: Ledger) -> RunRow | None:
    """What runs now, or else what waits longest."""
    return next(iter(ledger.runs.active()), None)


def run_now(actor: Actor, ledger: Ledger, now: datetime) -> int:
    """Ask the worker for a run of everything; the id of the run that will answer.

    Raises PermissionRefused without the right to run.
    """
    return ledger.runs.enqueue(actor, trigger=Trigger.PAGE, now=now)
