"""When which part runs. A slot is the same moment for whoever computes it.

Cron lines count in the business time zone. Intervals are aligned to 1970-01-01T00:00Z, not to the
start of a process: `every: 15m` means :00, :15, :30 and :45 on every machine.

Where the clocks change, a line that names its hours runs once for each time it names: a time that
the change skips comes as much later as was skipped, one that comes twice counts the first time. A
line of every hour follows the hours that pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from governance.config.model import CheckConfig, Config, Schedule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A cron line may name the 29th of February; one that comes more seldom is not looked for.
FURTHEST = timedelta(days=366 * 9)


@dataclass(frozen=True)
class Job:
    """What one schedule does: reads `sources`, then evaluates `checks` (each may be empty).

    `name` is `schedule`, `source:<name>` or `check:<name>`.
    """

    name: str
    schedule: Schedule
    zone: ZoneInfo
    sources: tuple[str, ...]
    checks: tuple[str, ...]

    @property
    def key(self) -> str:
        """The job's name in the ledger. Another schedule is another job: its slots before the
        change were never promised, so none of them counts as missed."""
        if self.schedule.every is not None:
            return f"{self.name} every {int(self.schedule.every.total_seconds())}s"
        return f"{self.name} cron {self.schedule.cron} {self.zone.key}"


def jobs_of(config: Config) -> tuple[Job, ...]:
    """Every schedule of the configuration, with what hangs on it.

    The root schedule takes the sources and checks that have none of their own. A source's schedule
    reads it and evaluates the checks that use it; a check's reads those of its sources that have
    none of their own. A check with a schedule of its own is evaluated by that one alone.
    """
    zone = config.time_zone
    free_checks = tuple(c for c in config.every_check if c.schedule is None)
    found: list[Job] = []
    if config.schedule is not None:
        sources = tuple(s.name for s in config.sources if s.schedule is None)
        checks = tuple(c.name for c in free_checks)
        found.append(Job("schedule", config.schedule, zone, sources, checks))
    for source in config.sources:
        if source.schedule is not None:
            checks = tuple(c.name for c in free_checks if source.name in c.sources)
            found.append(
                Job(f"source:{source.name}", source.schedule, zone, (source.name,), checks)
            )
    for check in config.every_check:
        if check.schedule is not None:
            sources = tuple(n for n in check.sources if config.source(n).schedule is None)
            found.append(Job(f"check:{check.name}", check.schedule, zone, sources, (check.name,)))
    return tuple(job for job in found if job.sources or job.checks)


def sources_of(checks: Iterable[CheckConfig]) -> tuple[str, ...]:
    """Every source the checks look at, once, in the order they name them."""
    return tuple(dict.fromkeys(name for check in checks for name in check.sources))


def trigger_of(schedule: Schedule, zone: ZoneInfo) -> Any:
    """The schedule as the scheduler takes it."""
    from apscheduler.triggers.cron import CronTrigger
    from apscheduler.triggers.interval import IntervalTrigger

    if schedule.every is not None:
        return IntervalTrigger(
            seconds=int(schedule.every.total_seconds()), start_date=EPOCH, timezone=UTC
        )
    return CronTrigger.from_crontab(schedule.cron, timezone=zone)


def newest_slot(schedule: Schedule, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The last slot at or before `now`; None for a line that names no day of these years."""
    if schedule.every is not None:
        return now - (now - EPOCH) % timedelta(seconds=int(schedule.every.total_seconds()))
    back = timedelta(minutes=2)
    while back < FURTHEST:
        slot = next_fire(schedule, zone, now - back)
        if slot is not None and slot <= now:
            return last_until(schedule, zone, slot, now)
        back *= 2
    return None


def next_slot(schedule: Schedule, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first slot after `now`."""
    return next_fire(schedule, zone, now + timedelta(microseconds=1))


def next_slots(config: Config, now: datetime) -> tuple[tuple[Job, datetime], ...]:
    """Each job with its next slot, soonest first."""
    found = [(job, next_slot(job.schedule, job.zone, now)) for job in jobs_of(config)]
    known = [(job, slot) for job, slot in found if slot is not None]
    return tuple(sorted(known, key=lambda pair: pair[1]))


def next_fire(schedule: Schedule, zone: ZoneInfo, moment: datetime) -> datetime | None:
    """The schedule's first slot at or after `moment`."""
    trigger = trigger_of(schedule, zone)
    while True:
        fire = cast(datetime | None, trigger.get_next_fire_time(None, moment))
        if fire is None:
            return None
        if schedule.every is not None or not is_repeated(schedule, fire.astimezone(zone)):
            return fire.astimezone(UTC)
        moment = fire.astimezone(UTC) + timedelta(microseconds=1)


def is_repeated(schedule: Schedule, fire: datetime) -> bool:
    """Whether a line that names its hours has had this local time an hour before already."""
    assert schedule.cron is not None
    return fire.fold == 1 and not schedule.cron.split()[1].startswith("*")


def last_until(schedule: Schedule, zone: ZoneInfo, slot: datetime, now: datetime) -> datetime:
    while True:
        later = next_fire(schedule, zone, slot + timedelta(microseconds=1))
        if later is None or later > now:
            return slot
        slot = later
