"""The lease, its fence and the slots: one at a time, and never again by who was before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from governance.access import WORKER, local_operator
from governance.ledger import LEASE_TIME, Ledger, LedgerRefused, open_ledger
from governance.ledger.rows import RunStatus, StepKind, Trigger
from governance.ledger.snapshots import NewSnapshot
from governance.store import Sealed
from tests.ledger.processes import NOW, claim_slots, decide, take_turns, together

LATER = NOW + LEASE_TIME + timedelta(seconds=1)
SEALED = Sealed("runs/1.duckdb", "0" * 64, 10)


def test_a_lease_is_one_holders_until_it_runs_out(ledger: Ledger) -> None:
    assert ledger.leases.acquire("a", now=NOW) == 1
    assert ledger.leases.acquire("b", now=NOW + LEASE_TIME - timedelta(seconds=1)) is None
    assert ledger.leases.acquire("b", now=LATER) == 2
    alive = ledger.leases.alive(now=LATER)
    assert alive is not None
    assert (alive.holder, alive.fence) == ("b", 2)


def test_who_renews_in_time_keeps_it_and_who_comes_late_is_told(ledger: Ledger) -> None:
    first = ledger.leases.acquire("a", now=NOW)
    assert first is not None
    assert ledger.leases.renew(first, now=NOW + timedelta(seconds=20))
    assert ledger.leases.acquire("b", now=LATER) is None
    second = ledger.leases.acquire("b", now=LATER + LEASE_TIME)
    assert second == 2
    assert not ledger.leases.renew(first, now=LATER + LEASE_TIME)


def test_giving_back_frees_at_once_but_only_ones_own(ledger: Ledger) -> None:
    first = ledger.leases.acquire("a", now=NOW)
    assert first is not None
    ledger.leases.release(first, now=NOW)
    assert ledger.leases.alive(now=NOW) is None
    second = ledger.leases.acquire("b", now=NOW)
    ledger.leases.release(first, now=NOW)
    assert ledger.leases.alive(now=NOW) is not None
    assert second == 2


def writes(ledger: Ledger, run: int, step: int, fence: int) -> dict[str, Callable[[], object]]:
    """Everything that a run, or the worker for it, can write."""
    told: dict[str, object] = {"fence": fence, "now": NOW}
    return {
        "start": lambda: ledger.runs.start(run + 1, config_digest="d", **told),  # type: ignore[arg-type]
        "finish": lambda: ledger.runs.finish(run, status=RunStatus.SUCCEEDED, **told),  # type: ignore[arg-type]
        "abandon": lambda: ledger.runs.abandon_stale(**told),  # type: ignore[arg-type]
        "step": lambda: ledger.steps.begin(run, StepKind.READ, **told),  # type: ignore[arg-type]
        "progress": lambda: ledger.steps.progress(run, step, fence=fence, rows=5),
        "done": lambda: ledger.steps.done(run, step, **told),  # type: ignore[arg-type]
        "failed": lambda: ledger.steps.failed(
            run, step, code="x", params={}, retryable=True, **told  # type: ignore[arg-type]
        ),
        "snapshot": lambda: ledger.snapshots.add(
            NewSnapshot("crm", "customer", run, SEALED, 1, NOW, (), {}), fence=fence
        ),
        "slot": lambda: ledger.slots.claim(
            "j", NOW, actor=WORKER, sources=None, checks=None, **told  # type: ignore[arg-type]
        ),
        "alert": lambda: ledger.alerts.open("run", "x", {}, **told),  # type: ignore[arg-type]
        "over": lambda: ledger.alerts.close("run", **told),  # type: ignore[arg-type]
    }  # fmt: skip


def test_a_run_whose_lease_another_took_can_write_nothing(ledger: Ledger, fence: int) -> None:
    run = ledger.runs.enqueue(local_operator(), trigger=Trigger.DEMO, now=NOW)
    ledger.runs.enqueue(local_operator(), trigger=Trigger.DEMO, now=NOW)
    ledger.runs.start(run, fence=fence, now=NOW, config_digest="d")
    step = ledger.steps.begin(run, StepKind.READ, fence=fence, now=NOW)
    before = (ledger.runs.recent(), ledger.steps.of_run(run))
    assert ledger.leases.acquire("another", now=LATER) == fence + 1
    for name, write in writes(ledger, run, step, fence).items():
        with pytest.raises(LedgerRefused) as refused:
            write()
        assert refused.value.code == "ledger.fenced", name
    assert (ledger.runs.recent(), ledger.steps.of_run(run)) == before
    assert ledger.snapshots.newest_of_each() == ()
    assert ledger.alerts.recent() == ()
    assert ledger.slots.of_job("j") == ()


def test_without_any_lease_nothing_of_a_run_is_written(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused):
        ledger.alerts.open("run", "x", {}, fence=1, now=NOW)


def test_processes_that_want_the_lease_hold_it_one_after_the_other(
    tmp_path: Path, url: str | None
) -> None:
    open_ledger(tmp_path, url).close()
    (tmp_path / "counter").write_text("0")
    fences = together(take_turns, [(tmp_path, url, n, 15) for n in range(2)])
    held = [fence for one in fences for fence in one]
    assert sorted(held) == list(range(1, 31))
    assert (tmp_path / "counter").read_text() == "30"


def test_a_slot_runs_once_however_many_claim_it(tmp_path: Path, url: str | None) -> None:
    ledger = open_ledger(tmp_path, url)
    fence = ledger.leases.acquire("tests", now=NOW)
    won = together(claim_slots, [(tmp_path, url, fence, 30)] * 3)
    slots = ledger.slots.of_job("source:crm every 60s")
    runs = ledger.runs.recent(limit=100)
    ledger.close()
    moments = [slot for slot, _ in slots]
    assert len(set(moments)) == len(moments)
    assert slots[0][1] is None, "the first slot of a new job only says from when it counts"
    promised = [run for _, run in slots[1:]]
    assert None not in promised
    assert sorted(run for one in won for run in one) == sorted(promised)
    assert len(runs) == len(promised)


def test_an_older_slot_than_the_newest_taken_is_gone(ledger: Ledger, fence: int) -> None:
    def claim(minute: int) -> int | None:
        return ledger.slots.claim(
            "j",
            NOW + timedelta(minutes=minute),
            actor=WORKER,
            fence=fence,
            now=NOW + timedelta(hours=1),
            sources=None,
            checks=(),
        )

    assert [claim(0), claim(0)] == [None, None]
    run = claim(5)
    assert run is not None
    assert [claim(3), claim(5)] == [None, None]
    row = ledger.runs.get(run)
    assert row is not None
    assert (row.sources, row.checks, row.trigger) == (None, (), Trigger.SCHEDULE)


def test_two_writers_lose_no_update(tmp_path: Path, url: str | None) -> None:
    ledger = open_ledger(tmp_path, url)
    fence = ledger.leases.acquire("tests", now=NOW)
    assert fence == 1
    ledger.alerts.open("run", "x", {}, fence=fence, now=NOW)
    together(decide, [(tmp_path, url, name, 60) for name in ("a", "b")])
    told = ledger.alerts.opened()[0].notified
    decisions = ledger.decisions.after()
    events = ledger.audit.recent(limit=1000, action="decision.comment")
    ledger.close()
    assert set(told) == {f"{name}-{n}" for name in ("a", "b") for n in range(60)}
    assert len(decisions) == len(events) == 120
