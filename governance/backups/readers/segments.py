"""Archived log segments of PostgreSQL as readers of its backup tools tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from checks.backups import wal
from checks.backups.model import LogArchive, LogRun, Mark
from governance.backups.readers.replies import Notes

OPTION = "wal_segment_size"
_SIZE = re.compile(r"(\d{1,12})\s*(MB|MiB|GB|GiB)?", re.IGNORECASE)
_UNITS = {"": 1, "mb": 1 << 20, "mib": 1 << 20, "gb": 1 << 30, "gib": 1 << 30}


def segment_size(notes: Notes, places: Iterable[tuple[int, str]]) -> int | None:
    """The size of a segment in bytes, as the option says or as `places` prove: where in the log (in
    bytes) a backup began, and the segment that its tool names with it.

    None where neither says. What contradicts is told, and then nothing is known.
    """
    seen = list(places)
    allowed = wal.sizes(seen) if seen else wal.SIZES
    stated = notes.asked.catalogue.options.get(OPTION)
    if stated is None:
        return allowed[0] if len(allowed) == 1 else None
    size = _bytes(stated)
    if size not in wal.SIZES:
        notes.tell("backups.read.option", Mark.COMPLETE, option=OPTION, value=stated)
        return None
    if size not in allowed and allowed:
        true = " ".join(f"{each >> 20} MB" for each in allowed)
        notes.tell("backups.read.segment_size", Mark.COMPLETE, value=stated, true=true)
        return None
    return size


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    return int(found[1]) * _UNITS[(found[2] or "").lower()] if found else 0


def is_stale(notes: Notes, part: str, at: datetime, moments: Iterable[datetime | None]) -> bool:
    """Whether a listing is older than a backup, which is told: what it lacks proves nothing."""
    newest = max(filter(None, moments), default=None)
    if newest is None or at >= newest:
        return False
    notes.tell("backups.read.log_old", Mark.COMPLETE, part=part)
    return True


def ends(notes: Notes, archive: str, first: object, last: object, size: int | None) -> LogArchive:
    """An archive of which only the first and the last segment are told: nothing of the middle."""
    names = [name for name in (first, last) if isinstance(name, str)]
    if len(names) < 2 or not all(re.fullmatch(r"[0-9A-F]{24}", name) for name in names):
        if first is not None or last is not None:
            notes.odd(f"{archive}: min, max", Mark.COMPLETE)
        return LogArchive(archive, (), size)
    return LogArchive(archive, (LogRun(names[0], names[1]),), size)


def listed(
    notes: Notes, archive: str, files: Mapping[str, datetime | None], size: int | None
) -> LogArchive | None:
    """An archive whose files were listed by name (without folders), with their times.

    None where the size of a segment is not known: then names do not tell holes.
    """
    found = wal.listing(files)
    if found.odd:
        notes.tell("backups.read.log_odd", archive=archive, n=len(found.odd), name=found.odd[0])
    if found.twice:
        first = min(found.twice)
        n = len(found.twice)
        notes.tell("backups.read.log_twice", Mark.COMPLETE, archive=archive, n=n, name=first)
    if size is None:
        notes.tell("backups.read.no_size", Mark.COMPLETE, option=OPTION)
        return None
    times = {name[:24]: time for name, time in files.items() if time is not None}
    try:
        runs = wal.runs(found.segments, size, times)
    except ValueError as error:
        notes.tell("backups.read.log_name", Mark.COMPLETE, archive=archive, said=str(error))
        return None
    for hole in wal.holes(runs, size):
        notes.tell(
            "backups.read.hole",
            archive=archive,
            first=hole.first,
            last=hole.last,
            n=hole.count,
        )
    return LogArchive(archive, runs, size, listed=True)
