"""Barman with `-f json`: `list-backups`, `show-backup`, `check`; as text: `list-files` and
`verify-backup`.

Numbers are partly texts. Of a backup that is not DONE the list tells no times. `check` says OK of
what nobody configured, too: that is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from governance.backups.readers import segments
from governance.backups.readers.barman_logs import logs
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.replies import Notes
from governance.backups.readers.values import at, epoch, listed, text, whole

_STATES = {
    "DONE": State.DONE,
    "EMPTY": State.RUNNING,
    "STARTED": State.RUNNING,
    "SYNCING": State.RUNNING,
    # Copied, but the log that makes it consistent has not arrived.
    "WAITING_FOR_WALS": State.RUNNING,
    "FAILED": State.FAILED,
}
_METHODS = {
    "full": Method.FULL,
    "rsync": Method.FULL,
    "snapshot": Method.FULL,
    "incremental": Method.INCREMENTAL,
}
_KEPT = {"KEEP:FULL", "KEEP:STANDALONE"}
_RETENTIONS = {"VALID", "OBSOLETE", "OBSOLETE*", "-", *_KEPT}
# Which question a check of Barman's bears on; the others on none.
_CHECKS = {
    "backup_maximum_age": Mark.FRESH,
    "archive_command": Mark.COMPLETE,
    "archiver_errors": Mark.COMPLETE,
    "continuous_archiving": Mark.COMPLETE,
    "receive_wal_running": Mark.COMPLETE,
    "wal_archive": Mark.COMPLETE,
    "wal_maximum_age": Mark.COMPLETE,
}
_NOT_CHECKED = re.compile(r"^no \S+ provided")
_VERIFIED = re.compile(r"Verifying backup '([^'\n]{1,64})'")
_ALIASES = {"latest", "last"}


class Barman:
    KIND = "barman"
    PARTS = (
        Part("list", ("barman", "-f", "json", "list-backups", "{server}")),
        # Of one backup, or the answers for several one after another.
        Part("show", ("barman", "-f", "json", "show-backup", "{server}", "latest"), needed=False),
        Part(
            "wals", ("barman", "list-files", "--target", "wal", "{server}", "latest"), needed=False
        ),
        Part("check", ("barman", "-f", "json", "check", "{server}"), needed=False),
        # `barman verify-backup SERVER latest`: reads the whole backup.
        Part("verify", (), needed=False),
    )
    OPTIONS: Mapping[str, bool] = {"server": True, segments.OPTION: False}

    def read(self, asked: Asked) -> Catalogue:
        notes = Notes(asked)
        rows = _answers(notes, "list", Mark.COMPLETE)
        shown = [s for s in _answers(notes, "show", Mark.COMPLETE) if isinstance(s, dict)]
        details = {id: each for each in shown if (id := text(at(each, "backup_id")))}
        if rows and not isinstance(rows[0], list):
            notes.cut.add("list")
            notes.odd("list", Mark.COMPLETE)
        backups = [
            backup
            for row in listed(rows[0] if rows else None)
            if (backup := _backup(notes, row, details)) is not None
        ]
        _checks(notes)
        return notes.catalogue(
            self.KIND,
            backups,
            logs=logs(notes, _server(notes), list(details.values())),
            verifications=_verified(notes, backups),
            is_whole="list" not in notes.cut and bool(rows),
        )


READER = Barman()


def _server(notes: Notes) -> str:
    return notes.asked.catalogue.options.get("server", "")


def _answers(notes: Notes, part: str, mark: Mark | None) -> list[Any]:
    """What each document of a part says of the server. Beside it stand Barman's own messages, under
    names that begin with `_`."""
    # `check` ends with 1 where a check failed, which it tells by name.
    reply = notes.printed(part, mark, good=(0, 1) if part == "check" else (0,))
    documents = notes.documents(part, reply, mark) if reply else []
    found = []
    for document in documents:
        if isinstance(document, dict) and _server(notes) in document:
            found.append(document[_server(notes)])
        else:
            notes.tell("backups.read.no_server", mark, part=part, server=_server(notes))
        for name, words in document.items() if isinstance(document, dict) else ():
            if name.startswith("_") and words:
                severe = name in ("_ERROR", "_EXCEPTION")
                said = "; ".join(map(str, listed(words) or [words]))
                notes.tell(
                    "backups.read.said", mark if severe else None, part=part, name=name, said=said
                )
    return found


def _backup(notes: Notes, row: object, details: Mapping[str, Any]) -> Backup | None:
    id, word = text(at(row, "backup_id")), text(at(row, "status")) or ""
    if id is None:
        notes.odd("backup_id", Mark.COMPLETE)
        return None
    more = details.get(id)
    base = at(more, "base_backup_information")
    state = _STATES.get(word, State.UNKNOWN)
    shown = text(at(more, "status"))
    if more is not None and shown != word:
        notes.tell("backups.read.differs", Mark.COMPLETE, backup=id, one=word, other=shown)
    end = (
        epoch(at(row, "end_time_timestamp"))
        or notes.moment(at(base, "end_time"))
        or notes.moment(at(row, "end_time"))
    )
    retention = text(at(row, "retention_status")) or ""
    if state is State.DONE:
        _look(notes, id, row, more)
        if retention not in _RETENTIONS:
            notes.tell("backups.read.word", backup=id, field="retention_status", word=retention)
    return Backup(
        id=id,
        series=_server(notes),
        method=_METHODS.get(text(at(row, "backup_type")) or "", Method.INCREMENTAL),
        state=state,
        said=word,
        started_at=notes.moment(at(base, "begin_time")) or epoch(at(base, "begin_time_timestamp")),
        finished_at=end,
        data_at=end,
        basis=Basis.STOP if end else None,
        size=whole(at(row, "size_bytes")),
        data_size=whole(at(more, "cluster_size_bytes")),
        needs=_parents(more),
        log_from=text(at(base, "begin_wal")),
        log_to=text(at(base, "end_wal")),
        encrypted=_encrypted(base),
        kept=retention in _KEPT,
    )


def _look(notes: Notes, id: str, row: object, more: object) -> None:
    """What must be known of a backup that is done."""
    kind = text(at(row, "backup_type")) or ""
    if kind not in _METHODS:
        notes.tell("backups.read.word", Mark.COMPLETE, backup=id, field="backup_type", word=kind)
    if more is None:
        notes.tell("backups.read.not_shown", Mark.COMPLETE, backup=id, part="show")
        return
    base = at(more, "base_backup_information")
    if text(at(base, "begin_wal")) is None or text(at(base, "end_wal")) is None:
        notes.odd("begin_wal, end_wal", Mark.COMPLETE, id)
    if kind == "incremental" and not _parents(more):
        notes.odd("parent_backup_id", Mark.COMPLETE, id)


def _parents(more: object) -> tuple[str, ...]:
    catalogue = at(more, "catalog_information")
    named = [text(at(catalogue, name)) for name in ("root_backup_id", "parent_backup_id")]
    return tuple(dict.fromkeys(name for name in named if name))


def _encrypted(base: object) -> bool | None:
    """Older versions do not speak of it; null says that there is none."""
    if not isinstance(base, dict) or "encryption" not in base:
        return None
    return base["encryption"] is not None


def _checks(notes: Notes) -> None:
    """Barman's own checks: what failed, and what passed only because nothing was asked of it."""
    for answer in _answers(notes, "check", None):
        for name, said in answer.items() if isinstance(answer, dict) else ():
            status, hint = text(at(said, "status")), text(at(said, "hint")) or "–"
            if status == "OK" and _NOT_CHECKED.search(hint):
                notes.tell("backups.read.not_checked", check=name, said=hint)
            elif status == "FAILED":
                notes.tell("backups.read.failed", _CHECKS.get(name), check=name, said=hint)
            elif status != "OK":
                notes.tell("backups.read.word", _CHECKS.get(name), field=name, word=status or "–")


