"""The same with the ledger in PostgreSQL: two workers, two dashboards, kills, cut connections."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.faults import victims
from tests.faults.killing import OUTLIVED, Killing
from tests.faults.readers import Readers
from tests.faults.truth import seen
from tests.faults.victims import Place
from tests.thorough import some
from tests.worker.child import until

KILLS, CUTS = some(20, 8), some(5, 2)
TWO_WORKERS = {"one": victims.work, "other": victims.work, "person": victims.decide}


@pytest.fixture
def shared(place: Place, postgres_url: str) -> Place:
    return Place(place.folder, place.clock, postgres_url)


@pytest.fixture
def killing(shared: Place) -> Iterator[Killing]:
    made = Killing(shared, TWO_WORKERS, random.Random(20260302))
    yield made
    for name in list(made.alive):
        made.stop(name)
    made.ledger.close()


def test_two_workers_are_killed_while_two_dashboards_read(killing: Killing, shared: Place) -> None:
    killing.warm_up()
    with Readers(shared, 2) as readers:
        while sum(killing.stages.values()) < KILLS:
            assert killing.tries < 4 * KILLS, killing.stages
            killing.once()
    killing.settle()
    assert min(killing.who["one"], killing.who["other"]) >= KILLS // 6, killing.who
    assert killing.no_decision_was_lost() == []
    assert killing.no_orphan_was_lost() == []
    assert killing.truth.again().settled() == []
    assert killing.truth.contents(killing.states) == []
    assert seen(killing.ledger, killing.home) > 0
    assert readers.wrong() == []


def test_a_connection_cut_amid_a_run_costs_that_run_at_most(
    killing: Killing, shared: Place, postgres_url: str
) -> None:
    import psycopg

    killing.warm_up()
    killing.stop("person")  # who is told that it failed knows that it was not taken
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        for _ in range(CUTS):
            wanted = killing.dice.randint(0, 6)
            until(lambda: killing.begun() == wanted, "a run that is so far", look=0.002)  # noqa: B023
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND application_name <> 'tests'"
            )
            shared.clock.move(OUTLIVED)
            sealed = len(killing.ledger.runs.sealed())
            until(lambda: len(killing.ledger.runs.sealed()) > sealed, "a run after the cut")  # noqa: B023
            assert killing.truth.visible() == []
    assert all(killing.alive[name].is_alive() for name in ("one", "other"))
    killing.settle()
