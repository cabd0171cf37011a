"""What every page says of itself: whose data it shows, how fresh, and who refreshes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from checks.dictionary import Title
from governance.config import Config
from governance.demo.living import Living, living
from governance.ledger import WORKER_LEASE, Ledger
from governance.ledger.tables import leases
from governance.worker.schedule import jobs_of, newest_slot

# A worker busy with a run takes the next slot when it is done; only then is a slot late.
GRACE = timedelta(minutes=10)


class WorkerState(StrEnum):
    """Whether somebody reads the sources on time."""

    ALIVE = "alive"
    LATE = "late"
    ABSENT = "absent"


@dataclass(frozen=True)
class Standing:
    """`run` is the newest run that sealed results and `as_of` the moment they speak of; both None
    before the first. `beat` is when a worker was last heard of, `due` the slot that is late.
    `living` is set while a demo lives its days, when no worker is there yet.
    """

    zone: ZoneInfo
    company: Title | None
    demo: bool
    configured: bool
    run: int | None
    as_of: datetime | None
    worker: WorkerState
    beat: datetime | None = None
    due: datetime | None = None
    living: Living | None = None


NOTHING = Standing(
    zone=ZoneInfo("UTC"), company=None, demo=False, configured=False, run=None, as_of=None,
    worker=WorkerState.ABSENT,
)  # fmt: skip


def standing_of(
    ledger: Ledger, config: Config | None, now: datetime, home: Path | None = None
) -> Standing:
    """How things stand at `now`. Reads a few rows of the ledger, and in `home` a demo's mark."""
    run = ledger.runs.last_sealed()
    beat = last_beat(ledger)
    due = None
    worker = WorkerState.ALIVE if beat is not None and beat > now else WorkerState.ABSENT
    if worker is WorkerState.ALIVE and config is not None:
        due = overdue(ledger, config, now)
        worker = WorkerState.ALIVE if due is None else WorkerState.LATE
    return Standing(
        zone=config.time_zone if config else ZoneInfo("UTC"),
        company=config.company if config else None,
        demo=bool(config and config.demo),
        configured=config is not None,
        run=run.id if run else None,
        as_of=run.as_of if run else None,
        worker=worker,
        beat=beat,
        due=due,
        living=living(home, ledger, now) if home and config and config.demo else None,
    )


def last_beat(ledger: Ledger) -> datetime | None:
    """Until when the worker's lease holds or held; None where none was ever taken."""
    query = select(leases.c.expires_at).where(leases.c.name == WORKER_LEASE)
    with ledger.database.read() as connection:
        ends: datetime | None = connection.scalar(query)
    return ends


def overdue(ledger: Ledger, config: Config, now: datetime) -> datetime | None:
    """The oldest slot that should have been taken by now; None where all is on time.

    A job the ledger has never seen has promised nothing yet.
    """
    late = []
    for job in jobs_of(config):
        taken = ledger.slots.newest(job.key, now=now)
        slot = newest_slot(job.schedule, job.zone, now)
        if taken is not None and slot is not None and taken < slot <= now - GRACE:
            late.append(slot)
    return min(late, default=None)
