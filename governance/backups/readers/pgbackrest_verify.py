"""The text of pgBackRest's `verify`: what of backups and of the log was read, and what is well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from checks.backups import wal
from checks.backups.model import Backup, Depth, LogArchive, LogRun, Mark, Verification
from governance.backups.readers.model import Reply
from governance.backups.readers.replies import Notes

_REPO = re.compile(r"verify command begin .* --repo=(\d+)\b")
_STATUS = re.compile(r"^ *status: (\w+)", re.MULTILINE)
_BACKUP = re.compile(
    r"^ *backup: (?P<label>\S+), status: (?P<status>[^,\n]+)"
    r"(?:, total files checked: (?P<checked>\d+), total valid files: (?P<valid>\d+))?"
    r"(?:\n *missing: (\d+), checksum invalid: (\d+), size invalid: (\d+), other: (\d+))?",
    re.MULTILINE,
)
_LOG = re.compile(
    r"^ *archiveId: (?P<id>[^,\n]+), total WAL checked: (?P<checked>\d+),"
    r" total valid WAL: (?P<valid>\d+)",
    re.MULTILINE,
)
_RANGE = re.compile(
    r"archiveId: (?P<id>[^,\n]+), wal start: (?P<first>[0-9A-F]{24}),"
    r" wal stop: (?P<last>[0-9A-F]{24})"
)
_ENDED = re.compile(r"verify command end: (?P<how>completed successfully|.*)")


@dataclass(frozen=True)
class Verified:
    """What `verify` tells: looks at backups, and ranges of segments by archive."""

    looks: tuple[Verification, ...] = ()
    repo: int | None = None
    ranges: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def archive(self, repo: int, name: str, size: int | None) -> LogArchive | None:
        """The segments that were checked one by one; None where none of this archive were."""
        if size is None or repo != self.repo or name not in self.ranges:
            return None
        try:
            runs = [
                LogRun(first, last, wal.count(first, last, size))
                for first, last in dict.fromkeys(self.ranges[name])
            ]
        except ValueError:
            return None
        return LogArchive(name, tuple(runs), size, listed=True)


def verified(
    notes: Notes, reply: Reply, repos: frozenset[int], backups: Sequence[Backup]
) -> Verified:
    """What the text proves. Everything is read and held against checksums, so what it says of a
    backup's bits is FULL; of a missing segment it says nothing but the ranges it found."""
    said = notes.printed("verify", Mark.INTACT) or reply
    named = _REPO.search(said.text)
    repo = int(named[1]) if named else next(iter(repos)) if len(repos) == 1 else None
    if repo is None:
        notes.tell("backups.read.which_repo", Mark.INTACT, part="verify")
        return Verified()
    if repo not in repos:
        return Verified()
    looks = {f"repo{repo}:{m['label']}": (m, _is_well(m)) for m in _BACKUP.finditer(said.text)}
    own = [b for b in _of(repo, backups) if _was_there(b, said)]
    for id, (found, well) in looks.items():
        if not well:
            word = found["status"].strip()
            notes.tell("backups.read.not_valid", Mark.INTACT, breaks=True, backup=id, word=word)
    for backup in own:
        if backup.id not in looks:
            notes.tell("backups.read.not_verified", Mark.INTACT, backup=backup.id)
    logs = [log for log in _LOG.finditer(said.text) if log["checked"] != log["valid"]]
    # An error that is told of by name casts no doubt on the rest.
    _end(notes, said, named=bool(logs) or not all(well for _, well in looks.values()))
    for log in logs:
        bad = int(log["checked"]) - int(log["valid"])
        notes.tell("backups.read.log_not_valid", Mark.COMPLETE, archive=log["id"], n=bad)
    ranges: dict[str, list[tuple[str, str]]] = {}
    # The ranges stand before the statuses: without one the text may have broken off among them.
    # One that is older than a backup cannot know the backup's segments.
    is_listed = _STATUS.search(said.text) and len(own) == len(_of(repo, backups))
    for each in _RANGE.finditer(said.text) if is_listed else ():
        ranges.setdefault(each["id"], []).append((each["first"], each["last"]))
    return Verified(
        tuple(
            Verification(Depth.FULL, well, said.at, id, said=found["status"].strip())
            for id, (found, well) in looks.items()
        ),
        repo,
        ranges,
    )


def _is_well(found: re.Match[str]) -> bool:
    """Valid, and every file of it. A word that is not known is not well."""
    faults = [int(n or 0) for n in found.groups()[4:]]
    return (
        found["status"].strip() == "valid"
        and not any(faults)
        and found["checked"] is not None
        and found["checked"] == found["valid"]
    )


def _of(repo: int, backups: Sequence[Backup]) -> list[Backup]:
    return [b for b in backups if b.id.startswith(f"repo{repo}:")]


def _was_there(backup: Backup, said: Reply) -> bool:
    return backup.finished_at is not None and backup.finished_at <= said.at


def _end(notes: Notes, said: Reply, *, named: bool) -> None:
    """Told: that it did not end well, or that nothing says how it ended."""
    status = _STATUS.findall(said.text)
    ended = _ENDED.findall(said.text)
    broke = [how for how in ended if "successfully" not in how]
    if broke or [word for word in status if word != "ok"]:
        words = ", ".join(dict.fromkeys([*status, *ended]))
        mark = None if named and not broke and set(status) <= {"ok", "error"} else Mark.INTACT
        notes.tell("backups.read.verify_failed", mark, said=words)
    elif not status and said.text.strip():
        notes.tell("backups.read.verify_unclear", Mark.INTACT, said=said.text)
