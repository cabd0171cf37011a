"""restic: `snapshots`, the log of `backup`, `check`.

A snapshot looks the same whether all of the source could be read or not: only the log and the exit
code of the backup (3) tell. `check` passes a corrupted pack unless it reads the data (0.14,
measured).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from checks.backups.model import (
    Backup,
    Basis,
    Catalogue,
    Depth,
    Mark,
    Method,
    State,
    Verification,
)
from governance.backups.readers.model import Asked, Part, Reply
from governance.backups.readers.replies import Notes, json_lines
from governance.backups.readers.values import at, text, texts, whole

# The backup ran, but some of the source could not be read.
_UNREADABLE = 3
_SAVED = re.compile(r"^snapshot ([0-9a-f]{8,64}) saved", re.MULTILINE)
_WARNED = re.compile(r"^(error: |Warning: at least one source file)", re.MULTILINE)
_SUBSET = re.compile(
    r"^read (?:group #\d+ of (?P<groups>\d+) data packs \(out of total \d+ packs in (?P<of>\d+)"
    r"|(?P<percent>\d+(?:\.\d+)?)% of data packs|\d+ bytes of data packs)",
    re.MULTILINE,
)
_OPTION = re.compile(r"--read-data-subset[= ](?:\d+/(?P<of>\d+)|(?P<percent>\d+(?:\.\d+)?)%|\S+)")


@dataclass(frozen=True)
class _Run:
    """One run of `backup`: the snapshot it made, how many files it could not read, its code."""

    snapshot: str
    unread: int
    code: int | None


class Restic:
    KIND = "restic"
    PARTS = (
        Part("snapshots", ("restic", "--repo={repository}", "--json", "--no-lock", "snapshots")),
        # The log of `restic backup --json`, kept by what runs it, with a last line `rc=$?`.
        Part("backup", (), needed=False),
        # `restic check --read-data`, or `--read-data-subset=5%`: reads the data of the repository.
        Part("check", (), needed=False),
    )
    # Without it RESTIC_REPOSITORY of the environment says where to look.
    OPTIONS: Mapping[str, bool] = {"repository": False}

    def read(self, asked: Asked) -> Catalogue:
        notes = Notes(asked)
        reply = notes.printed("snapshots", Mark.COMPLETE)
        found = notes.documents("snapshots", reply, Mark.COMPLETE) if reply else []
        said = found[0] if found else None
        if found and not isinstance(said, list):
            notes.cut.add("snapshots")
            notes.odd("snapshots", Mark.COMPLETE)
        entries = said if isinstance(said, list) else []
        backups = [b for b in (_backup(notes, entry) for entry in entries) if b is not None]
        versions = [v for v in (text(at(e, "program_version")) for e in entries) if v]
        return notes.catalogue(
            self.KIND,
            _after(notes, backups),
            verifications=_checked(notes),
            tool=versions[-1] if versions else None,
            is_whole="snapshots" not in notes.cut,
        )


READER = Restic()


def _backup(notes: Notes, said: object) -> Backup | None:
    id = text(at(said, "id"))
    if id is None:
        notes.odd("id", Mark.COMPLETE)
        return None
    paths, tags = texts(at(said, "paths")), texts(at(said, "tags"))
    if not paths:
        notes.odd("paths", Mark.COMPLETE, id)
    if text(at(said, "tree")) is None:
        notes.odd("tree", Mark.COMPLETE, id)
    summary = at(said, "summary")
    files = whole(at(summary, "total_files_processed"))
    if files == 0:
        notes.tell("backups.read.no_files", Mark.COMPLETE, breaks=True, backup=id)
    start = notes.moment(at(said, "time"))
    packed = whole(at(summary, "data_added_packed"))
    return Backup(
        id=id,
        series=_series(text(at(said, "hostname")) or "", paths or (), tags or ()),
        method=Method.ARCHIVE,
        state=State.DONE,
        started_at=start,
        finished_at=notes.moment(at(summary, "backup_end")),
        data_at=start,
        basis=Basis.START if start else None,
        size=whole(at(summary, "data_added")) if packed is None else packed,
        data_size=whole(at(summary, "total_bytes_processed")),
        # It knows no repository without encryption.
        encrypted=True,
    )


def _series(host: str, paths: tuple[str, ...], tags: tuple[str, ...]) -> str:
    """What is saved from where: the same after an upgrade, and whatever the order was."""
    tagged = f" [{shlex.join(sorted(tags))}]" if tags else ""
    return f"{host}:{shlex.join(sorted(paths))}{tagged}"


def _after(notes: Notes, backups: list[Backup]) -> list[Backup]:
    """Backups in the light of the logs of their runs."""
    reply = notes.printed("backup", Mark.COMPLETE, good=(0, _UNREADABLE))
    if reply is None:
        return backups
    runs = _runs(reply)
    after = []
    for backup in backups:
        run = next((r for r in reversed(runs) if backup.id.startswith(r.snapshot)), None)
        if run is None:
            notes.tell("backups.read.no_log", Mark.COMPLETE, backup=backup.id)
        elif run.unread or run.code == _UNREADABLE:
            n = run.unread or "?"
            notes.tell("backups.read.unreadable", Mark.COMPLETE, breaks=True, backup=backup.id, n=n)
            backup = replace(backup, state=State.PARTIAL, said=f"exit code {run.code}")  # noqa: PLW2901
        elif run.code != 0:
            notes.tell("backups.read.no_exit", Mark.COMPLETE, backup=backup.id, part="backup")
        after.append(backup)
    return after


def _runs(reply: Reply) -> list[_Run]:
    """The runs that a log tells of, one after another; only of the last is the exit code known,
    which also says of those before it that they were followed by another."""
    found: list[_Run] = []
    unread = sum(at(e, "message_type") == "error" for e in json_lines(reply.errors))
    for said in json_lines(reply.text):
        kind = at(said, "message_type")
        if kind == "error":
            unread += 1
        elif kind == "status":
            unread = max(unread, whole(at(said, "error_count")) or 0)
        elif kind == "summary" and (id := text(at(said, "snapshot_id"))):
            found.append(_Run(id, unread, None))
            unread = 0
    if not found:
        warned = len(_WARNED.findall(reply.text))
        found = [_Run(id, warned, None) for id in _SAVED.findall(reply.text)]
    if found:
        found[-1] = replace(found[-1], code=reply.code)
    return found


def _checked(notes: Notes) -> tuple[Verification, ...]:
    """What `check` proves, which is of the whole repository."""
    reply = notes.printed("check", Mark.INTACT, good=(0, 1), may_be_empty=True)
    if reply is None:
        return ()
    words = f"{reply.text}\n{reply.errors}"
    depth, share = _depth(words, shlex.join(notes.asked.catalogue.commands.get("check", ())))
    summary: Any = next((s for s in json_lines(words) if at(s, "message_type") == "summary"), None)
    faults = whole(at(summary, "num_errors"))
    well: bool | None = None
    if "repository contains errors" in words or faults:
        well = False
        notes.tell("backups.read.check_failed", Mark.INTACT, said=words.strip()[-200:])
    elif reply.code in (0, None) and ("no errors were found" in words or faults == 0):
        well = True
    else:
        notes.tell("backups.read.verify_unclear", Mark.INTACT, said=words.strip()[-200:])
    return (Verification(depth, well, reply.at, share=share, said=depth.value),)


def _depth(said: str, command: str) -> tuple[Depth, float | None]:
    """How deep it looked, as it says itself, else as it was told to. Not known is not deep."""
    if re.search(r"^read all data$", said, re.MULTILINE):
        return Depth.FULL, 1.0
    found = _SUBSET.search(said) or _OPTION.search(command)
    if found:
        named = found.groupdict()
        if named["percent"]:
            return Depth.SUBSET, float(named["percent"]) / 100
        return Depth.SUBSET, 1 / int(named["of"]) if int(named["of"] or 0) else None
    if re.search(r"--read-data(=true)?(\s|$)", command):
        return Depth.FULL, 1.0
    return Depth.STRUCTURE, None
