"""Runs: asked for, started, ended. What a run sealed becomes visible in one commit, at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from governance.access import Actor, Right
from governance.ledger import audit, batches, reviews
from governance.ledger.database import Database, LedgerRefused
from governance.ledger.ending import close_steps, insert_results, link_snapshots
from governance.ledger.review_rows import NewOutcome
from governance.ledger.rows import (
    CheckResult,
    Metric,
    NewVerdict,
    RunRow,
    RunStatus,
    Trigger,
)
from governance.ledger.tables import runs
from governance.store import Sealed

# Asking twice for the same thing while the first still waits is one wish.
MERGED = (Trigger.MANUAL, Trigger.PAGE)
KEPT = (runs.c.file.is_not(None), runs.c.pruned_at.is_(None))
OVER = tuple(status.value for status in RunStatus if status.is_over)


@dataclass(frozen=True)
class Runs:
    database: Database

    def enqueue(
        self,
        actor: Actor,
        *,
        trigger: Trigger,
        now: datetime,
        sources: Sequence[str] | None = None,
        checks: Sequence[str] | None = None,
    ) -> int:
        """Queue a run and return its id; a person's equal wish that still waits is taken instead.

        None means all, an empty sequence none. Raises PermissionRefused without the right.
        """
        actor.require(Right.RUN)
        with self.database.write() as connection:
            if trigger in MERGED:
                for waiting in fetch(connection, queued()):
                    if waiting.trigger in MERGED and same_wish(waiting, sources, checks):
                        return waiting.id
            made = insert_run(
                connection,
                trigger=trigger,
                requested_by=actor.name,
                sources=sources,
                checks=checks,
                now=now,
            )
            audit.record(
                connection, actor, "run.requested", str(made), {"trigger": trigger.value}, now
            )
        return made

    def next_queued(self) -> RunRow | None:
        """The run that has waited longest."""
        with self.database.read() as connection:
            return next(iter(fetch(connection, queued().limit(1))), None)

    def start(self, run_id: int, *, fence: int, now: datetime, config_digest: str) -> RunRow:
        """Take a queued run. Raises LedgerRefused `ledger.not_queued` when it is queued no more."""
        with self.database.fenced(fence) as connection:
            done = connection.execute(
                update(runs)
                .where(runs.c.id == run_id, runs.c.status == RunStatus.QUEUED)
                .values(
                    status=RunStatus.RUNNING,
                    started_at=now,
                    fence=fence,
                    config_digest=config_digest,
                )
            )
            if done.rowcount != 1:
                raise LedgerRefused("ledger.not_queued", run=run_id)
            return fetch(connection, select(runs).where(runs.c.id == run_id))[0]

    def finish(
        self,
        run_id: int,
        *,
        fence: int,
        now: datetime,
        status: RunStatus,
        as_of: datetime | None = None,
        sealed: Sealed | None = None,
        used_snapshots: Sequence[int] = (),
        results: Sequence[CheckResult] = (),
        measured: Sequence[Metric] = (),
        error_code: str | None = None,
        error_params: Mapping[str, str] | None = None,
        verdicts: Sequence[NewVerdict] = (),
        outcomes: Sequence[NewOutcome] = (),
    ) -> None:
        """End a running run; its file, results and metrics are visible from this commit on.

        `used_snapshots` are the snapshots it evaluated, also those of earlier runs. Steps still
        open are closed as failed. Raises LedgerRefused `ledger.not_running` for a run that is not
        running under this fence.
        """
        values: dict[str, object] = {
            "status": status,
            "finished_at": now,
            "as_of": as_of,
            "error_code": error_code,
            "error_params": dict(error_params) if error_params else None,
        }
        if sealed is not None:
            values |= {"file": sealed.file, "sha256": sealed.sha256, "bytes": sealed.bytes}
        with self.database.fenced(fence) as connection:
            mine = (runs.c.id == run_id, runs.c.status == RunStatus.RUNNING, runs.c.fence == fence)
            if connection.execute(update(runs).where(*mine).values(**values)).rowcount != 1:
                raise LedgerRefused("ledger.not_running", run=run_id)
            close_steps(connection, (run_id,), error_code or "ledger.step_cut_short", now)
            link_snapshots(connection, run_id, used_snapshots)
            insert_results(connection, run_id, results, measured)
            batches.settle(connection, run_id, verdicts, as_of or now)
            reviews.settle(connection, run_id, outcomes, as_of or now)

    def abandon_stale(self, *, fence: int, now: datetime) -> tuple[int, ...]:
        """Mark failed what holders of older fences left running; returns those runs' ids."""
        stale = (runs.c.status == RunStatus.RUNNING, runs.c.fence < fence)
        with self.database.fenced(fence) as connection:
            ids = tuple(connection.scalars(select(runs.c.id).where(*stale)))
            if ids:
                connection.execute(
                    update(runs)
                    .where(runs.c.id.in_(ids))
                    .values(
                        status=RunStatus.FAILED, finished_at=now, error_code="ledger.run_abandoned"
                    )
                )
                close_steps(connection, ids, "ledger.run_abandoned", now)
        return ids

    def get(self, run_id: int) -> RunRow | None:
        with self.database.read() as connection:
            return next(iter(fetch(connection, select(runs).where(runs.c.id == run_id))), None)

    def recent(self, limit: int = 50, before: int | None = None) -> tuple[RunRow, ...]:
        """The newest runs first; `before` is the id that a next page starts under."""
        query = select(runs).order_by(runs.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(runs.c.id < before)
        with self.database.read() as connection:
            return fetch(connection, query)

    def active(self) -> tuple[RunRow, ...]:
        """What is running or queued, oldest first."""
        query = select(runs).where(runs.c.status.not_in(OVER)).order_by(runs.c.id)
        with self.database.read() as connection:
            return fetch(connection, query)

    def last_over(self) -> RunRow | None:
        """The newest run that ended, however."""
        query = select(runs).where(runs.c.status.in_(OVER)).order_by(runs.c.id.desc()).limit(1)
        with self.database.read() as connection:
            return next(iter(fetch(connection, query)), None)

    def last_sealed(self) -> RunRow | None:
        """The newest run that has results to look at."""
        query = select(runs).where(*KEPT).order_by(runs.c.id.desc()).limit(1)
        with self.database.read() as connection:
            return next(iter(fetch(connection, query)), None)

    def sealed(self, limit: int | None = None) -> tuple[RunRow, ...]:
        """Runs that have results, newest first."""
        query = select(runs).where(*KEPT).order_by(runs.c.id.desc())
        with self.database.read() as connection:
            return fetch(connection, query if limit is None else query.limit(limit))

    def files(self) -> frozenset[str]:
        """Every run file the ledger knows; what else lies there is an orphan."""
        with self.database.read() as connection:
            query = select(runs.c.file).where(runs.c.file.is_not(None), runs.c.removed_at.is_(None))
            return frozenset(connection.scalars(query))


def queued() -> Select[tuple[object, ...]]:
    return select(runs).where(runs.c.status == RunStatus.QUEUED).order_by(runs.c.id)


def same_wish(waiting: RunRow, sources: Sequence[str] | None, checks: Sequence[str] | None) -> bool:
    return (waiting.sources, waiting.checks) == (names(sources), names(checks))


def names(value: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


def insert_run(
    connection: Connection,
    *,
    trigger: Trigger,
    requested_by: str,
    sources: Sequence[str] | None,
    checks: Sequence[str] | None,
    now: datetime,
) -> int:
    """Queue a run inside the caller's transaction."""
    made: int = connection.execute(
        insert(runs)
        .values(
            trigger=trigger,
            requested_by=requested_by,
            sources=None if sources is None else list(sources),
            checks=None if checks is None else list(checks),
            status=RunStatus.QUEUED,
            requested_at=now,
        )
        .returning(runs.c.id)
    ).scalar_one()
    return made


def fetch(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[RunRow, ...]:
    return tuple(run_row(row) for row in connection.execute(query).mappings())


def run_row(row: RowMapping) -> RunRow:
    return RunRow(
        **{
            **row,
            "trigger": Trigger(row["trigger"]),
            "status": RunStatus(row["status"]),
            "sources": names(row["sources"]),
            "checks": names(row["checks"]),
            "error_params": row["error_params"] or {},
        }
    )
