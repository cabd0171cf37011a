"""SQL Server: what `msdb` remembers of backups, and of restores.

Only backups that ended well have a row, so their absence is the signal; and it is a history: a row
says nothing of whether the file is still there, and rows are purged. That a log backup begins where
the one before ended is general knowledge; none of this was held against a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from checks.backups.model import (
    Backup,
    Basis,
    Catalogue,
    Depth,
    Mark,
    Method,
    Restore,
    State,
    Verification,
)
from governance.backups.readers.database import Query, Row, fetched, quarters
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.options import count
from governance.backups.readers.replies import Notes

METHODS = {
    "D": Method.FULL, "I": Method.DIFFERENTIAL, "L": Method.LOG, "F": Method.FULL,
    "G": Method.DIFFERENTIAL, "P": Method.FULL, "Q": Method.DIFFERENTIAL,
}  # fmt: skip
# Of files or file groups only: not all of the database.
IN_PART = ("F", "G", "P", "Q")
NO_LOG = "SIMPLE"
LOG_DAYS = 14
VERIFIED = "V"
DISK, VIRTUAL = 2, 7


class Msdb:
    """Reads `backupset`, `backupmediafamily` and `restorehistory` at `url`. `databases` (names with
    commas between) narrows it; of log backups only the last `log_days` days are read."""

    KIND = "msdb"
    PARTS: tuple[Part, ...] = ()
    OPTIONS: Mapping[str, bool] = {"schema": False, "databases": False, "log_days": False}

    def read(self, asked: Asked) -> Catalogue:
        options = asked.catalogue.options
        notes = Notes(asked)
        days = count(options, "log_days", LOG_DAYS)
        since = (asked.now - timedelta(days=days)).astimezone(asked.catalogue.zone)
        names = [name.strip() for name in options.get("databases", "").split(",") if name.strip()]
        found = fetched(asked, notes, _queries(since, names), options.get("schema", "msdb.dbo"))
        sets = found["backupset"]
        backups = {row.whole("backup_set_id"): _backup(row, notes) for row in sets}
        _tell_devices(found.get("backupmediafamily", []), sets, backups, notes)
        _tell_missing_logs(sets, backups, notes)
        listed = _based(sets, backups, notes)
        catalogue = notes.catalogue(
            self.KIND,
            sorted(listed, key=lambda b: b.id),
            verifications=tuple(_looks(sets, backups, found, asked.catalogue.zone)),
            tool=_version(sets),
            # A history that is purged: what it does not hold may still be there.
            is_whole=False,
        )
        restores = _restores(found.get("restorehistory", []), backups, asked.catalogue.zone, notes)
        return replace(catalogue, restores=restores, zone=asked.catalogue.zone.key)


READER = Msdb()


def _queries(since: datetime, databases: list[str]) -> dict[str, Query]:
    def wanted(column: Any) -> Any:
        recent = column("backup_finish_date") >= since.replace(tzinfo=None)
        some = (column("type") != "L") | recent
        return some & column("database_name").in_(databases) if databases else some

    return {
        "backupset": Query("backupset", "backup_set_id", wanted),
        "backupmediafamily": Query("backupmediafamily", "media_set_id", needed=False),
        "restorehistory": Query("restorehistory", "restore_history_id", needed=False),
    }


def _id(row: Row) -> str:
    uuid = row.text("backup_set_uuid")
    return uuid.lower() if uuid else str(row.whole("backup_set_id"))


def _backup(row: Row, notes: Notes) -> Backup:
    """One row of `backupset`."""
    id, letter = _id(row), row.text("type") or ""
    zone = _zone(row, notes, id)
    method = METHODS.get(letter)
    if method is None:
        notes.tell("backups.read.word", Mark.COMPLETE, backup=id, field="type", word=letter)
    started, finished, expires = (
        row.moment(name, zone)
        for name in ("backup_start_date", "backup_finish_date", "expiration_date")
    )
    database = row.text("database_name")
    server = row.text("server_name") or notes.asked.catalogue.name
    _tell_flags(row, letter, id, notes)
    data_at = started if method is Method.LOG else finished
    cipher = [name for name in ("key_algorithm", "encryptor_type") if name in row]
    return Backup(
        id=id,
        series=f"{server}/{database}",
        method=method or Method.FULL,
        state=State.UNKNOWN if method is None else State.DONE,
        said=letter,
        started_at=started,
        finished_at=finished,
        data_at=data_at,
        basis=None if data_at is None else Basis.START if method is Method.LOG else Basis.STOP,
        size=row.whole("compressed_backup_size") or row.whole("backup_size"),
        data_size=row.whole("backup_size"),
        needs=_base(row) if method is Method.DIFFERENTIAL else (),
        log_from=_lsn(row, "first_lsn"),
        log_to=_lsn(row, "last_lsn"),
        encrypted=any(row.text(name) for name in cipher) if cipher else None,
        databases=(database,) if database else None,
        expires_at=expires,
    )


def _zone(row: Row, notes: Notes, id: str) -> tzinfo:
    """The zone that the row gives, or else that of the catalogue. Where both are known and differ,
    it is told: one of the two is wrong."""
    stated, assumed = quarters(row.whole("time_zone")), notes.asked.catalogue.zone
    local = row.local("backup_finish_date")
    if stated is None:
        notes.tell("backups.store.no_zone", None, backup=id, zone=assumed.key)
        return assumed
    if local is not None:
        bare = local.replace(tzinfo=None)
        if bare.replace(tzinfo=stated).utcoffset() != bare.replace(tzinfo=assumed).utcoffset():
            notes.tell("backups.store.zone_differs", None, stated=stated, zone=assumed.key)
    return stated


def _lsn(row: Row, name: str) -> str | None:
    """A log sequence number: 25 digits, which no float holds."""
    number = row.whole(name)
    return None if number is None else str(number)


def _base(row: Row) -> tuple[str, ...]:
    base = row.text("differential_base_guid")
    return (base.lower(),) if base else ()


def _tell_flags(row: Row, letter: str, id: str, notes: Notes) -> None:
    if row.flag("is_damaged"):
        notes.tell("backups.store.damaged", Mark.INTACT, breaks=True, backup=id)
    if row.flag("has_incomplete_metadata"):
        notes.tell("backups.store.metadata", Mark.RESTORABLE, backup=id)
    if letter in IN_PART:
        notes.tell("backups.store.in_part", Mark.COMPLETE, backup=id, type=letter)
    if letter == "L" and row.flag("has_bulk_logged_data"):
        notes.tell("backups.store.bulk_logged", None, backup=id)


def _tell_devices(
    media: list[Row], sets: list[Row], backups: Mapping[int | None, Backup], notes: Notes
) -> None:
    """A backup that went to another program's device can only be had back through that."""
    kinds: dict[int | None, set[int | None]] = {}
    for row in media:
        # A device that is permanent bears a hundred more.
        kind = row.whole("device_type")
        kinds.setdefault(row.whole("media_set_id"), set()).add(None if kind is None else kind % 100)
    for row in sets:
        if VIRTUAL in kinds.get(row.whole("media_set_id"), set()):
            backup = backups[row.whole("backup_set_id")]
            notes.tell("backups.store.virtual", None, backup=backup.id)


