"""Would the backups bring the data back: each system, its history, and the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from checks.backups import CODE
from checks.errors import CodedError
from governance.access import Actor, Right
from governance.backups.reading import Reader
from governance.backups.seen import (
    BackupRow,
    CatalogueRow,
    DayRow,
    PointRow,
    ProblemRow,
    SystemRow,
    TableRow,
)
from governance.backups.tables import AGE
from governance.config import Config
from governance.config.backups import BackupsConfig
from governance.ledger import Ledger
from governance.reading import Desk
from governance.reading.model import Sealed

TREND = timedelta(days=60)
CALENDAR = 30
# The pages list so many backups of a system.
LISTED = 200


@dataclass(frozen=True)
class Point:
    """A number of a system at a moment."""

    at: datetime
    value: float


@dataclass(frozen=True)
class Lost:
    """What a backup lacks of one table, against our snapshot."""

    table: TableRow
    missing: int


@dataclass(frozen=True)
class SystemView:
    """One system. `age` is that of the data when the run looked, in seconds. `ages` are those of
    the runs before, `sizes` of the backups of the newest one's series; `band` is between which
    sizes are usual."""

    row: SystemRow
    newest: BackupRow | None
    age: float | None
    lost: Lost | None
    catalogues: tuple[CatalogueRow, ...]
    backups: tuple[BackupRow, ...]
    ages: tuple[Point, ...]
    sizes: tuple[Point, ...]
    band: tuple[float, float] | None

    @property
    def name(self) -> str:
        return self.row.system

    @property
    def is_late(self) -> bool:
        return self.row.due_state in ("late", "down")

    @property
    def order(self) -> tuple[int, float]:
        """The worst first."""
        marks = [verdict.value for verdict in self.row.verdicts.values()]
        return (
            -4 * marks.count(False) - marks.count(None) - 2 * self.is_late,
            -(self.age or 0.0) / max(self.row.rpo, 1.0),
        )


@dataclass(frozen=True)
class Backups:
    """Everything the page begins with. `error`: the run's file cannot be trusted, and nothing of
    it is told. `unseen` are catalogues that could not be read, or not to their end."""

    run: Sealed | None
    is_stale: bool
    is_whole: bool
    error: CodedError | None
    systems: tuple[SystemView, ...]
    unseen: tuple[CatalogueRow, ...]
    days: tuple[DayRow, ...]
    points: tuple[PointRow, ...]
    problems: tuple[ProblemRow, ...]

    def day(self, system: str, day: date) -> DayRow | None:
        return next((d for d in self.days if d.system == system and d.day == day), None)


def watched(actor: Actor, config: Config) -> BackupsConfig | None:
    """What is watched of backups, None for nothing. Raises PermissionRefused without the right to
    view."""
    actor.require(Right.VIEW)
    return config.backups


def backups(actor: Actor, desk: Desk, ledger: Ledger) -> Backups:
    """Raises PermissionRefused without the right to view."""
    reader = Reader(desk, actor)
    catalogues = reader.catalogues()
    ages = _ages(ledger, reader.run)
    seen = (_system(reader, row, catalogues, ages.get(row.system, ())) for row in reader.systems())
    days = reader.days()
    return Backups(
        run=reader.run,
        is_stale=reader.is_stale,
        is_whole=reader.is_whole,
        error=reader.error,
        systems=tuple(sorted(seen, key=lambda system: (*system.order, system.name))),
        unseen=tuple(c for c in catalogues if not c.ok or not c.is_whole),
        days=_last_days(days),
        points=reader.points(),
        problems=reader.problems(),
    )


def _last_days(days: tuple[DayRow, ...]) -> tuple[DayRow, ...]:
    newest = max((day.day for day in days), default=None)
    since = newest - timedelta(days=CALENDAR - 1) if newest else None
    return tuple(day for day in days if since and day.day >= since)


def _system(
    reader: Reader,
    row: SystemRow,
    catalogues: Iterable[CatalogueRow],
    ages: tuple[Point, ...],
) -> SystemView:
    assert reader.run is not None
    listed = reader.backups(row.system)
    newest = next((b for b in listed if b.at == row.newest), None)
    at = row.data_at
    return SystemView(
        row=row,
        newest=newest,
        age=(reader.run.at - at).total_seconds() if at else None,
        lost=_lost(reader.tables(row.newest)) if row.newest else None,
        catalogues=tuple(c for c in catalogues if c.system == row.system),
        backups=listed[:LISTED],
        ages=ages,
        sizes=_sizes(listed, newest),
        band=_band(row.baseline, newest.series if newest else None),
    )


def _lost(tables: Iterable[TableRow]) -> Lost | None:
    """The table that lacks most."""
    worst = max(tables, key=lambda table: table.missing or 0, default=None)
    return Lost(worst, worst.missing) if worst and worst.missing else None


def _sizes(listed: Iterable[BackupRow], newest: BackupRow | None) -> tuple[Point, ...]:
    """Backups made as the newest one was, oldest first."""
    if newest is None:
        return ()
    alike = (b for b in listed if (b.series, b.method) == (newest.series, newest.method))
    told = [Point(b.ended, b.size) for b in alike if b.ended and b.size is not None]
    return tuple(sorted(told, key=lambda point: point.at))


def _band(baseline: Mapping[str, object], series: str | None) -> tuple[float, float] | None:
    """The usual sizes, where the run could tell."""
    told = baseline.get(series or "", baseline)
    size = told.get("size") if isinstance(told, Mapping) else None
    if isinstance(size, Mapping) and "low" in size and "high" in size:
        return float(size["low"]), float(size["high"])
    return None


def _ages(ledger: Ledger, run: Sealed | None) -> dict[str, tuple[Point, ...]]:
    """By system how old the data was at each run, oldest first."""
    if run is None:
        return {}
    found: dict[str, list[Point]] = {}
    for point in ledger.results.series(CODE, AGE, since=run.at - TREND):
        if point.metric.value is not None:
            made = Point(point.as_of, point.metric.value)
            found.setdefault(point.metric.left_source, []).append(made)
    return {system: tuple(points) for system, points in found.items()}


@dataclass(frozen=True)
class Glance:
    """Backups in a line: of so many systems so many would not bring everything back, and of so many
    nobody knows. `run` is None where no run has looked yet."""

    run: Sealed | None
    systems: int
    bad: tuple[str, ...]
    unclear: tuple[str, ...]
    late: tuple[str, ...]
    oldest: tuple[str, float] | None
    is_blind: bool


def glance(actor: Actor, desk: Desk, config: Config) -> Glance | None:
    """What the overview says of backups; None where they are not watched."""
    if config.backups is None:
        return None
    reader = Reader(desk, actor)
    rows = reader.systems()
    ages = [
        (row.system, (reader.run.at - row.data_at).total_seconds())
        for row in rows
        if reader.run and row.data_at
    ]
    return Glance(
        run=reader.run,
        systems=len(rows),
        bad=tuple(row.system for row in rows if row.is_bad),
        unclear=tuple(row.system for row in rows if row.is_unclear and not row.is_bad),
        late=tuple(row.system for row in rows if row.due_state in ("late", "down")),
        oldest=max(ages, key=lambda pair: pair[1], default=None),
        is_blind=reader.run is None
        or reader.is_stale
        or any(not c.ok or not c.is_whole for c in reader.catalogues()),
    )
