"""Restore drills: begun before anything is restored, ended with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from checks.backups.model import Mark, Problem, Restore
from governance.access import Actor, Right
from governance.ledger import audit
from governance.ledger.database import Database
from governance.ledger.drill_rows import DrilledTable, DrillRow, Ended
from governance.ledger.drill_tables import backup_drills

BROKEN_OFF = "backups.drill.broken_off"


@dataclass(frozen=True)
class Drills:
    database: Database

    def begin(
        self, actor: Actor, system: str, catalogue: str, backup: str, series: str, *, now: datetime
    ) -> int:
        """Note that a drill begins, and return its id. Drills of the same system that never ended
        are marked as broken off: the caller holds the system's lock.

        Raises PermissionRefused without the right to run.
        """
        actor.require(Right.RUN)
        c = backup_drills.c
        with self.database.write() as connection:
            connection.execute(
                update(backup_drills)
                .where(c.system == system, c.finished_at.is_(None))
                .values(finished_at=now, code=BROKEN_OFF)
            )
            made: int = connection.execute(
                insert(backup_drills)
                .values(
                    system=system, catalogue=catalogue, backup=backup, series=series,
                    started_at=now, compared=False, params={}, by=actor.name, problems=[],
                    tables=[],
                )
                .returning(c.id)
            ).scalar_one()  # fmt: skip
            detail = {"system": system, "catalogue": catalogue, "backup": backup}
            audit.record(connection, actor, "backup.drill", str(made), detail, now)
        return made

    def end(self, actor: Actor, drill: int, ended: Ended, *, now: datetime) -> None:
        """Write down what came of a drill."""
        values: dict[str, Any] = {
            **{name: getattr(ended, name) for name in _PLAIN},
            "params": dict(ended.params),
            "problems": [_problem_json(p) for p in ended.problems],
            "tables": [asdict(table) for table in ended.tables],
            "finished_at": now,
        }
        detail = {"ok": ended.ok, "differs": ended.differs, "code": ended.code}
        with self.database.write() as connection:
            connection.execute(
                update(backup_drills).where(backup_drills.c.id == drill).values(values)
            )
            audit.record(connection, actor, "backup.drilled", str(drill), detail, now)

    def get(self, drill: int) -> DrillRow | None:
        query = select(backup_drills).where(backup_drills.c.id == drill)
        with self.database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
            return None if row is None else _row(row)

    def recent(self, system: str | None = None, limit: int = 100) -> tuple[DrillRow, ...]:
        """The newest drills first, of all systems or of one."""
        query = select(backup_drills).order_by(backup_drills.c.id.desc()).limit(limit)
        if system is not None:
            query = query.where(backup_drills.c.system == system)
        with self.database.read() as connection:
            return tuple(_row(row) for row in connection.execute(query).mappings())

    def restores(self, system: str, limit: int = 100) -> tuple[Restore, ...]:
        """The drills of a system that ended, newest first, as verdicts take them."""
        rows = self.recent(system, limit)
        return tuple(row.restore() for row in rows if row.finished_at is not None)


_PLAIN = ("ok", "seconds", "compared", "differs", "code", "log")


def _problem_json(problem: Problem) -> dict[str, object]:
    mark = None if problem.mark is None else problem.mark.value
    return {**asdict(problem), "params": dict(problem.params), "mark": mark}


def _problem(value: Mapping[str, Any]) -> Problem:
    return Problem(**{**value, "mark": None if value["mark"] is None else Mark(value["mark"])})


def _row(row: RowMapping) -> DrillRow:
    return DrillRow(
        **{
            **row,
            "params": row["params"] or {},
            "problems": tuple(_problem(p) for p in row["problems"]),
            "tables": tuple(DrilledTable(**table) for table in row["tables"]),
        }
    )
