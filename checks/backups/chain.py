"""What else a backup needs: the backups it builds on, and the log that makes it whole.

Both must lie in the same catalogue. A hole in the log inside a backup breaks it; one after it only
ends how far it can be rolled forward. Where a tool tells no more of a log than its ends, nothing is
known of the middle: both `info` and `verify` of pgBackRest stay green over a lost segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from checks.backups.model import Backup, Catalogue, LogArchive, LogRun, Method, State, Verdict

PHYSICAL = frozenset({Method.FULL, Method.DIFFERENTIAL, Method.INCREMENTAL})
BUILDING = frozenset({Method.DIFFERENTIAL, Method.INCREMENTAL})

_WAL = re.compile(r"([0-9A-Fa-f]{8})([0-9A-Fa-f]{16})")
_LSN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")
_COUNTED = re.compile(r"(.*?)(\d+)")
# The line of bare numbers: positions in a log whose part a backup holds itself (SQL Server).
POSITIONS = "file "


@dataclass(frozen=True, slots=True, order=True)
class LogPlace:
    """Where a name stands in its log: only places of one `line` have an order.

    The line is a timeline of WAL, the name of a binlog without its number, or that of LSNs. In a
    line of `is_counted` each file has the number after the one before; otherwise numbers are
    positions, and the end of one is the start of the next.
    """

    line: str
    number: int
    is_counted: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """The log of one backup. `value`: is what it needs itself there (True also if it needs none).

    `until` is the moment up to which it can be rolled forward, None: not known, or no further than
    itself. `hole` are the last segment before and the first after the hole that ends that.
    """

    value: bool | None
    code: str = "backups.why.logs.none_needed"
    params: Mapping[str, str] | None = None
    until: datetime | None = None
    hole: tuple[str, str] | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.value, self.code, dict(self.params or {}))


def place_of(name: str) -> LogPlace | None:
    """Where a segment, binlog or LSN stands; None for a name we cannot order.

    WAL names order as text within a timeline whatever the size of segments is.
    """
    if wal := _WAL.fullmatch(name):
        return LogPlace(f"wal {int(wal[1], 16)}", int(wal[2], 16), False)
    if lsn := _LSN.fullmatch(name):
        return LogPlace("lsn", (int(lsn[1], 16) << 32) + int(lsn[2], 16), False)
    if counted := _COUNTED.fullmatch(name):
        return LogPlace(f"file {counted[1]}", int(counted[2]), bool(counted[1]))
    return None


def needed(backup: Backup, backups: Iterable[Backup]) -> tuple[tuple[Backup, ...], tuple[str, ...]]:
    """Everything that must be there to restore it, itself first, and the ids that are not."""
    by_id = {b.id: b for b in backups}
    found, gone = {backup.id: backup}, set[str]()
    waiting = list(backup.needs)
    while waiting:
        name = waiting.pop()
        if name in found or name in gone:
            continue
        if name not in by_id:
            gone.add(name)
            continue
        found[name] = by_id[name]
        waiting += by_id[name].needs
    others = sorted((b for b in found.values() if b.id != backup.id), key=lambda b: b.id)
    return (backup, *others), tuple(sorted(gone))


def chain_verdict(backup: Backup, catalogue: Catalogue) -> Verdict:
    """Whether all that it builds on is there and done.

    A listing that broke off proves no absence. One that should build on another and names none
    leaves it unknown.
    """
    members, gone = needed(backup, catalogue.backups)
    if gone:
        value = False if catalogue.is_whole else None
        code = "backups.why.chain.gone" if catalogue.is_whole else "backups.why.chain.not_listed"
        return Verdict(value, code, {"needed": ", ".join(gone), "count": str(len(gone))})
    others = members[1:]
    bad = [b for b in others if b.state in (State.FAILED, State.PARTIAL)]
    if bad:
        return Verdict(False, "backups.why.chain.failed", {"needed": bad[0].id})
    open_ = [b for b in others if b.state is not State.DONE]
    if open_:
        return Verdict(None, "backups.why.chain.unclear", {"needed": open_[0].id})
    loose = [b for b in members if b.method in BUILDING and not b.needs]
    if loose:
        return Verdict(None, "backups.why.chain.unnamed", {"backup": loose[0].id})
    return Verdict(True, "backups.why.chain.closed", {"count": str(len(others))})


def reach(backup: Backup, catalogue: Catalogue) -> Reach:
    """What the catalogue's logs say of one backup; order of archives and runs does not matter.

    Raises nothing: a name that cannot be ordered leaves it unknown.
    """
    if backup.method not in PHYSICAL:
        return Reach(True)
    forward = _by_log_backups(backup, catalogue)
    if forward is not None:
        return forward
    if (at := place_of(backup.log_to or "")) is not None and at.line == POSITIONS:
        return Reach(True, "backups.why.logs.own")
    if backup.log_from is None and backup.log_to is None:
        if not catalogue.logs:
            return Reach(True)
        return Reach(None, "backups.why.logs.not_told")
    if not catalogue.logs:
        return Reach(None, "backups.why.logs.not_seen", {"segment": str(backup.log_from)})
    first, last = place_of(backup.log_from or ""), place_of(backup.log_to or "")
    if first is None or last is None or first.line != last.line:
        segment = str(backup.log_to or backup.log_from)
        return Reach(None, "backups.why.logs.end_unknown", {"segment": segment})
    own = [a for a in catalogue.logs if a.id == backup.series]
    return _agreed([_within(a, backup, first, last, catalogue) for a in own or catalogue.logs])


def _agreed(told: Sequence[Reach]) -> Reach:
    """One archive of several is the backup's own, and names of two clusters may be alike: where one
    has the segments and another only some of them, nobody knows which is meant. Where several have
    them, it can be rolled forward as far as the one that ends first."""
    held = [r for r in told if r.value]
    if held:
        if any(r.code == "backups.why.logs.hole_inside" for r in told):
            return Reach(None, "backups.why.logs.several")
        dated = [(r.until, r.hole or ("", ""), r) for r in held if r.until is not None]
        return (
            min(dated, key=lambda d: d[:2])[2]
            if len(dated) == len(held)
            else Reach(True, held[0].code, held[0].params)
        )
    unsure = [r for r in told if r.value is None]
    return min(unsure or told, key=lambda r: (r.code, sorted((r.params or {}).items())))


def _within(
    archive: LogArchive, backup: Backup, first: LogPlace, last: LogPlace, catalogue: Catalogue
) -> Reach:
    """What one archive says of the segments from `first` to `last`."""
    params = {"first": str(backup.log_from), "last": str(backup.log_to)}
    runs = _ordered(archive.runs, first.line)
    if runs is None:
        return Reach(None, "backups.why.logs.unreadable", {"archive": archive.id})
    inside = [r for r in runs if _covers(r, first) and _covers(r, last)]
    if not inside:
        if not catalogue.is_whole:
            return Reach(None, "backups.why.logs.not_listed", params)
        some = any(_covers(r, first) or _covers(r, last) for r in runs)
        return Reach(False, f"backups.why.logs.{'hole_inside' if some else 'gone'}", params)
    run = inside[0]
    if not _is_proved(run, archive):
        return Reach(None, "backups.why.logs.only_ends", params)
    after = next((r for r in runs if _start(r) > _end(run)), None)
    hole = (run.last, after.first) if after else None
    return Reach(True, "backups.why.logs.whole", params, run.last_at, hole)


def _is_proved(run: LogRun, archive: LogArchive) -> bool:
    """Whether every segment of a run was seen by name."""
    return archive.listed and (run.count is not None or run.first == run.last)


def _ordered(runs: Iterable[LogRun], line: str) -> list[LogRun] | None:
    """The runs of one line in their order; None if one of the archive's cannot be ordered."""
    placed = [(place_of(r.first), place_of(r.last), r) for r in runs]
    if any(a is None or b is None or a.line != b.line for a, b, _ in placed):
        return None
    here = [r for a, _, r in placed if a is not None and a.line == line]
    return sorted(here, key=lambda r: (_start(r), _end(r)))


