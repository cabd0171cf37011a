"""kill -9 at any moment: whoever looks sees whole runs only, and the next start tidies up."""

from __future__ import annotations

import random

import pytest

from governance.ledger.retention import REMOVED
from tests.faults import victims
from tests.faults.killing import STAGES, Killing
from tests.faults.truth import seen
from tests.faults.victims import Place

KILLS, TOGETHER = 200, 20


@pytest.mark.timeout(900)  # about 0.2 s a kill, and many times that on a busy machine
def test_kill_9_at_200_moments_shows_no_half_run_and_loses_no_decision(place: Place) -> None:
    works = {
        "worker": victims.work,
        "run": victims.run_again_and_again,
        "person": victims.decide,
    }
    killing = Killing(place, works, random.Random(20260301))
    killing.warm_up()
    while sum(killing.stages.values()) < KILLS:
        assert killing.tries < 4 * KILLS, f"too few kills hit a run: {killing.stages}"
        killing.once()
        if killing.tries % TOGETHER == 0:
            killing.settle()
            killing.begin()
    killing.settle()
    assert min(killing.stages[stage] for stage in STAGES) >= KILLS // 40, killing.stages
    assert min(killing.who["worker"], killing.who["run"]) >= KILLS // 10, killing.who
    assert killing.ledger.retention.due(killing.place.clock()), "nothing was ever old"
    assert killing.ledger.audit.recent(action=REMOVED), "nothing was ever taken away"
    assert killing.no_decision_was_lost() == []
    assert killing.no_orphan_was_lost() == []
    assert killing.truth.again().settled() == []
    assert killing.truth.contents(killing.states) == []
    assert seen(killing.ledger, killing.home) > 0
