"""Clocks that are set, that change twice a year, and machines that sleep: each slot runs once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from governance.cli.common import load_config
from governance.config.model import Schedule
from governance.ledger import LEASE_TIME, Ledger
from governance.ledger.rows import LeaseRow, RunStatus
from governance.worker import loop
from governance.worker.holder import Held, Patience, holding
from governance.worker.schedule import newest_slot, next_slot
from governance.worker.workbench import Bench
from tests.faults import victims
from tests.faults.truth import Truth
from tests.faults.victims import Place, kill, start
from tests.worker.child import until
from tests.worker.world import company

BERLIN, NEW_YORK, SHANGHAI = "Europe/Berlin", "America/New_York", "Asia/Shanghai"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Line, zone, the night, and the slots of that day in local time, with their distance from UTC.
NIGHTS = [
    ("30 2 * * *", BERLIN, "2026-03-29", ["03:30+02:00"]),
    ("30 2 * * *", BERLIN, "2026-10-25", ["02:30+02:00"]),
    ("30 2 * * *", NEW_YORK, "2026-03-08", ["03:30-04:00"]),
    ("30 1 * * *", NEW_YORK, "2026-11-01", ["01:30-04:00"]),
    ("30 2 * * *", NEW_YORK, "2026-11-01", ["02:30-05:00"]),
    ("0 1,2,3 * * *", BERLIN, "2026-03-29", ["01:00+01:00", "03:00+02:00"]),
    ("0 1-3 * * *", BERLIN, "2026-10-25", ["01:00+02:00", "02:00+02:00", "03:00+01:00"]),
    ("30 2 * * *", SHANGHAI, "2026-03-29", ["02:30+08:00"]),
    ("30 2 * * *", SHANGHAI, "2026-10-25", ["02:30+08:00"]),
]


def looked_at(line: str, zone: ZoneInfo, day: datetime) -> list[datetime]:
    """The slots that somebody sees who looks at the schedule every ten minutes, in order."""
    schedule, found = Schedule(cron=line), []
    moment = day.astimezone(UTC)
    while moment < (day + DAY).astimezone(UTC):
        slot = newest_slot(schedule, zone, moment)
        following = next_slot(schedule, zone, moment)
        assert slot is not None
        assert following is not None
        assert slot <= moment < following
        if slot >= day and (not found or found[-1] != slot):
            found.append(slot)
        moment += timedelta(minutes=10)
    return found


@pytest.mark.parametrize(("line", "name", "day", "slots"), NIGHTS)
def test_a_named_hour_that_is_skipped_or_comes_twice_is_one_slot(
    line: str, name: str, day: str, slots: list[str]
) -> None:
    zone = ZoneInfo(name)
    found = looked_at(line, zone, datetime.fromisoformat(day).replace(tzinfo=zone))
    told = [slot.astimezone(zone).isoformat() for slot in found]
    assert told == [f"{day}T{slot[:5]}:00{slot[5:]}" for slot in slots]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_line_of_every_hour_follows_the_hours_that_pass(day: str, hours: int) -> None:
    zone = ZoneInfo(BERLIN)
    found = looked_at("0 * * * *", zone, datetime.fromisoformat(day).replace(tzinfo=zone))
    assert len(found) == hours
    assert {b - a for a, b in pairwise(found)} == {HOUR}


@contextmanager
def idle(place: Place, schedule: str, now: list[datetime], zone: str = BERLIN) -> Iterator[Claims]:
    """A worker that only claims slots, at the moments that `now` is set to."""
    config = company(place.folder, schedule=f"schedule: {schedule}")
    text = config.path.read_text("utf-8").replace("Asia/Shanghai", zone)
    config.path.write_text(text, "utf-8")
    ledger, bench = place.bench()
    bench = replace(bench, clock=lambda: now[0])
    settings = loop.Settings(config.path, load_config, load_config(config.path))
    fence = ledger.leases.acquire("tests", now=now[0])
    assert fence is not None
    worker = loop.Worker(bench, settings, threading.Event())
    yield Claims(worker, ledger, Held(fence), now)
    ledger.close()


class Claims:
    def __init__(
        self, worker: loop.Worker, ledger: Ledger, held: Held, now: list[datetime]
    ) -> None:
        self.worker, self.ledger, self.held, self.now = worker, ledger, held, now

    def at(self, moment: datetime) -> datetime | None:
        """The slot for which a run is queued at this moment."""
        before = self.ledger.runs.recent(1)
        self.now[0] = moment
        (job,) = loop.jobs_of(self.worker.settings.config)
        self.worker.due.add(job.key)
        self.worker.claim(self.held)
        (run,) = self.ledger.runs.recent(1) or (None,)
        if run is None or (before and before[0].id == run.id):
            return None
        (slot,) = (s for s, number in self.ledger.slots.of_job(job.key) if number == run.id)
        return slot


@pytest.mark.parametrize("night", ["2026-03-28", "2026-10-24"])
def test_a_nightly_run_comes_once_a_night_over_the_clock_change(place: Place, night: str) -> None:
    start_ = datetime.fromisoformat(night).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
    with idle(place, "30 2 * * *", [start_]) as claims:
        claims.at(start_)
        moments = (start_ + timedelta(minutes=15) * n for n in range(4 * 24 * 3))
        slots = [slot for slot in map(claims.at, moments) if slot is not None]
    days = [slot.astimezone(ZoneInfo(BERLIN)).date() for slot in slots]
    assert len(days) == len(set(days)) == 3


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_clock_set_back_runs_no_slot_twice(place: Place) -> None:
    with idle(place, "{every: 30m}", [NOON]) as claims:
        minutes = [0, 30, 60, 90, 30, 60, 90, 120]  # an hour back after 13:30
        slots = [claims.at(NOON + timedelta(minutes=m)) for m in minutes]
    assert slots == [None, *(NOON + timedelta(minutes=m) for m in (30, 60, 90)),
                     None, None, None, NOON + timedelta(minutes=120)]  # fmt: skip


def test_slots_missed_for_hours_are_one_run(place: Place) -> None:
    with idle(place, "{every: 30m}", [NOON]) as claims:
        claims.at(NOON)
        assert claims.at(NOON + 9 * HOUR) == NOON + 9 * HOUR
        assert claims.at(NOON + 9 * HOUR) is None
        assert len(claims.ledger.runs.recent()) == 1


def test_a_clock_that_was_ahead_for_a_while_silences_no_schedule(place: Place) -> None:
    """The slot taken in the false tomorrow is not taken again; all before it are."""
    with idle(place, "{every: 6h}", [NOON]) as claims:
        claims.at(NOON)
        assert claims.at(NOON + DAY) == NOON + DAY
        back = [claims.at(NOON + 6 * HOUR * n) for n in range(6)]
    assert back == [None, NOON + 6 * HOUR, NOON + 12 * HOUR, NOON + 18 * HOUR, None,
                    NOON + 30 * HOUR]  # fmt: skip


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    ledger, made = place.bench()
    yield made
    ledger.close()


def test_a_machine_that_slept_through_its_slot_runs_it_when_it_wakes(
    place: Place, bench: Bench
) -> None:
    """The scheduler waits by a clock that stands still meanwhile: for hours, if left alone."""
    company(place.folder, schedule="schedule: {every: 7d}")
    worker = start(victims.work, place)
    try:
        until(lambda: bench.ledger.slots.of_job("schedule every 604800s"), "the first look")
        place.clock.move(7 * DAY)
        until(bench.ledger.runs.last_sealed, "the run of the slot that was slept through")
    finally:
        kill(worker)
    assert len(bench.ledger.runs.recent()) == 1


def holder_is(ledger: Ledger, process: int | None, place: Place) -> bool:
    lease = ledger.leases.alive(now=place.clock())
    return lease is not None and f":{process}:" in lease.holder


def test_a_clock_set_back_keeps_no_dead_holder_alive(place: Place, bench: Bench) -> None:
    first = start(victims.work, place, 1.0)
    until(lambda: holder_is(bench.ledger, first.pid, place), "the first worker")
    kill(first)
    place.clock.move(-HOUR)
    assert bench.ledger.leases.alive(now=place.clock()) is not None, "for an hour, by the clock"
    second = start(victims.work, place, 1.0)
    try:
        until(lambda: holder_is(bench.ledger, second.pid, place), "the second", deadline=30)
    finally:
        kill(second)


def test_a_clock_set_back_takes_nothing_from_a_living_holder(place: Place, bench: Bench) -> None:
    workers = [start(victims.work, place, 2.0) for _ in range(2)]
    try:
        until(lambda: bench.ledger.leases.alive(now=place.clock()), "a worker")
        before = bench.ledger.leases.alive(now=place.clock())
        place.clock.move(-HOUR)
        time.sleep(3)
        after = bench.ledger.leases.alive(now=place.clock())
    finally:
        for worker in workers:
            kill(worker)
    assert before is not None
    assert after is not None
    assert (after.holder, after.fence) == (before.holder, before.fence)


def test_a_clock_set_forward_during_a_run_costs_that_run_alone(place: Place, bench: Bench) -> None:
    workers = [start(victims.work, place, 30.0) for _ in range(2)]
    try:
        for _ in range(3):
            until(lambda: running(bench.ledger), "a run", look=0.002)
            place.clock.move(DAY)
        until(lambda: len(bench.ledger.runs.sealed()) >= 3, "runs after that")
    finally:
        for worker in workers:
            kill(worker)
    place.clock.move(LEASE_TIME)
    with holding(bench.ledger, "run", clock=place.clock) as held:
        assert held is not None
        bench.recover(held.fence)
    assert Truth(bench.ledger, bench.home).settled() == []


def running(ledger: Ledger) -> bool:
    return any(run.status is RunStatus.RUNNING for run in ledger.runs.active())


def test_a_lease_counts_as_lost_only_when_it_did_not_change_for_its_whole_length() -> None:
    now = [0.0]
    patience = Patience(timedelta(seconds=30), lambda: now[0])
    lease = LeaseRow("worker", "a", 1, NOON)

    def lost(moment: float, seen: LeaseRow | None) -> bool:
        now[0] = moment
        return patience.lost(seen)

    assert [lost(0, lease), lost(29, lease), lost(31, lease)] == [False, False, True]
    renewed = replace(lease, expires_at=NOON + HOUR)
    assert [lost(40, renewed), lost(69, renewed), lost(71, renewed)] == [False, False, True]
    assert [lost(72, None), lost(200, None), lost(201, lease)] == [False, False, False]


def test_who_renews_at_the_last_moment_keeps_the_lease(place: Place, bench: Bench) -> None:
    ledger = bench.ledger
    fence = ledger.leases.acquire("a", now=NOON)
    seen = ledger.leases.alive(now=NOON - HOUR)
    assert fence is not None
    assert ledger.leases.renew(fence, now=NOON - HOUR)
    assert ledger.leases.acquire("b", now=NOON - HOUR, abandoned=seen) is None
    seen = ledger.leases.alive(now=NOON - HOUR)
    assert ledger.leases.acquire("b", now=NOON - HOUR, abandoned=seen) == fence + 1
