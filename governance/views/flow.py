"""What came, what went, what is late and what hangs on it: the company's work on its findings.

All of it speaks of the newest sealed run of each check, and of what people have said since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from governance.ledger import Ledger
from governance.ledger.tables import check_results
from governance.reading import STANDING, Filters, Findings, State
from governance.reading.model import TO_WORK
from governance.reading.query import narrowed

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
# What ended a finding by the data: withdrawn ones were not settled, only no longer compared.
SETTLED = ("fixed", "reverted")
MOST = 6


@dataclass(frozen=True)
class FlowDay:
    """Findings that came to need somebody on a day, and those that were settled."""

    day: date
    opened: int
    closed: int


@dataclass(frozen=True)
class Share:
    """The findings of one owner or department ('' for none). `money` is None where none is known;
    of entities that may hang on each other the largest counts."""

    name: str
    findings: int
    overdue: int
    money: Decimal | None


@dataclass(frozen=True)
class Flow:
    """`opened` and `closed` count the last seven days, `fix` is the median time from open to fixed
    over the last thirty (None without any). `money` is by entity, each record counted once."""

    days: tuple[FlowDay, ...]
    opened: int
    closed: int
    fix: timedelta | None
    fixed: int
    todo: int
    overdue: int
    money: Mapping[str, Decimal]
    owners: tuple[Share, ...]
    departments: tuple[Share, ...]

    @property
    def risk(self) -> tuple[str, Decimal] | None:
        """The entity with most money at risk, and how much."""
        return max(self.money.items(), key=lambda pair: pair[1], default=None)


def flow(view: Findings, ledger: Ledger, zone: ZoneInfo, now: datetime, most: int = 30) -> Flow:
    """As `view`'s reader may see it. Raises PermissionRefused without the right to view."""
    opened, closed = _opened(view, ledger), _closed(view)
    week = now - WEEK
    fix, fixed = _fix(view, now)
    by_owner, by_department = _shares(view, "owner_now"), _shares(view, "department")
    return Flow(
        days=_days(opened, closed, zone, now - timedelta(days=most)),
        opened=sum(n for at, n in opened.items() if at >= week),
        closed=sum(n for at, n in closed.items() if at >= week),
        fix=fix,
        fixed=fixed,
        todo=sum(share.findings for share in by_owner),
        overdue=sum(share.overdue for share in by_owner),
        money=_money(view),
        owners=by_owner[:MOST],
        departments=by_department[:MOST],
    )


def _opened(view: Findings, ledger: Ledger) -> dict[datetime, int]:
    """When findings came to be open. What a check found at its very first look is no news."""
    filters = Filters(state=())
    where = narrowed(view.actor, filters)
    where.add("opened_at IS NOT NULL AND (state <> 'gone' OR turn IN ('fixed', 'reverted'))")
    query = (
        "SELECT check_name, first_run, opened_at = first_seen, opened_at, count(*) "
        f"FROM {where.source} {where.sql} GROUP BY ALL"
    )
    first = _first_runs(ledger)
    found: dict[datetime, int] = {}
    for check, run, is_first, at, number in view.asked(query, where, filters):
        if not (is_first and first.get(check) == run):
            found[_aware(at)] = found.get(_aware(at), 0) + number
    return found


def _first_runs(ledger: Ledger) -> dict[str, int]:
    c = check_results.c
    query = select(c.check_name, func.min(c.run_id)).group_by(c.check_name)
    with ledger.database.read() as connection:
        return {str(name): int(run) for name, run in connection.execute(query)}


def _closed(view: Findings) -> dict[datetime, int]:
    """When findings that had been open were settled by the data."""
    filters = Filters(state=(State.GONE.value,))
    where = narrowed(view.actor, filters)
    where.add("opened_at IS NOT NULL AND turn IN ('fixed', 'reverted')")
    query = f"SELECT closed_at, count(*) FROM {where.source} {where.sql} GROUP BY ALL"
    return {_aware(at): n for at, n in view.asked(query, where, filters) if at is not None}


def _fix(view: Findings, now: datetime) -> tuple[timedelta | None, int]:
    filters = Filters(state=(State.GONE.value,))
    where = narrowed(view.actor, filters)
    since = (now - MONTH).astimezone(UTC).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    where.add("opened_at IS NOT NULL AND turn = 'fixed' AND closed_at >= ?", since)
    query = (
        "SELECT median(epoch(closed_at) - epoch(opened_at)), count(*) "
        f"FROM {where.source} {where.sql}"
    )
    ((seconds, number),) = view.asked(query, where, filters) or [(None, 0)]
    return (None if seconds is None else timedelta(seconds=float(seconds))), int(number)


_WORK = Filters(state=STANDING, status=TO_WORK)


def _shares(view: Findings, column: str) -> tuple[Share, ...]:
    """Open work by one column, most money first, then most findings."""
    where = narrowed(view.actor, _WORK)
    query = (
        "SELECT who, entity, sum(n), sum(late), sum(money) FROM ("
        f"SELECT coalesce({column}, '') AS who, entity, coalesce(record_key, finding_id) AS record,"
        " count(*) AS n, count(*) FILTER (due = 'overdue') AS late, max(money) AS money"
        f" FROM {where.source} {where.sql} GROUP BY ALL) AS r GROUP BY ALL"
    )
    found: dict[str, Share] = {}
    for who, _, number, late, money in view.asked(query, where, _WORK):
        known = found.get(who, Share(who, 0, 0, None))
        both = [m for m in (known.money, money) if m is not None]
        found[who] = Share(
            who, known.findings + int(number), known.overdue + int(late), max(both, default=None)
        )
    return tuple(
        sorted(found.values(), key=lambda s: (-(s.money or 0), -s.findings, s.name == "", s.name))
    )


def _money(view: Findings) -> dict[str, Decimal]:
    where = narrowed(view.actor, _WORK)
    query = (
        "SELECT entity, sum(money) FROM (SELECT entity, record_key, max(money) AS money"
        f" FROM {where.source} {where.sql} GROUP BY ALL) AS r WHERE money IS NOT NULL GROUP BY ALL"
    )
    return dict(view.asked(query, where, _WORK))


def _days(
    opened: Mapping[datetime, int], closed: Mapping[datetime, int], zone: ZoneInfo, since: datetime
) -> tuple[FlowDay, ...]:
    """Every day with news since then, oldest first."""
    found: dict[date, list[int]] = {}
    for place, moments in enumerate((opened, closed)):
        for at, number in moments.items():
            if at >= since:
                found.setdefault(at.astimezone(zone).date(), [0, 0])[place] += number
    return tuple(FlowDay(day, *found[day]) for day in sorted(found))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
