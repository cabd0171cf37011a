"""The lag page as it is drawn: how long changes take to arrive, for each pair and each field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from checks.lag import ENOUGH, Curve
from governance.access import Actor
from governance.config import Config
from governance.ledger import Ledger
from governance.reading import Desk, Finding, Findings
from governance.reading import lags as reading
from governance.reading.lags import Learned
from governance.runs.lags import ALL, directed, longest

TREND = timedelta(days=60)
ROWS = "-"  # the code of whole rows in a URL; no field is called so


@dataclass(frozen=True)
class FieldLag:
    """One field of a pair, all fields together (`name` "") or whole rows (None).

    `sides` holds the numbers of those changes that the left and the right side moved first.
    `capped` says that more was learned than anything is waited for.
    """

    name: str | None
    all: Learned
    sides: dict[str, Learned]
    capped: bool

    @property
    def code(self) -> str:
        return ROWS if self.name is None else self.name

    @property
    def is_enough(self) -> bool:
        return self.all.arrived >= ENOUGH


@dataclass(frozen=True)
class PairLag:
    """One pair of one check, all fields first, then whole rows, then the fields by how much is
    known of them."""

    check: str
    entity: str
    left: str
    right: str
    declared: timedelta
    fields: tuple[FieldLag, ...]

    @property
    def code(self) -> str:
        return f"{self.check}~{self.left}~{self.right}"

    @property
    def arrived(self) -> float:
        return sum(f.all.arrived for f in self.fields if f.name != ALL)


@dataclass(frozen=True)
class Day:
    """One number at the end of a day of the business zone, in its own unit."""

    day: str
    values: dict[str, float | None]


@dataclass(frozen=True)
class FieldPast:
    """A field's curve of all changes and of each side's, and its numbers over the days."""

    curve: Curve
    days: tuple[Day, ...]


def lag_view(actor: Actor, desk: Desk, config: Config) -> tuple[PairLag, ...]:
    """Every pair that was compared, in the configuration's order.

    Raises PermissionRefused without the right to view, EvidenceTampered for a changed file.
    """
    names = [check.name for check in config.checks]
    rows = reading.learned(desk.view(actor, names))
    pairs: dict[tuple[str, str, str], list[Learned]] = {}
    for row in rows:
        pairs.setdefault((row.check_name, row.left_source, row.right_source), []).append(row)
    entities = {check.name: check.entity for check in config.checks}
    found = []
    for (check, left, right), told in pairs.items():
        entity = config.entity(entities[check])
        fields = _fields(told, entity.lag)
        found.append(PairLag(check, entity.name, left, right, entity.lag, fields))
    return tuple(sorted(found, key=lambda pair: names.index(pair.check)))


def _fields(rows: Sequence[Learned], declared: timedelta) -> tuple[FieldLag, ...]:
    whole = {row.field: row for row in rows if row.direction is None}
    of_all = whole[ALL].p99_limit if ALL in whole else None
    fields = []
    for name, row in whole.items():
        known = row.p99_limit or (of_all if name is not None else None)
        sides = {r.direction: r for r in rows if r.field == name and r.direction is not None}
        capped = row.how != "declared" and (known or 0) > longest(declared).total_seconds()
        fields.append(FieldLag(name, row, sides, capped))
    return tuple(sorted(fields, key=_order))


def _order(field: FieldLag) -> tuple[int, float]:
    place = 0 if field.name == ALL else 1 if field.name is None else 2
    return place, -field.all.arrived


def field_past(
    actor: Actor, desk: Desk, ledger: Ledger, config: Config, pair: PairLag, field: FieldLag
) -> FieldPast:
    """The curve of one field and its last weeks. Raises as `lag_view`."""
    view = desk.view(actor, [check.name for check in config.checks])
    known = reading.times(view, pair.check, pair.left, pair.right, field.name)
    curve = directed(known)[None]
    return FieldPast(curve, _days(ledger, pair, field, config.time_zone))


def _days(ledger: Ledger, pair: PairLag, field: FieldLag, zone: ZoneInfo) -> tuple[Day, ...]:
    """The last number of each day; a number not known that day is None."""
    head = "lag_row_" if field.name is None else "lag_"
    series: dict[str, dict[str, float | None]] = {}
    newest: datetime | None = None
    for name in ("p50", "p95", "patience", "pending", "stuck"):
        points = ledger.results.series(pair.check, f"{head}{name}", field=field.name or "")
        for point in points:
            metric = point.metric
            if (metric.left_source, metric.right_source) == (pair.left, pair.right):
                day = point.as_of.astimezone(zone).date().isoformat()
                series.setdefault(day, {})[name] = metric.value
                newest = max(newest or point.as_of, point.as_of)
    if newest is None:
        return ()
    oldest = (newest - TREND).astimezone(zone).date().isoformat()
    return tuple(Day(day, series[day]) for day in sorted(series) if day >= oldest)


def pending_until(
    view: Findings, findings: Iterable[Finding]
) -> tuple[tuple[Finding, datetime], ...]:
    """The pending ones among `findings`, each with the moment from which it counts."""
    young = [finding for finding in findings if finding.state == "pending"]
    if not young:
        return ()
    told = {
        (row.check_name, row.left_source, row.right_source, row.field): row.seconds
        for row in reading.learned(view)
        if row.direction is None
    }
    found = []
    for finding in young:
        place = (finding.check, finding.left_source, finding.right_source, finding.field)
        seconds = told.get(place)
        if seconds is not None:
            since = finding.since or finding.first_seen
            found.append((finding, since + timedelta(seconds=seconds)))
    return tuple(found)
