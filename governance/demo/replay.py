"""Living the days again: bring the stores to each day and save them, then let that night's run look
at them."""

from __future__ import annotations

import time as timer
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from governance.demo.notation import BUSINESS_ZONE
from governance.demo.saving import Saving
from governance.demo.stores import FileStores
from governance.demo.world import World

if TYPE_CHECKING:
    from governance.config import Config
    from governance.worker.holder import Held
    from governance.worker.schedule import Job
    from governance.worker.workbench import Bench

NIGHT = time(2, 5)


def last_night(now: datetime) -> datetime:
    """The moment of the newest nightly run at or before `now`, in UTC."""
    local = now.astimezone(BUSINESS_ZONE)
    day = local.date() if local.time() >= NIGHT else local.date() - timedelta(days=1)
    return datetime.combine(day, NIGHT, BUSINESS_ZONE).astimezone(UTC)


def moment_of(world: World, day: int) -> datetime:
    """When the run of a day takes place, in UTC."""
    return datetime.combine(world.plan.date_of(day), NIGHT, BUSINESS_ZONE).astimezone(UTC)


def replay(world: World, days: range, run_day: Callable[[int, datetime], None]) -> None:
    """Advance `world` day by day, save it, and call `run_day` with each day and its moment.

    On the nights of an outage the source's file really is away while the run looks for it; the
    backups are made before that.
    """
    saving = Saving(world)
    for day in days:
        world.advance(day)
        saving.save(day)
        away = [o.source for o in world.plan.truth.outages if o.day == day]
        with moved_away(world, away):
            run_day(day, moment_of(world, day))


@contextmanager
def moved_away(world: World, sources: list[str]) -> Iterator[None]:
    """The databases of `sources` under another name; back in place afterwards, whatever happens."""
    assert isinstance(world.stores, FileStores)
    paths = [path for name, path in world.stores.databases.items() if name in sources]
    for path in paths:
        path.rename(aside(path))
    try:
        yield
    finally:
        for path in paths:
            aside(path).rename(path)


def aside(path: Path) -> Path:
    return path.with_suffix(".restoring")


class Stopped(Exception):
    """The replay was asked to stop. What there is of the demo is of no use; it starts over."""


def never() -> bool:
    return False


@dataclass
class NightClock:
    """A clock that is set to a night and goes on from there as fast as the real one."""

    moment: datetime
    started: float = field(default_factory=timer.monotonic)

    def __call__(self) -> datetime:
        return self.moment + timedelta(seconds=timer.monotonic() - self.started)


@dataclass(frozen=True)
class Nights:
    """Carries out the runs of past nights as the worker would have: slot, run, alerts.

    The lease is held in real time; what a run writes down bears the time of its night.
    """

    bench: Bench
    config: Config
    held: Held
    clock: NightClock
    stop: Callable[[], bool] = never

    def promise(self, moment: datetime) -> None:
        """Let the schedule begin at `moment`, so that every later slot brings a run."""
        self.claim(moment)

    def run(self, _day: int, moment: datetime) -> None:
        """The scheduled run of the night of `moment`."""
        run_id = self.claim(moment)
        assert run_id is not None
        self.carry_out(run_id, moment)

    def first_look(self, moment: datetime) -> None:
        """The run with which somebody connected the systems, long enough before the first day
        that what it found is older than every lag, and so no longer pending, when that comes."""
        from governance.access import Actor, Right
        from governance.ledger.rows import Trigger

        person = Actor("demo", frozenset({Right.RUN}))
        run_id = self.bench.ledger.runs.enqueue(person, trigger=Trigger.MANUAL, now=moment)
        self.carry_out(run_id, moment)

    def carry_out(self, run_id: int, moment: datetime) -> None:
        """Raises StoreError for a run that broke: half a history is no demo; Stopped for one
        that was asked to stop."""
        from governance.errors import StoreError

        self.clock.moment, self.clock.started = moment, timer.monotonic()
        self.bench.carry_out(self.config, run_id, self.held, self.stop)
        if self.stop():
            raise Stopped
        ended = self.bench.ledger.runs.get(run_id)
        if ended is None or ended.file is None:
            raise StoreError("demo.run_broke", run=run_id)

    def put_off(self, now: datetime) -> None:
        """Ask again at `now` for what was asked for on the page meanwhile, for the worker to do.

        Run numbers tell which results are the newest, so a wish must not keep one that is older
        than the last night's.
        """
        from governance.access import Actor, Right
        from governance.ledger.rows import RunStatus

        runs, fence = self.bench.ledger.runs, self.held.fence
        while (wish := runs.next_queued()) is not None and wish.requested_at < now:
            runs.start(wish.id, fence=fence, now=now, config_digest=self.config.digest)
            runs.finish(
                wish.id, fence=fence, now=now, status=RunStatus.STOPPED, error_code="demo.put_off"
            )
            runs.enqueue(
                Actor(wish.requested_by, frozenset({Right.RUN})), trigger=wish.trigger, now=now,
                sources=wish.sources, checks=wish.checks,
            )  # fmt: skip

    def claim(self, moment: datetime) -> int | None:
        from governance.access import WORKER

        job = self.job
        return self.bench.ledger.slots.claim(
            job.key, moment, actor=WORKER, fence=self.held.fence, now=moment,
            sources=job.sources, checks=job.checks,
        )  # fmt: skip

    @property
    def job(self) -> Job:
        from governance.worker.schedule import jobs_of

        return jobs_of(self.config)[0]