def _verified(notes: Notes, backups: Sequence[Backup]) -> tuple[Verification, ...]:
    """What pg_verifybackup found, which holds every file of one backup against its checksum."""
    reply = notes.printed("verify", Mark.INTACT, good=(0, 1))
    if reply is None:
        return ()
    named = _VERIFIED.search(reply.text)
    done = [b for b in backups if b.finished_at is not None and b.finished_at <= reply.at]
    if named and named[1] in _ALIASES:
        newest = max(done, key=lambda b: (b.finished_at, b.id), default=None)
        backup = newest.id if newest else None
    else:
        backup = next((b.id for b in backups if named and b.id == named[1]), None)
    if backup is None:
        notes.tell("backups.read.which_backup", Mark.INTACT, part="verify")
        return ()
    words = f"{reply.text}\n{reply.errors}"
    well: bool | None = None
    if "error:" in words:
        well = False
        notes.tell("backups.read.check_failed", Mark.INTACT, backup=backup, said=words[-200:])
    elif reply.code in (0, None) and "backup successfully verified" in words:
        well = True
    else:
        notes.tell("backups.read.verify_unclear", Mark.INTACT, backup=backup, said=words[-200:])
    return (Verification(Depth.FULL, well, reply.at, backup, said="pg_verifybackup"),)
