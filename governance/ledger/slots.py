"""Slots: each moment of a schedule is taken once, however many workers there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from governance.access import Actor
from governance.ledger.database import Database
from governance.ledger.rows import Trigger
from governance.ledger.runs import insert_run
from governance.ledger.tables import slots


@dataclass(frozen=True)
class Slots:
    database: Database

    def claim(
        self,
        job: str,
        slot: datetime,
        *,
        actor: Actor,
        fence: int,
        now: datetime,
        sources: Sequence[str] | None,
        checks: Sequence[str] | None,
    ) -> int | None:
        """Take a slot and queue its run in one commit; None when it, or a later one, is taken.

        A job never seen before takes its slot without a run: slots from before somebody asked for
        the schedule were never promised. Raises LedgerRefused `ledger.fenced`.
        """
        with self.database.fenced(fence) as connection:
            newest = connection.scalar(select(func.max(slots.c.slot)).where(slots.c.job == job))
            if newest is not None and newest >= slot:
                return None
            run_id = None
            if newest is not None:
                run_id = insert_run(
                    connection,
                    trigger=Trigger.SCHEDULE,
                    requested_by=actor.name,
                    sources=sources,
                    checks=checks,
                    now=now,
                )
            connection.execute(insert(slots).values(job=job, slot=slot, run_id=run_id))
            return run_id

    def newest(self, job: str) -> datetime | None:
        """The last slot of a job that was taken."""
        with self.database.read() as connection:
            newest: datetime | None = connection.scalar(
                select(func.max(slots.c.slot)).where(slots.c.job == job)
            )
            return newest

    def of_job(self, job: str) -> tuple[tuple[datetime, int | None], ...]:
        """Every taken slot with its run, oldest first."""
        query = select(slots.c.slot, slots.c.run_id).where(slots.c.job == job)
        with self.database.read() as connection:
            found = connection.execute(query.order_by(slots.c.slot))
            return tuple((row.slot, row.run_id) for row in found)
