"""/healthz, the warm start and the frame's quiet lines."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from governance.config import load
from governance.ledger import open_ledger
from governance.ui.server import health
from governance.worker.standing import GRACE, WorkerState, standing_of
from tests.ui.world import Built

Point = Callable[[Built], None]
NOW = datetime(2026, 3, 14, 2, 0, tzinfo=UTC)


def test_a_readable_ledger_is_healthy_whatever_the_worker_does(
    history: Built, at_home: Point
) -> None:
    at_home(history)
    body, status = health()
    assert status == 200
    assert (body["ok"], body["ledger"], body["run"]) == (True, "ok", 5)
    assert (body["worker"], body["worker_late"]) == ("absent", True)


def test_an_unreadable_ledger_is_not_healthy(own: Built, at_home: Point) -> None:
    for part in ("", "-wal", "-shm"):
        (own.home / f"ledger.sqlite{part}").unlink(missing_ok=True)
    (own.home / "ledger.sqlite").mkdir()
    at_home(own)
    body, status = health()
    assert status == 503
    assert (body["ok"], body["ledger"]) == (False, "ledger.unavailable")


def test_a_broken_configuration_is_said_and_takes_nothing_away(own: Built, at_home: Point) -> None:
    own.config.write_text("version: 1\nsources: nothing\n", encoding="utf-8")
    at_home(own)
    body, status = health()
    assert status == 200
    assert body["config"] not in ("ok", "missing")


@pytest.fixture
def scheduled(own: Built) -> Built:
    text = own.config.read_text("utf-8")
    own.config.write_text(text + "schedule: {every: 1h}\n", encoding="utf-8")
    return own


def state(built: Built, now: datetime) -> WorkerState:
    ledger = open_ledger(built.home)
    try:
        return standing_of(ledger, load(built.config, environ=os.environ), now).worker
    finally:
        ledger.close()


def promised(built: Built, now: datetime, lease: timedelta) -> None:
    """A worker took the slot of `now` and holds its lease for `lease` longer."""
    from governance.access import WORKER
    from governance.worker.schedule import jobs_of, newest_slot

    ledger = open_ledger(built.home)
    try:
        fence = ledger.leases.acquire("worker@test", now=now, ttl=lease)
        assert fence is not None
        for job in jobs_of(load(built.config, environ=os.environ)):
            slot = newest_slot(job.schedule, job.zone, now)
            assert slot is not None
            ledger.slots.claim(
                job.key, slot, actor=WORKER, fence=fence, now=now, sources=None, checks=None
            )
    finally:
        ledger.close()


def test_a_worker_is_late_only_when_a_promised_slot_has_passed_for_long(scheduled: Built) -> None:
    assert state(scheduled, NOW) is WorkerState.ABSENT
    promised(scheduled, NOW, timedelta(days=1))
    next_slot = NOW + timedelta(hours=1)
    assert state(scheduled, NOW) is WorkerState.ALIVE
    assert state(scheduled, next_slot + GRACE - timedelta(seconds=1)) is WorkerState.ALIVE
    assert state(scheduled, next_slot + GRACE) is WorkerState.LATE
    assert state(scheduled, NOW + timedelta(days=2)) is WorkerState.ABSENT
