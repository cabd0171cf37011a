"""What holds of a system as a whole: deadline, calendar, anomalies, and the five digits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from checks.backups.anomaly import Seen as Measured
from checks.backups.anomaly import Value, anomalies, is_odd_count
from checks.backups.calendar import Calendar, Entry, calendar, entry_of
from checks.backups.deadlines import Deadline, deadline, signals_of
from checks.backups.freshness import claimed_at
from checks.backups.model import Backup, Catalogue, Claim, Method, State
from checks.backups.score import Copy, Score, lock_of, score
from checks.backups.series import Series, series_of
from governance.backups.judging import Told
from governance.backups.past import Past
from governance.config.backups import CatalogueConfig

READ = "backups.why.score.read"
ENCRYPTED = "backups.why.score.encrypted"
# Kinds whose catalogue is read from the store itself, which shows what medium it is.
STORES = {"s3": "object store"}


@dataclass(frozen=True)
class Odd:
    """A newest backup that is far from usual. `what`: `size`, or the table whose rows are."""

    catalogue: str
    series: str
    backup: str
    what: str
    measured: Measured


@dataclass(frozen=True)
class Whole:
    """All of it, for one system. `sizes` has by catalogue and backup what was usual then."""

    deadline: Deadline
    calendar: Calendar
    odd: tuple[Odd, ...]
    sizes: Mapping[tuple[str, str], Measured]
    score: Score


def whole(told: Told, past: Past, now: datetime, zone: ZoneInfo, since: datetime | None) -> Whole:
    """`since` is when this system was first watched: before it nothing can have been missed."""
    backups = [j.backup for j in told.backups if j.backup.method is not Method.LOG]
    entries = [e for j in told.backups if (e := entry_of(j)) is not None]
    entries += _remembered(told, past)
    is_seen = all(g.catalogue and g.catalogue.is_whole for g in told.seen.gathered.values())
    sizes = dict(_sizes(told, zone))
    return Whole(
        deadline=deadline(told.expected.due, told.expected.grace, signals_of(backups, since), now),
        calendar=calendar(entries, told.expected, now, zone, is_whole=is_seen),
        odd=tuple(_odd(told, sizes, zone)),
        sizes=sizes,
        score=score(list(_copies(told, now)), told.standing.verdicts),
    )


def _remembered(told: Told, past: Past) -> Iterator[Entry]:
    """What was listed before in catalogues that cannot be read now: it was there, no more is known
    of it."""
    for name in told.seen.gathered:
        if name in told.seen.dark:
            for known in past.known(told.seen.system.name, name):
                at = claimed_at(known.backup)
                if at is not None and known.backup.state is State.DONE:
                    yield Entry(known.backup.id, at, None, name, known.backup.size)


def _sizes(told: Told, zone: ZoneInfo) -> Iterator[tuple[tuple[str, str], Measured]]:
    for name, series in _series(told):
        for measured in anomalies(_values(series), zone):
            yield (name, measured.value.id), measured


def _values(series: Series) -> Iterator[Value]:
    """Sizes of backups of one kind: an incremental one is not a small full one."""
    usual = series.backups[-1].method
    for backup in series.backups:
        size, at = backup.size or backup.data_size, backup.started_at or backup.finished_at
        if backup.method is usual and backup.state is State.DONE and size is not None:
            moment = at or backup.data_at
            if moment is not None:
                yield Value(moment, size, backup.id)


def _odd(told: Told, sizes: Mapping[tuple[str, str], Measured], zone: ZoneInfo) -> Iterator[Odd]:
    """Only the newest of a series matters: what was odd last month is history."""
    for name, series in _series(told):
        backup = series.newest
        measured = sizes.get((name, backup.id))
        if measured is not None and measured.verdict.value is False:
            yield Odd(name, series.name, backup.id, "size", measured)
        for table, values in _rows(told, name, series).items():
            last = anomalies(values, zone)[-1]
            if last.value.id == backup.id and is_odd_count(last):
                yield Odd(name, series.name, backup.id, table, last)


def _rows(told: Told, name: str, series: Series) -> dict[str, list[Value]]:
    """By table, its rows in each backup of a series that was read."""
    found: dict[str, list[Value]] = {}
    for backup in series.backups:
        known = told.seen.contents.get((name, backup.id))
        at = _moment(backup)
        if known is None or at is None:
            continue
        # A table stands there once for each entity that is mapped to it.
        counted = {t.table: t.rows for t in known[0].tables if t.rows is not None}
        for table, rows in counted.items():
            found.setdefault(table, []).append(Value(at, rows, backup.id))
    return found


def _series(told: Told) -> Iterator[tuple[str, Series]]:
    for name, catalogue in told.seen.catalogues:
        for series in series_of(catalogue):
            yield name, series


def _moment(backup: Backup) -> datetime | None:
    return backup.started_at or backup.finished_at or backup.data_at


def _copies(told: Told, now: datetime) -> Iterator[Copy]:
    usable = {j.catalogue for j in told.backups if j.backup.state is State.DONE}
    for name, gathered in told.seen.gathered.items():
        config = told.seen.system.catalogue(name)
        catalogue = None if name in told.seen.dark else gathered.catalogue
        yield _copy(config, catalogue, name in usable, now)


def _copy(config: CatalogueConfig, catalogue: Catalogue | None, holds: bool, now: datetime) -> Copy:
    place = config.place
    lock = lock_of(catalogue.backups, now) if catalogue is not None else None
    return Copy(
        place=place.name,
        medium=place.medium,
        holds=holds if catalogue is not None else None,
        medium_proof=READ if catalogue is not None and config.kind in STORES else None,
        off_site=Claim(place.off_site),
        immutable=lock or Claim(place.immutable),
    )
