"""How things stand with runs, in values a page can draw. No words: codes, numbers, times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select

from checks.dictionary import Title
from governance.config import Config
from governance.ledger import WORKER_LEASE, Ledger
from governance.ledger.tables import leases


class WorkerState(StrEnum):
    """Whether somebody reads the sources on time."""

    ALIVE = "alive"
    LATE = "late"
    ABSENT = "absent"


@dataclass(frozen=True)
class Standing:
    """What every page says of itself: whose data, how fresh, from which run.

    `run` is the newest run that sealed results and `as_of` the moment they speak of; both None
    before the first. `beat` is when the worker was last heard of, `due` the oldest slot that should
    have started by now.
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


NOTHING = Standing(
    zone=ZoneInfo("UTC"), company=None, demo=False, configured=False, run=None, as_of=None,
    worker=WorkerState.ABSENT,
)  # fmt: skip


def standing_of(ledger: Ledger, config: Config | None, now: datetime) -> Standing:
    """How things stand at `now`. Reads three rows of the ledger."""
    run = ledger.runs.last_sealed()
    state, beat = worker_state(ledger, now)
    return Standing(
        zone=config.time_zone if config else ZoneInfo("UTC"),
        company=config.company if config else None,
        demo=bool(config and config.demo),
        configured=config is not None,
        run=run.id if run else None,
        as_of=run.as_of if run else None,
        worker=state,
        beat=beat,
    )


def worker_state(ledger: Ledger, now: datetime) -> tuple[WorkerState, datetime | None]:
    """Whether a worker holds the lease, and when one was last heard of."""
    query = select(leases.c.expires_at).where(leases.c.name == WORKER_LEASE)
    with ledger.database.read() as connection:
        ends: datetime | None = connection.scalar(query)
    if ends is None:
        return WorkerState.ABSENT, None
    if ends <= now:
        return WorkerState.ABSENT, ends
    return WorkerState.ALIVE, now
