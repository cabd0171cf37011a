"""WAL-G: `backup-list --detail` and `wal-verify integrity timeline`, both as JSON.

The exit code of `wal-verify` says nothing: it is 0 where segments are lost, too. Its ranges are of
segments seen by name, from the oldest backup on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from checks.backups import wal
from checks.backups.model import (
    Backup,
    Basis,
    Catalogue,
    LogArchive,
    LogRun,
    Mark,
    Method,
    State,
)
from governance.backups.readers import segments
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.replies import Notes
from governance.backups.readers.values import at, flag, listed, text, whole

_NAME = re.compile(r"base_(?P<own>[0-9A-F]{24})(?:_D_(?P<parent>[0-9A-F]{24}))?")
_ON_ITS_WAY = {"MISSING_DELAYED", "MISSING_UPLOADING"}
_STATUSES = {"FOUND", "MISSING_LOST", *_ON_ITS_WAY}


class WalG:
    KIND = "walg"
    PARTS = (
        Part("list", ("wal-g", "backup-list", "--detail", "--json")),
        Part("verify", ("wal-g", "wal-verify", "integrity", "timeline", "--json"), needed=False),
    )
    OPTIONS: Mapping[str, bool] = {segments.OPTION: False}

    def read(self, asked: Asked) -> Catalogue:
        notes = Notes(asked)
        reply = notes.printed("list", Mark.COMPLETE)
        found = notes.documents("list", reply, Mark.COMPLETE) if reply else []
        if found and not isinstance(found[0], list):
            notes.cut.add("list")
            notes.odd("list", Mark.COMPLETE)
        rows = listed(found[0] if found else None)
        size = segments.segment_size(notes, _places(rows))
        names = {own[1]: name for row in rows if (name := _name(row)) and (own := _own(name))}
        backups = [b for b in (_backup(notes, row, names, size) for row in rows) if b is not None]
        newest = max(backups, key=lambda b: str(b.data_at or ""), default=None)
        return notes.catalogue(
            self.KIND,
            backups,
            logs=_logs(notes, newest, size),
            is_whole="list" not in notes.cut,
        )


READER = WalG()


def _name(row: object) -> str | None:
    return text(at(row, "backup_name"))


def _own(name: str) -> re.Match[str] | None:
    return _NAME.fullmatch(name)


def _places(rows: Iterable[object]) -> Iterable[tuple[int, str]]:
    for row in rows:
        start, name = whole(at(row, "start_lsn")), text(at(row, "wal_file_name"))
        if start is not None and name is not None:
            yield start, name


def _backup(notes: Notes, row: object, names: Mapping[str, str], size: int | None) -> Backup | None:
    id = _name(row)
    if id is None:
        notes.odd("backup_name", Mark.COMPLETE)
        return None
    parts = _own(id)
    if parts is None:
        notes.tell("backups.read.word", Mark.COMPLETE, backup=id, field="backup_name", word=id)
    parent = parts["parent"] if parts else None
    cluster = notes.need(whole(at(row, "system_identifier")), "system_identifier", None, id)
    end = notes.need(notes.moment(at(row, "finish_time")), "finish_time", Mark.FRESH, id)
    first = notes.need(text(at(row, "wal_file_name")), "wal_file_name", Mark.COMPLETE, id)
    return Backup(
        id=id,
        series=f"{cluster}/{text(at(row, 'storage_name')) or 'default'}",
        # A name that is not understood may hide what else it needs.
        method=Method.INCREMENTAL if parent or not parts else Method.FULL,
        # Its sentinel, which the list is made from, is written when all else was.
        state=State.DONE,
        started_at=notes.moment(at(row, "start_time")),
        finished_at=end,
        data_at=end,
        basis=Basis.STOP if end else None,
        size=whole(at(row, "compressed_size")),
        data_size=whole(at(row, "uncompressed_size")),
        # The name tells the parent by its first segment; the parent may have one of its own.
        needs=(names.get(parent, f"base_{parent}"),) if parent else (),
        log_from=first,
        log_to=_last(notes, row, first, size, id),
        kept=flag(at(row, "is_permanent")) or False,
    )


def _last(notes: Notes, row: object, first: str | None, size: int | None, id: str) -> str | None:
    """The segment in which the backup stopped, computed from its place in the log."""
    stop = notes.need(whole(at(row, "finish_lsn")), "finish_lsn", Mark.COMPLETE, id)
    if stop is None or first is None or size is None or stop < 1:
        return None
    try:
        begun = wal.segment(first, size)
        # A stop at the first byte of a segment needs none of that segment.
        return wal.name_of(wal.Segment(begun.timeline, (stop - 1) // size), size)
    except ValueError:
        notes.odd("wal_file_name, finish_lsn", Mark.COMPLETE, id)
        return None


def _logs(notes: Notes, newest: Backup | None, size: int | None) -> tuple[LogArchive, ...]:
    """The ranges of `wal-verify`. What is still on its way counts as not there."""
    reply = notes.printed("verify", Mark.COMPLETE)
    found = notes.documents("verify", reply, Mark.COMPLETE) if reply else []
    if reply is None or not found:
        return ()
    if newest and segments.is_stale(notes, "verify", reply.at, [newest.data_at]):
        return ()
    series = newest.series if newest else "walg"
    for name in ("integrity", "timeline"):
        _status(notes, name, text(at(found[0], name, "status")))
    details: Any = at(found[0], "integrity", "details")
    if not isinstance(details, list):
        notes.odd("integrity.details", Mark.COMPLETE)
        return ()
    runs = [run for run in (_run(notes, each, size) for each in details) if run is not None]
    return (
        LogArchive(series, tuple(sorted(runs, key=lambda r: r.first)), size, listed=bool(size)),
    )


def _status(notes: Notes, name: str, status: str | None) -> None:
    if status == "OK":
        return
    known = status in ("WARNING", "FAILURE")
    code = "backups.read.wal_verify" if known else "backups.read.word"
    # Lost segments are told by the ranges: a backup after the hole is well.
    mark = None if known and name == "integrity" else Mark.COMPLETE
    notes.tell(code, mark, field=f"{name}.status", word=status or "–")


def _run(notes: Notes, said: object, size: int | None) -> LogRun | None:
    first, last = text(at(said, "start_segment")), text(at(said, "end_segment"))
    status, n = text(at(said, "status")) or "", whole(at(said, "segments_count"))
    if status not in _STATUSES:
        notes.tell("backups.read.word", Mark.COMPLETE, field="status", word=status)
    if status != "FOUND":
        if status in _STATUSES:
            notes.tell(
                "backups.read.segments",
                first=first,
                last=last,
                n="?" if n is None else n,
                word=status,
            )
        return None
    try:
        right = bool(first and last and size) and wal.count(first or "", last or "", size or 0) == n
    except ValueError:
        right = False
    if not first or not last or (size and not right):
        notes.odd("start_segment, end_segment, segments_count", Mark.COMPLETE)
        return None
    if size is None:
        notes.tell("backups.read.no_size", Mark.COMPLETE, option=segments.OPTION)
    return LogRun(first, last, n if right else None)
