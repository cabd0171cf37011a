"""pgBackRest's stanza, and its archived log: told by its ends in `info`, by name in `repo-ls`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks.backups import wal
from checks.backups.model import LogArchive, Mark
from governance.backups.readers import segments
from governance.backups.readers.pgbackrest_verify import Verified
from governance.backups.readers.replies import Notes
from governance.backups.readers.values import at, epoch, listed, text, whole

_TEMPORARY = ".pgbackrest.tmp"
_INFOS = {"archive.info", "archive.info.copy"}


@dataclass(frozen=True)
class Stanza:
    """One stanza of `info`, and what its parts are looked up by."""

    name: str
    said: Mapping[str, Any]

    def cluster(self, entry: object) -> tuple[int, str]:
        """The repository of a backup or an archive, and its series: stanza, repository and the
        cluster's own number, none of which changes with the tool's version."""
        repo = whole(at(entry, "database", "repo-key")) or 1
        number = whole(at(entry, "database", "id"))
        ids = [
            whole(at(db, "system-id"))
            for db in listed(at(self.said, "db"))
            if whole(at(db, "id")) == number and (whole(at(db, "repo-key")) or 1) == repo
        ]
        own = f"db{number}" if not ids or ids[0] is None else str(ids[0])
        return repo, f"{self.name}/repo{repo}/{own}"

    def repos(self, stated: str | None) -> frozenset[int]:
        """The repositories that are looked at: the one of the option, or all."""
        one = whole(stated)
        every = {whole(at(repo, "key")) or 1 for repo in listed(at(self.said, "repo"))} or {1}
        return frozenset({one} if one else every)


def logs(
    notes: Notes, stanza: Stanza, seen: Verified, wanted: frozenset[int]
) -> tuple[LogArchive, ...]:
    """The archives of `info`, those that were listed by name in their full detail."""
    archives = [a for a in listed(at(stanza.said, "archive")) if stanza.cluster(a)[0] in wanted]
    files = _listing(notes, stanza, archives, wanted, seen)
    found = []
    for archive in archives:
        repo, series = stanza.cluster(archive)
        own = [b for b in listed(at(stanza.said, "backup")) if stanza.cluster(b) == (repo, series)]
        size = segments.segment_size(notes, _places(own))
        name = text(at(archive, "id")) or ""
        whole_list = segments.listed(notes, name, files[name], size) if name in files else None
        whole_list = whole_list or seen.archive(repo, name, size)
        told = segments.ends(notes, name, at(archive, "min"), at(archive, "max"), size)
        runs = whole_list.runs if whole_list else told.runs
        found.append(LogArchive(series, runs, size, listed=whole_list is not None))
    return tuple(found)


def _places(backups: list[Any]) -> Iterator[tuple[int, str]]:
    for said in backups:
        start = wal.lsn(text(at(said, "lsn", "start")) or "")
        name = text(at(said, "archive", "start"))
        if start is not None and name is not None:
            yield start, name


def _listing(
    notes: Notes, stanza: Stanza, archives: list[Any], repos: frozenset[int], seen: Verified
) -> dict[str, dict[str, datetime | None]]:
    """Files with their times by the archive that they lie in."""
    mark = None if seen.ranges else Mark.COMPLETE
    reply = notes.printed("archive", mark)
    found = notes.documents("archive", reply, mark) if reply else []
    if reply is None or not found or "archive" in notes.cut:
        return {}
    stops = [epoch(at(b, "timestamp", "stop")) for b in listed(at(stanza.said, "backup"))]
    if segments.is_stale(notes, "archive", reply.at, stops):
        return {}
    if len(repos) > 1:
        notes.tell("backups.read.which_repo", Mark.COMPLETE, part="archive")
        return {}
    names = [text(at(archive, "id")) or "" for archive in archives]
    files: dict[str, dict[str, datetime | None]] = {name: {} for name in names}
    for path, entry in found[0].items() if isinstance(found[0], dict) else ():
        *folders, file = path.split("/")
        # Listed from the stanza's folder, or from within the only archive.
        within = next((f for f in folders if f in files), names[0] if len(names) == 1 else None)
        if at(entry, "type") != "file" or within is None or file in _INFOS:
            continue
        if file.endswith(_TEMPORARY):
            continue
        if whole(at(entry, "size")) == 0 and re.match(r"[0-9A-F]{24}", file):
            notes.tell("backups.read.log_empty", archive=within, name=file)
            continue
        files[within][file] = epoch(at(entry, "time"))
    return files
