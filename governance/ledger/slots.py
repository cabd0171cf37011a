"""Slots: each moment of a schedule is taken once, however many workers there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, insert, select

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
        the schedule were never promised. Slots beyond `now` were taken while the clock was ahead:
        the schedule does not wait for them, nor are they taken again. Raises LedgerRefused
        `ledger.fenced`.
        """
        with self.database.fenced(fence) as connection:
            newest = connection.scalar(newest_of(job, max(now, slot)))
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

    def take(self, job: str, slot: datetime, *, fence: int, now: datetime) -> bool:
        """As `claim`, for what is no run: whether the slot is to be used."""
        with self.database.fenced(fence) as connection:
            newest = connection.scalar(newest_of(job, max(now, slot)))
            if newest is not None and newest >= slot:
                return False
            connection.execute(insert(slots).values(job=job, slot=slot, run_id=None))
            return newest is not None

    def newest(self, job: str, *, now: datetime) -> datetime | None:
        """The last slot of a job, up to `now`, that was taken."""
        with self.database.read() as connection:
            newest: datetime | None = connection.scalar(newest_of(job, now))
            return newest

    def of_job(self, job: str) -> tuple[tuple[datetime, int | None], ...]:
        """Every taken slot with its run, oldest first."""
        query = select(slots.c.slot, slots.c.run_id).where(slots.c.job == job)
        with self.database.read() as connection:
            found = connection.execute(query.order_by(slots.c.slot))
            return tuple((row.slot, row.run_id) for row in found)


def newest_of(job: str, until: datetime) -> Select[datetime | None]:
    return select(func.max(slots.c.slot)).where(slots.c.job == job, slots.c.slot <= until)
