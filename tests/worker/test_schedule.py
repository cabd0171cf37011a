"""Which slots there are, and what hangs on each schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.config.model import Schedule
from governance.worker.schedule import jobs_of, newest_slot, next_slot, next_slots, sources_of
from tests.worker.world import company

CHINA, BERLIN, UTC_ZONE = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
NIGHTLY = Schedule(cron="0 2 * * *")
LINES = ("0 2 * * *", "*/15 8-18 * * mon-fri", "30 6 1 * *", "0 0 29 2 *", "5,35 * * * *")


def at(text: str, zone: ZoneInfo = UTC_ZONE) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_cron_counts_in_the_business_zone() -> None:
    now = at("2026-03-01T12:00", CHINA)
    assert newest_slot(NIGHTLY, CHINA, now) == at("2026-03-01T02:00", CHINA)
    assert next_slot(NIGHTLY, CHINA, now) == at("2026-03-02T02:00", CHINA)


def test_a_slot_is_reached_at_its_very_moment() -> None:
    moment = at("2026-03-01T02:00", CHINA)
    assert newest_slot(NIGHTLY, CHINA, moment) == moment
    assert newest_slot(NIGHTLY, CHINA, moment - timedelta(microseconds=1)) == moment - timedelta(
        days=1
    )
    assert next_slot(NIGHTLY, CHINA, moment) == moment + timedelta(days=1)


@pytest.mark.parametrize(
    ("line", "now", "newest"),
    [
        ("0 9 * * mon", "2026-03-01T12:00", "2026-02-23T09:00"),  # a Sunday
        ("0 0 29 2 *", "2027-01-01T00:00", "2024-02-29T00:00"),
        ("0 0 1 1 *", "2026-12-31T23:59", "2026-01-01T00:00"),
        ("*/20 8-9 * * *", "2026-03-02T07:59", "2026-03-01T09:40"),
        ("* * * * *", "2026-03-02T07:59:59", "2026-03-02T07:59"),
    ],
)
def test_the_newest_slot_may_lie_far_back(line: str, now: str, newest: str) -> None:
    assert newest_slot(Schedule(cron=line), UTC_ZONE, at(now)) == at(newest)


def test_a_slot_the_clock_change_skips_or_repeats_is_one_slot() -> None:
    half_past_two = Schedule(cron="30 2 * * *")
    autumn = at("2026-10-25T12:00", BERLIN)  # 02:30 came twice that night
    first = newest_slot(half_past_two, BERLIN, autumn)
    assert first is not None
    following = next_slot(half_past_two, BERLIN, first)
    assert following is not None
    assert following.astimezone(BERLIN).date().isoformat() in ("2026-10-25", "2026-10-26")
    assert newest_slot(half_past_two, BERLIN, at("2026-10-26T12:00", BERLIN)) == at(
        "2026-10-26T02:30", BERLIN
    )


def test_an_interval_is_aligned_to_the_epoch_and_not_to_when_a_process_started() -> None:
    quarter = Schedule(every=timedelta(minutes=15))
    for second in (0, 1, 899):
        now = at("2026-03-01T04:15") + timedelta(seconds=second, microseconds=7)
        assert newest_slot(quarter, CHINA, now) == at("2026-03-01T04:15")
        assert next_slot(quarter, CHINA, now) == at("2026-03-01T04:30")


@given(
    schedule=st.sampled_from(
        [Schedule(cron=line) for line in LINES]
        + [Schedule(every=timedelta(seconds=s)) for s in (1, 90, 3600, 7 * 86_400)]
    ),
    zone=st.sampled_from([CHINA, BERLIN, UTC_ZONE]),
    now=st.datetimes(datetime(2024, 3, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_nothing_lies_between_the_newest_slot_and_the_next(
    schedule: Schedule, zone: ZoneInfo, now: datetime
) -> None:
    newest, following = newest_slot(schedule, zone, now), next_slot(schedule, zone, now)
    assert newest is not None
    assert following is not None
    assert newest <= now < following
    assert next_slot(schedule, zone, newest) == following


def test_the_root_schedule_takes_what_has_none_of_its_own(tmp_path: Path) -> None:
    config = company(tmp_path, schedule="schedule: 0 2 * * *")
    (job,) = jobs_of(config)
    assert (job.name, job.sources, job.checks) == (
        "schedule",
        ("crm", "oa"),
        ("customers", "staff"),
    )


def test_a_source_with_a_schedule_is_read_by_it_and_what_uses_it_evaluated(tmp_path: Path) -> None:
    config = company(tmp_path, schedule="schedule: 0 2 * * *", crm=", schedule: {every: 1h}")
    root, crm = jobs_of(config)
    assert (root.sources, root.checks) == (("oa",), ("customers", "staff"))
    assert (crm.name, crm.sources, crm.checks) == ("source:crm", ("crm",), ("customers", "staff"))


def test_a_check_with_a_schedule_is_evaluated_by_it_alone(tmp_path: Path) -> None:
    config = company(
        tmp_path,
        schedule="schedule: 0 2 * * *",
        crm=", schedule: {every: 1h}",
        staff=", schedule: 0 9 * * mon",
    )
    jobs = {job.name: (job.sources, job.checks) for job in jobs_of(config)}
    assert jobs == {
        "schedule": (("oa",), ("customers",)),
        "source:crm": (("crm",), ("customers",)),
        "check:staff": (("oa",), ("staff",)),
    }


def test_without_schedules_nothing_is_due(tmp_path: Path) -> None:
    config = company(tmp_path)
    assert jobs_of(config) == ()
    assert next_slots(config, at("2026-03-01T00:00")) == ()


def test_another_schedule_is_another_job(tmp_path: Path) -> None:
    (job,) = jobs_of(company(tmp_path, schedule="schedule: 0 2 * * *"))
    later = replace(job, schedule=Schedule(cron="0 3 * * *"))
    elsewhere = replace(job, zone=BERLIN)
    hourly = replace(job, schedule=Schedule(every=timedelta(hours=1)))
    assert len({job.key, later.key, elsewhere.key, hourly.key}) == 4
    assert replace(hourly, zone=BERLIN).key == hourly.key, "an interval knows no zone"


def test_the_soonest_slot_comes_first(tmp_path: Path) -> None:
    config = company(tmp_path, schedule="schedule: 0 2 * * *", crm=", schedule: {every: 1h}")
    slots = next_slots(config, at("2026-03-01T00:30", CHINA))
    assert [(job.name, slot) for job, slot in slots] == [
        ("source:crm", at("2026-03-01T01:00", CHINA)),
        ("schedule", at("2026-03-01T02:00", CHINA)),
    ]


def test_the_sources_of_checks_are_named_once(tmp_path: Path) -> None:
    config = company(tmp_path)
    assert sources_of(config.checks) == ("crm", "oa")
