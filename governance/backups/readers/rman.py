"""Oracle: the jobs of RMAN, in V$RMAN_BACKUP_JOB_DETAILS or its like in a recovery catalog.

One row is one session of RMAN. That a backup of the database completed says nothing of archived
logs, without which it cannot be opened. None of this was held against a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from checks.backups.model import Backup, Basis, Catalogue, Mark, Method, State
from governance.backups.readers.database import Query, Row, fetched
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.options import choice
from governance.backups.readers.replies import Notes

STATES = {
    "COMPLETED": State.DONE,
    "COMPLETED WITH WARNINGS": State.PARTIAL,
    "COMPLETED WITH ERRORS": State.PARTIAL,
    "FAILED": State.FAILED,
    "RUNNING": State.RUNNING,
    "RUNNING WITH WARNINGS": State.RUNNING,
    "RUNNING WITH ERRORS": State.RUNNING,
}
METHODS = {
    "DB FULL": Method.FULL,
    # Of level 0 or 1: the view does not say which, so what it builds on is not known.
    "DB INCR": Method.INCREMENTAL,
    "DATAFILE FULL": Method.FULL,
    "DATAFILE INCR": Method.INCREMENTAL,
    "ARCHIVELOG": Method.LOG,
    "RECVR AREA": Method.COPY,
    "CONTROLFILE": Method.COPY,
    "SPFILE": Method.COPY,
}
OF_DATABASE = ("DB FULL", "DB INCR")
IN_PART = ("DATAFILE FULL", "DATAFILE INCR")
VIEWS = {"controlfile": "v$rman_backup_job_details", "catalog": "rc_rman_backup_job_details"}
CORRUPTION = "v$database_block_corruption"


class Rman:
    """Reads the jobs at `url`: of the control file (`view: controlfile`), which forgets them after
    CONTROL_FILE_RECORD_KEEP_TIME, or of a recovery catalog (`view: catalog`)."""

    KIND = "rman"
    PARTS: tuple[Part, ...] = ()
    OPTIONS: Mapping[str, bool] = {"schema": False, "view": False, "database": False}

    def read(self, asked: Asked) -> Catalogue:
        options = asked.catalogue.options
        view = choice(options, "view", "controlfile", tuple(VIEWS))
        notes = Notes(asked)
        queries = {"jobs": Query(VIEWS[view], "session_key")}
        if view == "controlfile":
            queries["corruption"] = Query(CORRUPTION, "blocks", needed=False)
        found = fetched(asked, notes, queries, options.get("schema", ""))
        rows = found["jobs"]
        backups = sorted((_backup(row, notes) for row in rows), key=lambda b: b.id)
        _tell_missing_logs(backups, notes)
        if found.get("corruption"):
            files = sorted({str(row.whole("file#")) for row in found["corruption"]})
            notes.tell(
                "backups.store.corrupt", Mark.INTACT, breaks=True, files=", ".join(files),
                n=len(found["corruption"]),
            )  # fmt: skip
        # The control file forgets: what it does not hold may still be there.
        is_whole = view == "catalog" and bool(backups)
        catalogue = notes.catalogue(self.KIND, backups, is_whole=is_whole)
        return replace(catalogue, zone=asked.catalogue.zone.key)


READER = Rman()


def _backup(row: Row, notes: Notes) -> Backup:
    catalogue = notes.asked.catalogue
    database = row.text("db_name") or catalogue.options.get("database")
    parts = [row.text(name) or "?" for name in ("session_recid", "session_stamp")]
    # The catalog numbers the databases it knows; their sessions may be numbered alike.
    id = ".".join([*filter(None, [row.text("db_key")]), *parts])
    kind, status = row.text("input_type") or "", row.text("status") or ""
    method = METHODS.get(kind)
    if method is None:
        notes.tell("backups.read.word", Mark.COMPLETE, backup=id, field="INPUT_TYPE", word=kind)
    if kind in IN_PART:
        notes.tell("backups.store.in_part", Mark.COMPLETE, backup=id, type=kind)
    start, end = (row.moment(name, catalogue.zone) for name in ("start_time", "end_time"))
    series = database or catalogue.name
    return Backup(
        id=id,
        # What saves no data is no backup of the database.
        series=series if kind in OF_DATABASE or method is Method.LOG else f"{series}/{kind}",
        method=method or Method.FULL,
        state=STATES.get(status.upper(), State.UNKNOWN),
        said=status,
        started_at=start,
        finished_at=end,
        data_at=start,
        basis=Basis.START if start else None,
        size=row.whole("output_bytes"),
        data_size=row.whole("input_bytes"),
        databases=(database,) if database else None,
    )


def _tell_missing_logs(backups: list[Backup], notes: Notes) -> None:
    """A backup of the database after whose end no archived log was saved. One session may have
    saved both, but the view names only the stronger of them."""
    saved: dict[str, list[Backup]] = {}
    for backup in backups:
        if backup.method is Method.LOG and backup.state is State.DONE and backup.finished_at:
            saved.setdefault(backup.series, []).append(backup)
    for backup in backups:
        if backup.method not in (Method.FULL, Method.INCREMENTAL) or "/" in backup.series:
            continue
        end = backup.finished_at
        logs = saved.get(backup.series, [])
        if end is None or not any(log.finished_at and log.finished_at >= end for log in logs):
            notes.tell("backups.store.no_archived", Mark.COMPLETE, backup=backup.id)
