"""Every restore that is known: drills of the ledger, and what a run was told of others."""

from __future__ import annotations

from datetime import timedelta

from governance.access import Actor, Right
from governance.backups.drills.logs import read
from governance.backups.reading import Reader
from governance.backups.seen import RestoreRow
from governance.errors import PermissionRefused
from governance.ledger.drill_rows import DrillRow
from governance.ledger.drills import Drills
from governance.reading import Desk

# Sealed times are cut to what the file's type holds.
SAME = timedelta(seconds=1)


def restores(reader: Reader) -> tuple[RestoreRow, ...]:
    """The newest first. Drills of ours count as the ledger has them, also those since the run."""
    drills = Drills(reader.desk.database).recent()
    ours = {(drill.system, str(drill.id)): drill for drill in drills}
    known = reader.restores()
    told = (row for row in known if not _is_ours(row, ours.get((row.system, row.drill))))
    every = [*(_of_drill(drill) for drill in drills), *told]
    return tuple(sorted(every, key=lambda row: row.at, reverse=True))


def _is_ours(row: RestoreRow, drill: DrillRow | None) -> bool:
    return drill is not None and abs(drill.started_at - row.at) < SAME


def _of_drill(drill: DrillRow) -> RestoreRow:
    return RestoreRow(
        system=drill.system,
        drill=str(drill.id),
        by=drill.by,
        at=drill.started_at,
        ok=drill.ok,
        seconds=drill.seconds,
        catalogue=drill.catalogue,
        backup=drill.backup,
        compared=drill.compared,
        differs=drill.differs,
        code=drill.code,
        params=drill.params,
        is_told=False,
        has_log=drill.log is not None,
    )


def log_of(actor: Actor, desk: Desk, row: RestoreRow) -> str | None:
    """What a drill of ours printed; None where no log was kept or it is gone.

    It may hold values of any department. Raises PermissionRefused without the right to view, and
    for whoever sees some departments only.
    """
    actor.require(Right.VIEW)
    if actor.departments is not None:
        raise PermissionRefused("record.outside", actor=actor.name)
    drill = None if row.is_told else Drills(desk.database).get(int(row.drill))
    return read(desk.shelf.home, drill.log) if drill is not None and drill.log else None
