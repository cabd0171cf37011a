"""What is told about runs and sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.config import load
from governance.errors import PermissionRefused
from governance.ledger import open_ledger
from governance.ledger.rows import StepKind, StepRow, StepStatus
from governance.views.runs import Health, health_of, history, run_view, source_health, telling
from tests.cast import LEADER, OUTSIDER
from tests.ui.world import Built

START = datetime(2026, 3, 1, tzinfo=UTC)
READ = StepRow(
    run_id=1, seq=1, kind=StepKind.READ, source="crm", entity="customer", check_name=None,
    status=StepStatus.DONE, rows=10, started_at=START, finished_at=START + timedelta(seconds=1),
    code=None, params={}, retryable=None, notes=(),
)  # fmt: skip
DOWN = replace(READ, status=StepStatus.FAILED, code="source.unavailable", retryable=True)


@pytest.mark.parametrize(
    ("newest", "health"),
    [
        ((READ,), Health.OK),
        ((READ, DOWN), Health.PART),
        ((DOWN, DOWN), Health.FAILED),
        ((), Health.NEVER),
    ],
)
def test_a_source_is_as_well_as_its_last_read(newest: tuple[StepRow, ...], health: Health) -> None:
    reads = (newest,) if newest else ()
    assert health_of("crm", reads, []).health is health


def test_failures_in_a_row_are_counted_up_to_the_last_good_read() -> None:
    assert health_of("crm", ((DOWN,), (DOWN,), (READ,), (DOWN,)), []).failing == 2


def test_a_run_that_broke_by_itself_says_nothing_about_its_sources() -> None:
    broke = replace(DOWN, code="run.defect")
    assert telling(((broke,), (READ,))) == ((READ,),)


def test_the_history_names_the_source_that_could_not_be_read(world: Built) -> None:
    ledger = open_ledger(world.home)
    try:
        lines = history(LEADER, ledger)
        told = {line.run.id: line.failed_sources for line in lines}
        assert told == {5: (), 4: (), 3: ("oa",), 2: (), 1: ()}
        view = run_view(LEADER, ledger, 3)
        assert view is not None
        assert {step.source for step in view.failures} == {"oa"}
        config = load(world.config, environ={})
        assert [s.health for s in source_health(LEADER, ledger, config)] == [Health.OK, Health.OK]
    finally:
        ledger.close()


def test_whoever_may_not_look_learns_nothing(world: Built) -> None:
    ledger = open_ledger(world.home)
    try:
        config = load(world.config, environ={})
        with pytest.raises(PermissionRefused):
            history(OUTSIDER, ledger)
        with pytest.raises(PermissionRefused):
            run_view(OUTSIDER, ledger, 1)
        with pytest.raises(PermissionRefused):
            source_health(OUTSIDER, ledger, config)
    finally:
        ledger.close()
