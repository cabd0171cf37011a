"""Which backups follow one another, and which of them matter: the newest of each series.

A kept backup of last year is no alert. Readers choose names of series that stay the same over
upgrades of a tool; where a name changed all the same, a series that fell silent and a new one that
took over at that moment are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from checks.backups.chain import PHYSICAL
from checks.backups.freshness import claimed_at
from checks.backups.model import Backup, Catalogue, Method, State

# A series is silent once it missed so many of its own intervals, and another takes over from it if
# it began within as many.
MISSED = 2.5
# Two series are one only if their backups are of like size: within this factor.
LIKE = 3.0
# A series of fewer backups has no rhythm of its own.
LEAST = 2
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Series:
    """Backups that follow one another, from the oldest to the newest. `names` are the names of
    series it was put together from, in their order of time; the last is its own."""

    names: tuple[str, ...]
    backups: tuple[Backup, ...]

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def newest(self) -> Backup:
        """The last attempt that came to an end, or the last of all: the one alerts look at."""
        ended = [b for b in self.backups if b.state is not State.RUNNING]
        return (ended or list(self.backups))[-1]

    @property
    def newest_usable(self) -> Backup | None:
        """The last that is done."""
        return next((b for b in reversed(self.backups) if b.state is State.DONE), None)


@dataclass(frozen=True, slots=True)
class Known:
    """A backup that an earlier run saw, in the catalogue it saw it in."""

    backup: Backup
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Vanished:
    """A backup that should still be there. `why`: locked, kept, unexpired, newest or young."""

    backup: Backup
    last_seen: datetime
    why: str


def when(backup: Backup) -> datetime:
    """Its place among others: the start where it is known, as that never moves."""
    return backup.started_at or claimed_at(backup) or _NEVER


def series_of(catalogue: Catalogue, *, merge: bool = True) -> tuple[Series, ...]:
    """All series of a catalogue, by name; series that are one are put together unless told not to.

    Log backups are no series of their own: they carry others forward.
    """
    groups: dict[str, list[Backup]] = {}
    for backup in catalogue.backups:
        if backup.method is not Method.LOG:
            groups.setdefault(backup.series, []).append(backup)
    found = [
        Series((name,), tuple(sorted(backups, key=lambda b: (when(b), b.id))))
        for name, backups in groups.items()
    ]
    if merge and catalogue.is_whole:
        found = _merged(found, catalogue.read_at)
    return tuple(sorted(found, key=lambda s: s.name))


def vanished(
    known: Iterable[Known], catalogue: Catalogue, now: datetime, retention: timedelta | None = None
) -> tuple[Vanished, ...]:
    """Backups seen before, and gone although they should be there, by id.

    Only a listing that is whole shows that something is gone; one that broke off gives none. It
    should be there while it is locked, kept or not expired; as the newest of its series; or while
    it is younger than `retention`, where the tool names no end. One that is listed under another id
    with the same digest has only moved, and one that never was done is not missed.
    """
    if not catalogue.is_whole:
        return ()
    ids = {b.id for b in catalogue.backups}
    digests = {b.digest for b in catalogue.backups if b.digest is not None}
    newest: dict[str, datetime] = {}
    for backup in catalogue.backups:
        newest[backup.series] = max(when(backup), newest.get(backup.series, _NEVER))
    found = []
    for entry in known:
        backup = entry.backup
        if backup.id in ids or backup.state is not State.DONE or backup.digest in digests:
            continue
        why = _why_missed(backup, newest.get(backup.series), now, retention)
        if why is not None:
            found.append(Vanished(backup, entry.last_seen, why))
    return tuple(sorted(found, key=lambda v: v.backup.id))


def _why_missed(
    backup: Backup, newest: datetime | None, now: datetime, retention: timedelta | None
) -> str | None:
    if backup.locked_until is not None and backup.locked_until > now:
        return "locked"
    if backup.kept:
        return "kept"
    if backup.expires_at is not None:
        return "unexpired" if backup.expires_at > now else None
    if newest is None or newest < when(backup):
        return "newest"
    at = claimed_at(backup)
    return "young" if retention and at and now - at < retention else None


def _merged(found: Sequence[Series], now: datetime) -> list[Series]:
    """Put together each series that fell silent with the one that took over from it, where either
    has no other partner."""
    after: dict[str, list[Series]] = {}
    before: dict[str, list[Series]] = {}
    for old in found:
        for new in found:
            if old is not new and _takes_over(old, new, now):
                after.setdefault(old.name, []).append(new)
                before.setdefault(new.name, []).append(old)
    heirs = {
        name: new[0] for name, new in after.items() if len(new) == 1 == len(before[new[0].name])
    }
    inherited = {new.name for new in heirs.values()}
    return [_joined(s, heirs) for s in found if s.name not in inherited]


def _joined(series: Series, heirs: Mapping[str, Series]) -> Series:
    names, backups = series.names, series.backups
    while (heir := heirs.get(names[-1])) is not None:
        names, backups = (*names, *heir.names), (*backups, *heir.backups)
    return Series(names, backups)


def _takes_over(old: Series, new: Series, now: datetime) -> bool:
    """Whether `old` fell silent and `new` began at its next turn, of the same kind and size."""
    every = interval(old)
    if every is None or now - when(old.backups[-1]) <= every * MISSED:
        return False
    gap = when(new.backups[0]) - when(old.backups[-1])
    if not timedelta(0) < gap <= every * MISSED:
        return False
    one, other = old.backups[-1], new.backups[0]
    if _kinds(old) != _kinds(new) or one.databases != other.databases:
        return False
    return _is_like(old, new)


def interval(series: Series) -> timedelta | None:
    """The usual time between its backups (median); None where there are too few to tell."""
    steps = [b - a for a, b in pairwise(sorted(when(b) for b in series.backups)) if b > a]
    if len(steps) < LEAST or when(series.backups[0]) == _NEVER:
        return None
    return timedelta(seconds=median(s.total_seconds() for s in steps))


def _kinds(series: Series) -> frozenset[str]:
    """Full and incremental backups are one kind: which comes first is chance."""
    return frozenset("physical" if b.method in PHYSICAL else b.method for b in series.backups)


def _is_like(old: Series, new: Series) -> bool:
    """Whether their sizes are alike. Where nobody tells sizes, the kind and the moment decide."""
    sizes = [
        [b.size for b in s.backups if b.size and b.state is State.DONE] for s in (old, new)
    ]  # fmt: skip
    if not sizes[0] or not sizes[1]:
        return not sizes[0] and not sizes[1]
    one, other = (median(s) for s in sizes)
    return max(one, other) <= LIKE * min(one, other)