def _tell_missing_logs(sets: list[Row], backups: Mapping[int | None, Backup], notes: Notes) -> None:
    """A database whose log is kept for backups that nobody makes."""
    logged = {backup.series for backup in backups.values() if backup.method is Method.LOG}
    seen: set[str] = set()
    for row in sets:
        backup = backups[row.whole("backup_set_id")]
        if row.text("type") != "D" or backup.series in seen:
            continue
        seen.add(backup.series)
        model = row.text("recovery_model") or ""
        if model.upper() != NO_LOG and backup.series not in logged:
            notes.tell("backups.store.no_logs", None, series=backup.series, model=model or "?")


def _based(sets: list[Row], backups: Mapping[int | None, Backup], notes: Notes) -> list[Backup]:
    """The backups, those of the log with the full backup that they carry forward."""
    fulls = {
        (backup.series, _lsn(row, "checkpoint_lsn")): backup.id
        for row in sets
        if (backup := backups[row.whole("backup_set_id")]).method is Method.FULL
    }
    found = []
    for row in sets:
        backup = backups[row.whole("backup_set_id")]
        if backup.method is Method.LOG:
            base = fulls.get((backup.series, _lsn(row, "database_backup_lsn")))
            if base is None:
                notes.tell("backups.store.no_base", Mark.COMPLETE, backup=backup.id)
            backup = replace(backup, needs=(base,) if base else ())
        found.append(backup)
    return found


def _looks(
    sets: list[Row],
    backups: Mapping[int | None, Backup],
    found: Mapping[str, list[Row]],
    zone: tzinfo,
) -> list[Verification]:
    """Checksums of pages at the backup, and each RESTORE VERIFYONLY: it does not say whether it
    held checksums against the data, so it counts as a look at the structure."""
    looks = [
        Verification(
            Depth.AT_BACKUP,
            None if (damaged := row.flag("is_damaged")) is None else not damaged,
            backups[row.whole("backup_set_id")].finished_at,
            backups[row.whole("backup_set_id")].id,
            said="CHECKSUM",
        )
        for row in sets
        if row.flag("has_backup_checksums")
    ]
    looks += [
        Verification(
            Depth.STRUCTURE, True, row.moment("restore_date", zone), backup.id, said="VERIFYONLY"
        )
        for row in found.get("restorehistory", [])
        if row.text("restore_type") == VERIFIED
        and (backup := backups.get(row.whole("backup_set_id"))) is not None
    ]
    return sorted(looks, key=lambda look: (look.backup or "", look.depth, str(look.at)))


def _restores(
    rows: list[Row], backups: Mapping[int | None, Backup], zone: tzinfo, notes: Notes
) -> tuple[Restore, ...]:
    """Restores that brought a database up (`recovery`); one that waits for more log did not yet."""
    found = []
    for row in rows:
        at, id = row.moment("restore_date", zone), row.whole("restore_history_id")
        if row.text("restore_type") == VERIFIED or not row.flag("recovery"):
            continue
        if at is None or id is None or at > notes.asked.now:
            notes.odd("restore_date", Mark.RESTORABLE)
            continue
        backup = backups.get(row.whole("backup_set_id"))
        found.append(
            Restore(
                id=str(id),
                at=at,
                ok=True,
                backup=backup.id if backup else None,
                series=backup.series if backup else None,
                by=f"restorehistory: {row.text('destination_database_name') or '?'}",
            )
        )
    return tuple(sorted(found, key=lambda restore: (restore.at, restore.id)))


def _version(sets: list[Row]) -> str | None:
    for row in sets:
        parts = [row.whole(f"software_{p}_version") for p in ("major", "minor", "build")]
        if None not in parts:
            return "SQL Server " + ".".join(str(part) for part in parts)
    return None
