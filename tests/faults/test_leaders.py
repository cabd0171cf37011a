"""Four workers and the leader killed three times: each slot runs once, on either ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.worker.holder import holding
from tests.faults import victims
from tests.faults.killing import named
from tests.faults.truth import Truth
from tests.faults.victims import Place, kill, start
from tests.worker.child import until

JOB = "schedule every 1s"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_four_workers_and_the_leader_killed_three_times_run_each_slot_once(
    place: Place, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "postgresql":
        place = Place(place.folder, place.clock, request.getfixturevalue("postgres_url"))
    ledger, bench = place.bench()
    workers = [start(victims.work, place, 1.0) for _ in range(4)]
    fences = set()
    try:
        for _ in range(3):
            seen = len(ledger.slots.of_job(JOB))
            until(lambda: len(ledger.slots.of_job(JOB)) > seen + 1, "slots")  # noqa: B023
            until(lambda: ledger.leases.alive(now=place.clock()), "a leader", look=0.01)
            lease = ledger.leases.alive(now=place.clock())
            assert lease is not None
            fences.add(lease.fence)
            (leader,) = (worker for worker in workers if named(lease, worker))
            kill(leader)
            workers.remove(leader)
        seen = len(ledger.slots.of_job(JOB))
        until(lambda: len(ledger.slots.of_job(JOB)) > seen + 1, "slots under the last")
        until(lambda: ledger.runs.last_sealed(), "a run")
    finally:
        for worker in workers:
            kill(worker)
    assert len(fences) == 3
    place.clock.move(timedelta(seconds=31))
    with holding(ledger, "run", clock=place.clock) as held:
        assert held is not None
        bench.recover(held.fence)
    slots = ledger.slots.of_job(JOB)
    runs = [run for _, run in slots[1:]]
    assert len({slot for slot, _ in slots}) == len(slots)
    assert None not in runs
    assert {run.id for run in ledger.runs.recent(1000)} == set(runs)
    assert len(set(runs)) == len(runs)
    by_fence = [run.fence for run in reversed(ledger.runs.recent(1000)) if run.fence]
    assert by_fence == sorted(by_fence)
    assert Truth(ledger, bench.home).settled() == []
    ledger.close()
