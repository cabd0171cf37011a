"""The worker: holds the lease, takes the slots that are due, carries out what is queued.

Any number may be started; one works, the others stand by and take over when its lease runs out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from governance.access import WORKER
from governance.alerts import telling as alerts
from governance.config import Config
from governance.errors import ConfigError, StoreError
from governance.i18n import explain
from governance.ledger import LEASE_TIME
from governance.worker.drills import PREFIX, Drills, drills_of
from governance.worker.holder import Clock, Held, Patience, holding
from governance.worker.schedule import Job, jobs_of, newest_slot, trigger_of
from governance.worker.workbench import Bench

POLL = 0.5
STANDBY = 2.0
LONGEST_PAUSE = 30.0
# A clock that is kept right by small steps is no reason to look at all schedules anew.
JUMP = 2.0

log = logging.getLogger("duiqi.worker")


@dataclass
class Settings:
    """The configuration in force; a broken edit leaves the last good one in force."""

    path: Path
    load: Callable[[Path], Config]
    config: Config
    mark: tuple[tuple[int, ...], ...] = ()
    problem: ConfigError | None = None

    def changed(self) -> bool:
        """Whether a file it was read from is another than when last looked at."""
        files = dict.fromkeys((self.path, *self.config.files))
        before, self.mark = self.mark, tuple(mark_of(path) for path in files)
        return self.mark != before

    def reload(self) -> bool:
        """Read again; True when something else is in force now."""
        before = self.config
        try:
            self.config, self.problem = self.load(self.path), None
        except ConfigError as error:
            if self.problem is None or str(error) != str(self.problem):
                log.error("the edit is not used: %s", explain(error, "en"))
            self.problem = error
        return self.config != before


@dataclass
class Worker:
    """`stop` ends it: the run under way is stopped and marked so, the lease given back."""

    bench: Bench
    settings: Settings
    stop: threading.Event
    ttl: timedelta = LEASE_TIME
    standby: float = STANDBY
    due: set[str] = field(default_factory=set)

    def work(self) -> None:
        """Work until stopped. A ledger that cannot be written is tried again, ever more slowly."""
        pause, waiting, patience = 1.0, False, Patience(self.ttl)
        self.settings.changed()
        while not self.stop.is_set():
            try:
                with holding(
                    self.bench.ledger,
                    "worker",
                    clock=self.bench.clock,
                    ttl=self.ttl,
                    patience=patience,
                ) as held:
                    if held is not None:
                        log.info("holding lease %d", held.fence)
                        self.work_under(held)
                        pause = 1.0
                if held is None and not waiting:
                    log.info("another process holds the lease; standing by")
                waiting = held is None
                self.stop.wait(self.standby if waiting else 0)
            except StoreError as error:
                log.error("%s; trying again in %.0f s", explain(error, "en"), pause)
                self.stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def work_under(self, held: Held) -> None:
        """Everything the lease allows, until it is lost or the worker is stopped."""
        self.bench.recover(held.fence)
        scheduler, watch = start_scheduler(), ClockWatch(self.bench.clock)
        drills = Drills(self.bench, held.lost.is_set)
        try:
            self.plan(scheduler)
            while not (self.stop.is_set() or held.lost.is_set()):
                if watch.moved():
                    log.warning("the clock was moved or the machine slept; looking at every slot")
                    self.plan(scheduler)
                if self.settings.changed():
                    self.refresh(scheduler, held)
                self.claim(held, drills)
                run = self.bench.ledger.runs.next_queued()
                if run is None:
                    if not self.bench.hand_out(self.settings.config, held):
                        self.stop.wait(POLL)
                    continue
                # Secrets kept in files may have changed too; a run costs more than a look.
                self.refresh(scheduler, held)
                self.bench.carry_out(self.settings.config, run.id, held, self.stop.is_set)
        finally:
            drills.close()
            scheduler.shutdown(wait=True)

    def plan(self, scheduler: Any) -> None:
        """Give the scheduler every job anew; all count as due, so that a missed slot is seen."""
        scheduler.remove_all_jobs()
        for job in jobs_and_drills(self.settings.config):
            scheduler.add_job(self.due.add, trigger_of(job.schedule, job.zone), args=(job.key,))
            self.due.add(job.key)

    def refresh(self, scheduler: Any, held: Held) -> None:
        if self.settings.reload():
            log.info("the configuration changed; schedules are set anew")
            self.plan(scheduler)
        alerts.after_reload(
            self.bench.ledger,
            self.settings.config,
            self.settings.problem,
            fence=held.fence,
            now=self.bench.clock(),
        )

    def claim(self, held: Held, drills: Drills | None = None) -> None:
        """Queue one run for every due job, or begin its drill: the newest slot alone, however many
        were missed."""
        jobs = {job.key: job for job in jobs_and_drills(self.settings.config)}
        while self.due:
            job = jobs.get(self.due.pop())
            if job is None:
                continue
            if not job.name.startswith(PREFIX):
                self.claim_slot(job, held)
            elif drills is not None:
                self.claim_drill(job, held, drills)

    def claim_drill(self, job: Job, held: Held, drills: Drills) -> None:
        now = self.bench.clock()
        slot = newest_slot(job.schedule, job.zone, now)
        if slot is None:
            return
        if self.bench.ledger.slots.take(job.key, slot, fence=held.fence, now=now):
            log.info("%s is due since %s", job.key, slot.isoformat())
            drills.begin(self.settings.config, job)

    def claim_slot(self, job: Job, held: Held) -> None:
        now = self.bench.clock()
        slot = newest_slot(job.schedule, job.zone, now)
        if slot is None:
            return
        run_id = self.bench.ledger.slots.claim(
            job.key,
            slot,
            actor=WORKER,
            fence=held.fence,
            now=now,
            sources=job.sources,
            checks=job.checks,
        )
        if run_id is not None:
            log.info("%s is due since %s: run %d", job.key, slot.isoformat(), run_id)


def jobs_and_drills(config: Config) -> tuple[Job, ...]:
    return (*jobs_of(config), *drills_of(config))


class ClockWatch:
    """Sees that the clock was set, or that the machine slept, between two looks.

    The scheduler sleeps until the next slot by a clock that knows nothing of either.
    """

    def __init__(self, clock: Clock, steady: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.steady = clock, steady
        self.before = clock().timestamp() - steady()

    def moved(self) -> bool:
        before, self.before = self.before, self.clock().timestamp() - self.steady()
        return abs(self.before - before) > JUMP


def mark_of(path: Path) -> tuple[int, ...]:
    """What tells one state of a file from another; empty for one that is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def start_scheduler() -> Any:
    """It only says that a moment has come; which slot that is, the ledger and the clock tell."""
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    scheduler.start()
    return scheduler
