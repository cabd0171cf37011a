"""Runs in the ledger: what is asked, what is seen of it when, and what a dead holder leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from checks.outcome import Outcome
from governance.access import local_operator
from governance.ledger import LEASE_TIME, Ledger, LedgerRefused
from governance.ledger.rows import (
    CheckResult,
    Metric,
    RunStatus,
    StepKind,
    StepStatus,
    Trigger,
)
from governance.ledger.snapshots import NewSnapshot
from governance.store import Sealed
from tests.ledger.processes import NOW

ME = local_operator()


def started(ledger: Ledger, fence: int) -> int:
    run = ledger.runs.enqueue(ME, trigger=Trigger.DEMO, now=NOW)
    ledger.runs.start(run, fence=fence, now=NOW, config_digest="d")
    return run


def snapshot(ledger: Ledger, fence: int, run: int, source: str = "crm") -> int:
    new = NewSnapshot(
        source=source, entity="customer", run_id=run,
        sealed=Sealed(f"snapshots/{source}/customer/{run}.duckdb", "ab" * 32, 4096),
        rows=3, taken_at=NOW, columns=(("id", "bigint"), ("名称", "text")), unread={"phone": 2},
    )  # fmt: skip
    return ledger.snapshots.add(new, fence=fence)


def test_a_wish_that_waits_already_is_not_queued_twice(ledger: Ledger) -> None:
    first = ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW)
    assert ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW) == first
    assert ledger.runs.enqueue(ME, trigger=Trigger.MANUAL, now=NOW) == first
    narrower = ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW, checks=("customers",))
    assert narrower != first
    nothing = ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW, sources=())
    assert nothing not in (first, narrower)
    demo = ledger.runs.enqueue(ME, trigger=Trigger.DEMO, now=NOW)
    assert ledger.runs.enqueue(ME, trigger=Trigger.DEMO, now=NOW) != demo
    assert len(ledger.audit.recent(action="run.requested")) == len(ledger.runs.active()) == 5


def test_a_wish_made_while_the_run_is_under_way_is_a_new_one(ledger: Ledger, fence: int) -> None:
    first = ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW)
    ledger.runs.start(first, fence=fence, now=NOW, config_digest="d")
    assert ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW) != first


def test_the_queue_is_first_come_first_served(ledger: Ledger, fence: int) -> None:
    ids = [ledger.runs.enqueue(ME, trigger=Trigger.DEMO, now=NOW) for _ in range(3)]
    seen = []
    while (run := ledger.runs.next_queued()) is not None:
        seen.append(run.id)
        ledger.runs.start(run.id, fence=fence, now=NOW, config_digest="d")
    assert seen == ids


def test_a_run_starts_once(ledger: Ledger, fence: int) -> None:
    run = started(ledger, fence)
    with pytest.raises(LedgerRefused) as refused:
        ledger.runs.start(run, fence=fence, now=NOW, config_digest="d")
    assert refused.value.code == "ledger.not_queued"


def test_results_are_seen_when_the_run_ends_and_not_before(ledger: Ledger, fence: int) -> None:
    run = started(ledger, fence)
    used = snapshot(ledger, fence, run)
    assert ledger.runs.last_sealed() is None
    ledger.runs.finish(
        run,
        fence=fence,
        now=NOW + timedelta(seconds=9),
        status=RunStatus.PARTIAL,
        as_of=NOW,
        sealed=Sealed("runs/1.duckdb", "cd" * 32, 9000),
        used_snapshots=(used,),
        results=(
            CheckResult("customers", Outcome.FAILED, strict=0.97, adjusted=0.98, open_findings=7,
                        as_of={"crm": NOW}),
            CheckResult("staff", Outcome.NOT_EVALUABLE, "check.source_failed", {"source": "oa"}),
        ),
        measured=(Metric("customers", "crm", "oa", "strict", 0.97),
                  Metric("customers", "crm", "oa", "strict", None, field="name")),
    )  # fmt: skip
    ended = ledger.runs.last_sealed()
    assert ended is not None
    assert (ended.id, ended.status, ended.sha256, ended.as_of) == (
        run, RunStatus.PARTIAL, "cd" * 32, NOW,
    )  # fmt: skip
    customers, staff = ledger.results.of_run(run)
    assert (customers.outcome, customers.as_of) == (Outcome.FAILED, {"crm": NOW})
    assert (staff.reason_code, staff.reason_params) == ("check.source_failed", {"source": "oa"})
    assert [row.id for row in ledger.snapshots.of_run(run)] == [used]
    assert ledger.snapshots.of_run(run)[0].columns == (("id", "bigint"), ("名称", "text"))
    points = ledger.results.series("customers", "strict")
    assert [(point.run_id, point.as_of, point.metric.value) for point in points] == [
        (run, NOW, 0.97)
    ]
    assert len(ledger.results.metrics_of_run(run)) == 2


def test_an_end_that_breaks_half_way_shows_nothing(ledger: Ledger, fence: int) -> None:
    run = started(ledger, fence)
    twice = Metric("customers", "crm", "oa", "strict", 0.5)
    with pytest.raises(IntegrityError):
        ledger.runs.finish(
            run, fence=fence, now=NOW, status=RunStatus.SUCCEEDED, measured=(twice, twice),
            sealed=Sealed("runs/1.duckdb", "cd" * 32, 1),
            results=(CheckResult("customers", Outcome.PASSED),),
        )  # fmt: skip
    row = ledger.runs.get(run)
    assert row is not None
    assert (row.status, row.file) == (RunStatus.RUNNING, None)
    assert ledger.results.of_run(run) == ()


def test_what_a_dead_holder_left_running_is_marked_failed(ledger: Ledger, fence: int) -> None:
    dead, waiting = started(ledger, fence), ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW)
    ledger.steps.begin(dead, StepKind.READ, fence=fence, now=NOW, source="crm", entity="customer")
    later = NOW + LEASE_TIME + timedelta(seconds=1)
    newer = ledger.leases.acquire("next", now=later)
    assert newer is not None
    alive = ledger.runs.enqueue(ME, trigger=Trigger.DEMO, now=later)
    ledger.runs.start(alive, fence=newer, now=later, config_digest="d")
    assert ledger.runs.abandon_stale(fence=newer, now=later) == (dead,)
    states = {run.id: (run.status, run.error_code) for run in ledger.runs.recent()}
    assert states == {
        dead: (RunStatus.FAILED, "ledger.run_abandoned"),
        waiting: (RunStatus.QUEUED, None),
        alive: (RunStatus.RUNNING, None),
    }
    (step,) = ledger.steps.of_run(dead)
    assert (step.status, step.code) == (StepStatus.FAILED, "ledger.run_abandoned")
    assert ledger.steps.last_reads("crm") == (), "it says nothing about the source"


def test_steps_tell_rows_so_far_and_keep_them_when_they_fail(ledger: Ledger, fence: int) -> None:
    run = started(ledger, fence)
    first = ledger.steps.begin(run, StepKind.READ, fence=fence, now=NOW, source="crm")
    second = ledger.steps.begin(run, StepKind.READ, fence=fence, now=NOW, source="oa")
    ledger.steps.progress(run, first, fence=fence, rows=1000)
    ledger.steps.progress(run, second, fence=fence, rows=500)
    ledger.steps.failed(
        run, first, fence=fence, now=NOW, code="source.down", params={"host": "db"}, retryable=True
    )
    ledger.steps.done(run, second, fence=fence, now=NOW, notes=({"code": "n", "params": {}},))
    one, two = ledger.steps.of_run(run)
    assert (one.rows, one.status, one.code, one.retryable) == (
        1000, StepStatus.FAILED, "source.down", True,
    )  # fmt: skip
    assert (two.rows, two.status, two.notes) == (
        500, StepStatus.DONE, ({"code": "n", "params": {}},),
    )  # fmt: skip


def test_a_step_still_open_when_the_run_ends_is_closed_with_the_runs_reason(
    ledger: Ledger, fence: int
) -> None:
    run = started(ledger, fence)
    ledger.steps.begin(run, StepKind.READ, fence=fence, now=NOW, source="crm")
    ledger.runs.finish(
        run, fence=fence, now=NOW, status=RunStatus.STOPPED, error_code="run.stopped"
    )
    (step,) = ledger.steps.of_run(run)
    assert (step.status, step.code) == (StepStatus.FAILED, "run.stopped")


def test_the_newest_snapshot_of_each_source_is_found(ledger: Ledger, fence: int) -> None:
    run = started(ledger, fence)
    old, oa = snapshot(ledger, fence, run), snapshot(ledger, fence, run, "oa")
    new = snapshot(ledger, fence, run)
    assert [row.id for row in ledger.snapshots.newest_of_each()] == [new, oa]
    assert [row.id for row in ledger.snapshots.history("crm", "customer")] == [old, new]
    newest = ledger.snapshots.newest("crm", "customer")
    assert newest is not None
    assert (newest.id, newest.unread, newest.taken_at) == (new, {"phone": 2}, NOW)


def test_an_alert_is_open_once_and_can_come_back(ledger: Ledger, fence: int) -> None:
    def opening(code: str) -> bool:
        return ledger.alerts.open("source:crm", code, {}, fence=fence, now=NOW)

    assert [opening("a"), opening("b")] == [True, False]
    assert ledger.alerts.close("source:crm", fence=fence, now=NOW)
    assert not ledger.alerts.close("source:crm", fence=fence, now=NOW)
    assert opening("c")
    assert [alert.code for alert in ledger.alerts.recent()] == ["c", "a"]
    assert [alert.code for alert in ledger.alerts.opened()] == ["c"]
