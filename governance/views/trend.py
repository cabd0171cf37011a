"""The last weeks, a point a day: how aligned, and how much was open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from checks.outcome import Severity
from governance.config import Config
from governance.ledger import Ledger
from governance.ledger.tables import check_results, metrics, runs

OPEN = {severity.value: f"open_{severity.value}" for severity in Severity}
WHOLE = "whole"


@dataclass(frozen=True)
class Day:
    """The company at the end of one day in the business zone.

    The scores are None on a day on which not every check could be judged: fewer checks are another
    measure, not a better or worse one.
    """

    day: date
    as_of: datetime
    strict: float | None
    adjusted: float | None
    open: Mapping[str, int] = field(default_factory=dict)


@dataclass
class _Point:
    """One check's newest result of one day."""

    as_of: datetime
    strict: float | None
    adjusted: float | None
    open: dict[str, int]
    whole: float


def days(ledger: Ledger, config: Config, now: datetime, most: int) -> tuple[Day, ...]:
    """Every day with a run among the last `most`, oldest first."""
    names = tuple(check.name for check in config.checks)
    since = now - timedelta(days=most)
    by_day: dict[date, dict[str, _Point]] = {}
    for check, point in _points(ledger, names, since):
        by_day.setdefault(_day(point.as_of, config.time_zone), {})[check] = point
    standing: dict[str, _Point] = {}
    found = []
    for day in sorted(by_day):
        standing.update(by_day[day])
        found.append(_sum(day, standing, by_day[day]))
    return tuple(found)


def _sum(day: date, standing: Mapping[str, _Point], today: Mapping[str, _Point]) -> Day:
    """A check that did not run that day stands as it stood; one that could not see makes a gap."""
    whole = sum(point.whole for point in standing.values())
    judged = all(p.strict is not None and p.adjusted is not None for p in standing.values())
    strict = adjusted = None
    if judged and whole:
        strict = sum((p.strict or 0.0) * p.whole for p in standing.values()) / whole
        adjusted = sum((p.adjusted or 0.0) * p.whole for p in standing.values()) / whole
    counts = {s: sum(p.open.get(s, 0) for p in standing.values()) for s in OPEN}
    return Day(day, max(p.as_of for p in today.values()), strict, adjusted, counts)


def _points(ledger: Ledger, names: tuple[str, ...], since: datetime) -> list[tuple[str, _Point]]:
    """Every result of these checks since then, oldest run first."""
    c, m = check_results.c, metrics.c
    results = (
        select(c.run_id, c.check_name, c.strict, c.adjusted, runs.c.as_of)
        .join(runs, runs.c.id == c.run_id)
        .where(runs.c.as_of >= since, c.check_name.in_(names))
        .order_by(c.run_id)
    )
    counted = (
        select(m.run_id, m.check_name, m.name, m.value)
        .join(runs, runs.c.id == m.run_id)
        .where(runs.c.as_of >= since, m.check_name.in_(names), m.field == "")
        .where(m.name.in_((*OPEN.values(), WHOLE)))
    )
    sums: dict[tuple[int, str], dict[str, float]] = {}
    with ledger.database.read() as connection:
        rows = connection.execute(results).all()
        for run_id, check, name, value in connection.execute(counted):
            of_run = sums.setdefault((run_id, check), {})
            of_run[name] = of_run.get(name, 0.0) + (value or 0.0)
    return [
        (row.check_name, _point(row.as_of, row.strict, row.adjusted, sums.get(row[:2], {})))
        for row in rows
    ]


def _point(
    as_of: datetime, strict: float | None, adjusted: float | None, sums: Mapping[str, float]
) -> _Point:
    counts = {severity: int(sums.get(name, 0)) for severity, name in OPEN.items()}
    return _Point(as_of, strict, adjusted, counts, sums.get(WHOLE, 0.0))


def _day(when: datetime, zone: ZoneInfo) -> date:
    return when.astimezone(zone).date()
