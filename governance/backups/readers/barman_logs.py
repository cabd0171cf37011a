"""The archived log of a server as Barman tells of it: by name in `list-files`, by its ends else."""

from __future__ import annotations

from typing import Any

from checks.backups import wal
from checks.backups.model import LogArchive
from governance.backups.readers import segments
from governance.backups.readers.replies import Notes
from governance.backups.readers.values import at, text


def logs(notes: Notes, server: str, details: list[Any]) -> tuple[LogArchive, ...]:
    """The segments by name where they were listed. Otherwise from the first that a backup needs to
    the last that arrived: its ends, no more."""
    bases = [at(each, "base_backup_information") for each in details]
    places = [
        (start, name)
        for base in bases
        if (start := wal.lsn(text(at(base, "begin_lsn")) or "")) is not None
        and (name := text(at(base, "begin_wal")))
    ]
    size = segments.segment_size(notes, places)
    if by_name := _by_name(notes, server, details, size):
        return (by_name,)
    lasts = [text(at(each, "wal_information", "last_available")) for each in details]
    first = min((name for _, name in places), default=None)
    last = max((name for name in lasts if name), default=None)
    if first is None or last is None:
        return ()
    return (segments.ends(notes, server, first, last, size),)


def _by_name(notes: Notes, server: str, details: list[Any], size: int | None) -> LogArchive | None:
    """The segments that were listed. The list is of the newest backup: where an older one needs
    what stands before, the list proves nothing of it and is not used."""
    reply = notes.printed("wals", None)
    lines = [line.strip() for line in reply.text.splitlines()] if reply else []
    files = dict.fromkeys(line.rpartition("/")[2] for line in lines if line)
    bases = [at(each, "base_backup_information") for each in details]
    stops = [notes.moment(at(base, "end_time")) for base in bases]
    if reply is None or "wals" in notes.cut or segments.is_stale(notes, "wals", reply.at, stops):
        return None
    found = segments.listed(notes, server, files, size)
    starts = [text(at(base, "begin_wal")) or "" for base in bases]
    if found is None or not found.runs or (len(starts) > 1 and min(starts) < found.runs[0].first):
        return None
    return found
