"""Days and rungs: holes, what stands for which period, business days, against a plain count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.calendar import Calendar, DayState, Entry, Rung, calendar, entry_of
from checks.backups.expect import Expected, Rungs
from checks.backups.model import State
from checks.backups.verdicts import judged
from tests.backups.small import DAY, EXPECTED, HOUR, NIGHT, NOW, compared, content, dump, proved
from tests.backups.test_verdicts import customers

SHANGHAI = ZoneInfo("Asia/Shanghai")
GOOD, POOR, UNKNOWN, HOLE, NONE = DayState
TODAY = date(2026, 11, 22)  # a Sunday


def at(ago: int, value: bool | None = True, hour: int = 2) -> Entry:
    return Entry(f"{ago}-{hour}", NIGHT.replace(hour=hour) - ago * DAY, value)


def expected(daily: int = 0, weekly: int = 0, monthly: int = 0, yearly: int = 0) -> Expected:
    due = tuple(NIGHT - n * DAY for n in range(400))
    return replace(EXPECTED, due=due, rungs=Rungs(daily, weekly, monthly, yearly))


def states(found: Calendar) -> list[DayState]:
    return [d.state for d in found.days]


def periods(found: Calendar, rung: Rung) -> list[DayState]:
    return [p.state for p in found.periods if p.rung is rung]


def test_each_day_shows_the_best_that_is_known_of_it() -> None:
    entries = [at(5), at(4, False), at(4, None, 3), at(3, False), at(2, None), at(0)]
    found = calendar(entries, expected(), NOW, UTC)
    assert states(found) == [GOOD, UNKNOWN, POOR, UNKNOWN, HOLE, GOOD]
    assert [d.day for d in found.days][-1] == TODAY


def test_a_day_without_a_due_backup_is_no_hole() -> None:
    weekly = replace(expected(), due=(NIGHT - 2 * DAY,))
    assert states(calendar([at(3)], weekly, NOW, UTC)) == [GOOD, HOLE, NONE, NONE]


def test_today_is_a_hole_only_once_the_grace_has_passed() -> None:
    entries, grace = [at(1)], EXPECTED.grace
    before = calendar(entries, expected(), NIGHT + grace - timedelta(seconds=1), UTC)
    assert states(before) == [GOOD, NONE]
    assert states(calendar(entries, expected(), NIGHT + grace, UTC)) == [GOOD, HOLE]


def test_a_listing_that_broke_off_shows_no_holes() -> None:
    found = calendar([at(2), at(0)], expected(daily=3), NOW, UTC, is_whole=False)
    assert states(found) == [GOOD, UNKNOWN, GOOD]
    assert found.holes == ()


def test_a_day_is_a_business_day() -> None:
    late = Entry("x", datetime(2026, 11, 20, 17, 0, tzinfo=UTC), True)  # 01:00 of the 21st
    assert calendar([late], expected(), NOW, SHANGHAI).days[0].day == date(2026, 11, 21)
    assert calendar([late], expected(), NOW, UTC).days[0].day == date(2026, 11, 20)


def test_days_that_the_retention_thinned_out_are_no_holes() -> None:
    entries = [at(14), at(7), at(2), at(1), at(0)]
    found = calendar(entries, expected(daily=4, weekly=3), NOW, UTC)
    assert states(found)[1:7] == [NONE] * 6
    assert [d.day for d in found.days if d.state is HOLE] == [TODAY - 3 * DAY]
    assert periods(found, Rung.DAILY) == [GOOD, GOOD, GOOD, HOLE]
    assert periods(found, Rung.WEEKLY) == [GOOD, GOOD, GOOD]


def test_a_missing_week_is_told_on_its_last_day() -> None:
    found = calendar([at(20), at(0)], expected(weekly=3), NOW, UTC)
    assert periods(found, Rung.WEEKLY) == [GOOD, HOLE, GOOD]
    day = next(d for d in found.days if d.holes)
    assert (day.day, day.holes) == (date(2026, 11, 15), (Rung.WEEKLY,))


def test_before_there_were_backups_none_was_owed_and_the_running_month_is_not_over() -> None:
    found = calendar([at(40)], expected(monthly=4), NOW, UTC)
    assert periods(found, Rung.MONTHLY) == [NONE, GOOD, NONE, NONE]
    since = calendar([at(40)], expected(monthly=4), NOW, UTC, since=date(2026, 8, 5))
    assert periods(since, Rung.MONTHLY) == [NONE, GOOD, HOLE, HOLE]


def test_the_best_and_last_of_a_period_stands_for_it() -> None:
    found = calendar([at(3), at(2, None), at(1), at(0, False)], expected(weekly=1), NOW, UTC)
    assert [d.stands_for for d in found.days] == [(), (), (Rung.WEEKLY,), ()]


def test_without_backups_there_is_no_calendar_but_since_watching_began() -> None:
    assert calendar([], expected(), NOW, UTC) == Calendar((), ())
    found = calendar([], expected(daily=2), NOW, UTC, since=TODAY - DAY)
    assert states(found) == [HOLE, HOLE]


def test_a_dump_of_a_stuck_replica_stands_for_the_day_it_stopped() -> None:
    stuck = compared(missing=3, not_before=NIGHT - 9 * DAY, before=NIGHT - 8 * DAY)
    entry = entry_of(judged("nas", proved(inside=content(customer=customers(compared=stuck)))))
    assert entry is not None
    assert (entry.at, entry.value) == (NIGHT - 9 * DAY, False)


def test_an_entry_is_good_only_if_it_is_complete_and_intact() -> None:
    whole = entry_of(judged("nas", proved()))
    assert whole == Entry("n22", NIGHT, True, "nas", 1000)
    unproved = entry_of(judged("nas", proved(verifications=())))
    assert unproved is not None
    assert unproved.value is None
    assert entry_of(judged("nas", proved(backup=dump(state=State.FAILED)))) is None


entries_ = st.lists(
    st.builds(at, st.integers(0, 60), st.sampled_from([True, None, False]), st.integers(0, 23)),
    max_size=12,
)


@given(entries_, st.integers(0, 6), st.integers(0, 5), st.integers(0, 3), st.randoms())
@settings(max_examples=60, deadline=None)
def test_it_is_what_a_plain_count_says(
    entries: list[Entry], daily: int, weekly: int, monthly: int, shuffle: object
) -> None:
    wanted = expected(daily, weekly, monthly)
    shuffled = list(entries)
    shuffle.shuffle(shuffled)  # type: ignore[attr-defined]
    found = calendar(shuffled, wanted, NOW, UTC)
    known = [e for e in entries if e.at <= NOW]
    if not known:
        assert found == Calendar((), ())
        return
    oldest = min(e.at for e in known).date()
    assert [d.day for d in found.days] == [
        oldest + timedelta(days=n) for n in range((TODAY - oldest).days + 1)
    ]
    best = {True: GOOD, None: UNKNOWN, False: POOR}
    for day in found.days:
        there = [e.value for e in known if e.at.date() == day.day]
        if there:
            assert day.state is best[True if True in there else None if None in there else False]
        else:
            kept = not (daily or weekly or monthly) or (TODAY - day.day).days < max(daily, 1)
            assert day.state is (HOLE if kept else NONE)
    for period in found.periods:
        there = [e.value for e in known if period.first <= e.at.date() <= period.last]
        assert bool(there) == (period.state in (GOOD, POOR, UNKNOWN))
        assert (period.state is HOLE) == (not there and oldest <= period.last < TODAY)
    for rung, count in ((Rung.DAILY, daily), (Rung.WEEKLY, weekly), (Rung.MONTHLY, monthly)):
        spans = [(p.first, p.last) for p in found.periods if p.rung is rung]
        assert len(spans) == count
        assert all(a[0] == b[1] + timedelta(days=1) for a, b in pairwise(spans))
        assert not spans or spans[0][0] <= TODAY <= spans[0][1]


def test_the_rungs_follow_the_calendar_of_leap_years() -> None:
    now = datetime(2028, 3, 1, 8, tzinfo=UTC)
    found = calendar(
        [Entry("x", datetime(2026, 1, 1, tzinfo=UTC), True)],
        expected(monthly=3, yearly=3),
        now,
        UTC,
    )
    assert [(p.first, p.last) for p in found.periods if p.rung is Rung.MONTHLY][1] == (
        date(2028, 2, 1), date(2028, 2, 29)
    )  # fmt: skip
    assert [p.last for p in found.periods if p.rung is Rung.YEARLY] == [
        date(2028, 12, 31), date(2027, 12, 31), date(2026, 12, 31)
    ]  # fmt: skip


def test_hours_of_one_day_are_one_day() -> None:
    hourly = [at(0, hour=h) for h in range(8)]
    found = calendar(hourly, expected(), NOW + HOUR, UTC)
    assert len(found.days) == 1
    assert found.days[0].entry == hourly[-1]
