"""Which days have a backup, and whether the rungs of the retention do: days, weeks, months, years.

A day is a business day: that of the moment in the company's zone. A backup stands for the day of
its data, so a dump of a replica that stopped stands for the day on which it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from checks.backups.expect import Expected
from checks.backups.freshness import claimed_at
from checks.backups.model import Mark, State
from checks.backups.verdicts import Judged


class DayState(StrEnum):
    GOOD = "good"
    POOR = "poor"  # something is false of each backup there is
    UNKNOWN = "unknown"
    HOLE = "hole"  # one should be there and is not
    NONE = "none"  # nothing was due


class Rung(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class Entry:
    """A backup in the calendar. `value`: is it good, None: nobody knows."""

    id: str
    at: datetime
    value: bool | None
    catalogue: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """One day, week (from Monday), month or year of a rung, first and last day included, and the
    backup that stands for it: the best, of these the last."""

    rung: Rung
    first: date
    last: date
    state: DayState
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A business day. `stands_for`: rungs whose period its backup stands for; `holes`: rungs whose
    period has none, told on its last day (today for the running one)."""

    day: date
    state: DayState
    entry: Entry | None = None
    stands_for: tuple[Rung, ...] = ()
    holes: tuple[Rung, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """Days from the oldest to today, and the periods of each rung, the running one first."""

    days: tuple[Day, ...]
    periods: tuple[Period, ...]

    @property
    def holes(self) -> tuple[Period, ...]:
        return tuple(p for p in self.periods if p.state is DayState.HOLE)


def entry_of(judged: Judged) -> Entry | None:
    """A backup as an entry; None where it has no moment, or never came to an end.

    Its age says nothing of what it was worth on its day, and drills are of the whole series: it is
    good if it is done, complete and intact.
    """
    backup = judged.backup
    at = judged.dated.at if judged.dated.table is not None else claimed_at(backup)
    if at is None or backup.state in (State.RUNNING, State.FAILED):
        return None
    values = [judged.verdicts[m].value for m in (Mark.COMPLETE, Mark.INTACT)]
    value = False if False in values else None if None in values else True
    return Entry(backup.id, at, value, judged.catalogue, backup.size)


def calendar(
    entries: Iterable[Entry],
    expected: Expected,
    now: datetime,
    zone: tzinfo,
    *,
    since: date | None = None,
    is_whole: bool = True,
) -> Calendar:
    """All days since `since` (by default the day of the oldest backup) until today, and all rungs.

    Nothing was due before `since`. A listing that broke off shows no holes: they are unknown.
    Where rungs are stated, days before the daily ones need no backup of their own.
    """
    today = now.astimezone(zone).date()
    by_day: dict[date, list[Entry]] = {}
    for entry in entries:
        if entry.at <= now:
            by_day.setdefault(entry.at.astimezone(zone).date(), []).append(entry)
    first = since or min(by_day, default=None)
    if first is None or first > today:
        return Calendar((), ())
    due = {m.astimezone(zone).date() for m in expected.due if m + expected.grace <= now}
    hole = DayState.HOLE if is_whole else DayState.UNKNOWN
    periods = [
        _period(rung, start, end, by_day, hole, first, today)
        for rung, count in _counts(expected).items()
        for start, end in _back(rung, today, count)
    ]
    kept = _kept_from(expected, today)
    days = []
    day = min([first, *(d for d in by_day if d <= today)])
    while day <= today:
        missing = hole if day in due and day >= max(kept, first) else DayState.NONE
        days.append(_day(day, by_day.get(day, []), missing, periods, today))
        day += timedelta(days=1)
    return Calendar(tuple(days), tuple(periods))


def _counts(expected: Expected) -> Mapping[Rung, int]:
    return {rung: int(getattr(expected.rungs, rung.value)) for rung in Rung}


def _kept_from(expected: Expected, today: date) -> date:
    """From which day on each day needs its own backup. Without rungs nothing is ever thinned."""
    if not any(_counts(expected).values()):
        return date.min
    return today - timedelta(days=max(expected.rungs.daily - 1, 0))


def _period(
    rung: Rung,
    first: date,
    last: date,
    by_day: Mapping[date, Sequence[Entry]],
    hole: DayState,
    since: date,
    today: date,
) -> Period:
    inside = [e for day, found in by_day.items() if first <= day <= last for e in found]
    best = _best(inside)
    if best is not None:
        return Period(rung, first, last, _state(best), best)
    # The running period is not over, and what ended before there were backups owes none.
    owed = since <= last < today
    return Period(rung, first, last, hole if owed else DayState.NONE)


def _day(
    day: date,
    entries: Sequence[Entry],
    missing: DayState,
    periods: Sequence[Period],
    today: date,
) -> Day:
    best = _best(entries)
    stands = tuple(p.rung for p in periods if p.entry is not None and p.entry in entries)
    holes = tuple(
        p.rung for p in periods if p.state is DayState.HOLE and min(p.last, today) == day
    )  # fmt: skip
    state = missing if best is None else _state(best)
    return Day(day, state, best, stands, holes)


def _best(entries: Iterable[Entry]) -> Entry | None:
    ranks = {True: 2, None: 1, False: 0}
    return max(entries, key=lambda e: (ranks[e.value], e.at, e.catalogue, e.id), default=None)


def _state(entry: Entry) -> DayState:
    return {True: DayState.GOOD, False: DayState.POOR, None: DayState.UNKNOWN}[entry.value]


def _back(rung: Rung, today: date, count: int) -> Iterable[tuple[date, date]]:
    """The running period of a rung and those before it, `count` in all, newest first."""
    start = _STARTS[rung](today)
    end = _end(rung, start)
    for _ in range(count):
        yield start, end
        end = start - timedelta(days=1)
        start = _STARTS[rung](end)


def _end(rung: Rung, start: date) -> date:
    """The last day of the period that begins on `start`: the day before another one begins."""
    longest = {Rung.DAILY: 1, Rung.WEEKLY: 7, Rung.MONTHLY: 31, Rung.YEARLY: 366}[rung]
    following = _STARTS[rung](start + timedelta(days=longest))
    return following - timedelta(days=1)


_STARTS: Mapping[Rung, Callable[[date], date]] = {
    Rung.DAILY: lambda day: day,
    Rung.WEEKLY: lambda day: day - timedelta(days=day.weekday()),
    Rung.MONTHLY: lambda day: day.replace(day=1),
    Rung.YEARLY: lambda day: day.replace(month=1, day=1),
}