def _start(run: LogRun) -> int:
    place = place_of(run.first)
    assert place is not None
    return place.number


def _end(run: LogRun) -> int:
    place = place_of(run.last)
    assert place is not None
    return place.number


def _covers(run: LogRun, place: LogPlace) -> bool:
    return _start(run) <= place.number <= _end(run)


def _by_log_backups(backup: Backup, catalogue: Catalogue) -> Reach | None:
    """How far log backups beside it carry it forward (SQL Server and the like); None where the
    catalogue has none for it. Such a backup holds the log it needs itself."""
    logs = [b for b in catalogue.backups if b.method is Method.LOG and _is_log_of(b, backup)]
    if not logs or catalogue.logs:
        return None
    end = place_of(backup.log_to or "")
    steps = sorted(
        (
            (first, last, b)
            for b in logs
            if b.state is State.DONE
            and (first := place_of(b.log_from or "")) is not None
            and (last := place_of(b.log_to or "")) is not None
        ),
        key=lambda step: (step[0], step[1], step[2].id),
    )
    if end is None:
        return Reach(True, "backups.why.logs.own")
    later = [s for s in steps if s[1].line == end.line and s[1].number >= end.number]
    return _rolled(end, later, backup.log_to or "")


def _rolled(end: LogPlace, steps: Sequence[tuple[LogPlace, LogPlace, Backup]], name: str) -> Reach:
    """Follow log backups from a place on, as long as each begins where the one before ended."""
    until, hole = None, None
    for first, last, log in steps:
        if first.number > end.number + int(end.is_counted):
            hole = (name, log.log_from or "")
            break
        if last.number >= end.number:
            end, name = last, log.log_to or ""
            until = log.data_at or until
    return Reach(True, "backups.why.logs.own", None, until, hole)


def _is_log_of(log: Backup, backup: Backup) -> bool:
    if log.series == backup.series:
        return True
    return backup.databases is not None and log.databases == backup.databases
