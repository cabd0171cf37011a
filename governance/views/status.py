"""How things stand: who works, what ran last and runs next, every check, every source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from checks.outcome import Outcome
from governance.config import Config
from governance.ledger import Ledger
from governance.ledger.rows import AlertRow, CheckResultRow, LeaseRow, Metric, RunRow, RunStatus
from governance.worker.run_now import source_report
from governance.worker.schedule import Job, next_slots


@dataclass(frozen=True)
class SourceHealth:
    """`ok`, `failed` or `never_read`, by the newest run that tried.

    `last_read` and `rows` speak of the newest snapshot of each entity, which may be older.
    """

    name: str
    status: str
    last_read: datetime | None
    rows: int | None
    code: str | None
    params: dict[str, str]


@dataclass(frozen=True)
class Status:
    """`results` holds the newest result of every configured check that has one.

    `same_config` is false where the last run had another configuration, or an earlier form of
    this one; None where that run says nothing of it.
    """

    lease: LeaseRow | None
    last: RunRow | None
    running: RunRow | None
    queued: int
    upcoming: tuple[tuple[Job, datetime], ...]
    checks: tuple[str, ...]
    results: tuple[CheckResultRow, ...]
    metrics: tuple[Metric, ...]
    sources: tuple[SourceHealth, ...]
    alerts: tuple[AlertRow, ...]
    same_config: bool | None = None

    @property
    def worker_is_alive(self) -> bool:
        """Whether a worker holds the lease; a single `duiqi run` holding it is none."""
        return self.lease is not None and self.lease.holder.startswith("worker@")

    @property
    def exit_code(self) -> int:
        """2 before 1 before 0; a check that was never evaluated could not be seen, nor could
        anything when the last run broke as a whole."""
        outcomes = {result.outcome for result in self.results}
        unseen = set(self.checks) - {result.check_name for result in self.results}
        blind = outcomes & {Outcome.NOT_EVALUABLE, Outcome.ERROR}
        broken = any(source.status == "failed" for source in self.sources)
        if self.last is None or self.last.status is RunStatus.FAILED:
            return 2
        if unseen or blind or broken:
            return 2
        return 1 if Outcome.FAILED in outcomes else 0


def status_of(ledger: Ledger, config: Config, now: datetime) -> Status:
    active = ledger.runs.active()
    names = tuple(check.name for check in config.every_check)
    results = tuple(r for r in ledger.results.newest_of_each() if r.check_name in names)
    last = ledger.runs.last_over()
    made_with = last.config_digest if last else None
    return Status(
        lease=ledger.leases.alive(now=now),
        last=last,
        running=next((run for run in active if run.status is RunStatus.RUNNING), None),
        queued=sum(run.status is RunStatus.QUEUED for run in active),
        upcoming=next_slots(config, now),
        checks=names,
        results=results,
        metrics=pair_metrics(ledger, results),
        sources=tuple(health_of(ledger, source.name) for source in config.sources),
        alerts=ledger.alerts.opened(),
        same_config=None if made_with is None else made_with == config.digest,
    )


def pair_metrics(ledger: Ledger, results: tuple[CheckResultRow, ...]) -> tuple[Metric, ...]:
    """The numbers of whole pairs from each check's newest result; those of fields are many."""
    newest = {result.check_name: result.run_id for result in results}
    found: list[Metric] = []
    for run_id in sorted(set(newest.values())):
        found += [
            metric
            for metric in ledger.results.metrics_of_run(run_id)
            if metric.field == "" and newest.get(metric.check_name) == run_id
        ]
    return tuple(sorted(found, key=lambda m: (m.check_name, m.left_source, m.right_source, m.name)))


def health_of(ledger: Ledger, source: str) -> SourceHealth:
    newest = [row for row in ledger.snapshots.newest_of_each() if row.source == source]
    reads = ledger.steps.last_reads(source, 1)
    report = source_report(source, list(reads[0])) if reads else None
    return SourceHealth(
        name=source,
        status="never_read" if report is None else "ok" if report.code is None else "failed",
        last_read=max((row.taken_at for row in newest), default=None),
        rows=sum(row.rows for row in newest) if newest else None,
        code=report.code if report else None,
        params=report.params if report else {},
    )
