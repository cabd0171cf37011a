"""kill -9 at any moment: whoever looks sees whole runs only, and the next start tidies up."""

from __future__ import annotations

import random

import pytest

from governance.ledger.retention import REMOVED
from tests.faults import victims
from tests.faults.killing import STAGES, Killing
from tests.faults.truth import seen
from tests.faults.victims import Place
from tests.thorough import some

# 200 take a minute and a half of the processors; a few of them already find what is broken.
KILLS, TOGETHER = some(200, 24), some(20, 6)


@pytest.mark.timeout(900)  # about 0.2 s a kill, and many times that on a busy machine
def test_kill_9_at_any_moment_shows_no_half_run_and_loses_no_decision(place: Place) -> None:
    works = {
        "worker": victims.work,
        "run": victims.run_again_and_again,
        "person": victims.decide,
    }
    killing = Killing(place, works, random.Random(20260301))
    killing.warm_up()
    while sum(killing.stages.values()) < KILLS or not hit_everywhere(killing):
        assert killing.tries < 4 * KILLS, f"too few kills hit a run: {killing.stages}"
        killing.once()
        if killing.tries % TOGETHER == 0:
            killing.settle()
            killing.begin()
    killing.settle()
    assert killing.ledger.retention.due(killing.place.clock()), "nothing was ever old"
    assert killing.ledger.audit.recent(action=REMOVED), "nothing was ever taken away"
    assert killing.no_decision_was_lost() == []
    assert killing.no_orphan_was_lost() == []
    assert killing.truth.again().settled() == []
    assert killing.truth.contents(killing.states) == []
    assert seen(killing.ledger, killing.home) > 0


def hit_everywhere(killing: Killing) -> bool:
    """Whether runs were killed in each of their stages, whoever of the two was at it."""
    each = min(killing.who["worker"], killing.who["run"]) >= KILLS // 10
    return each and min(killing.stages[stage] for stage in STAGES) >= max(KILLS // 40, 1)
