"""The cross-walk: what a run takes in, what a person decides, and what can never be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.access import Actor, Right
from governance.errors import PermissionRefused
from governance.ledger import Ledger
from governance.ledger.crosswalk import PairRefused
from governance.ledger.rows import Trigger
from governance.ledger.walks import AFTER, Between, End, Event, Found, Model, Status
from tests.homes import fresh_ledger
from tests.thorough import some

NOW = datetime(2026, 3, 2, 18, 5, tzinfo=UTC)
STEWARD = Actor("lin", frozenset({Right.VIEW, Right.DECIDE}))
READER = Actor("bo", frozenset({Right.VIEW}))
SOUTH = Actor("su", frozenset({Right.VIEW, Right.DECIDE}), frozenset({"south"}))
BETWEEN = Between("customer", "crm", "oa")
OTHER = Between("customer", "crm", "erp")
MODEL = Model("rules", 10, {"prior": 0.1}, "seen")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = fresh_ledger(tmp_path)
    made.runs.enqueue(STEWARD_RUNS, trigger=Trigger.MANUAL, now=NOW)
    return made


STEWARD_RUNS = Actor("lin", frozenset({Right.RUN}))


def found(left: str, right: str, probability: float = 0.7, *, accepted: bool = False) -> Found:
    return Found(End(left, left), End(right, right, "south"), probability, (), accepted)


def take(ledger: Ledger, *pairs: Found, between: Between = BETWEEN) -> None:
    ledger.crosswalk.take(between, pairs, MODEL, run_id=1, now=NOW)


def standing(ledger: Ledger, status: Status) -> set[tuple[str, str]]:
    page = ledger.crosswalk.page(STEWARD, BETWEEN, status, limit=1000)
    return {(pair.left_key, pair.right_key) for pair in page}


def only(ledger: Ledger, status: Status = Status.PROPOSED) -> int:
    (pair,) = ledger.crosswalk.page(STEWARD, BETWEEN, status)
    return pair.id


def test_a_run_never_touches_what_somebody_decided(ledger: Ledger) -> None:
    take(ledger, found("a", "x"), found("b", "y", 0.6))
    first, second = ledger.crosswalk.page(STEWARD, BETWEEN, Status.PROPOSED)
    ledger.crosswalk.decide(STEWARD, first.id, Event.REJECTED, now=NOW)
    ledger.crosswalk.decide(STEWARD, second.id, Event.ACCEPTED, now=NOW)
    take(ledger, found("a", "x", 0.99, accepted=True), found("b", "z", 0.99, accepted=True))
    assert standing(ledger, Status.REJECTED) == {("a", "x")}
    assert standing(ledger, Status.ACCEPTED) == {("b", "y")}


def test_a_proposal_that_the_data_no_longer_makes_is_withdrawn_and_may_come_back(
    ledger: Ledger,
) -> None:
    take(ledger, found("a", "x"))
    pair = only(ledger)
    take(ledger)
    assert standing(ledger, Status.PROPOSED) == set()
    take(ledger, found("a", "x"))
    told = [event.event for event in ledger.crosswalk.history(STEWARD, pair)]
    assert told == [Event.PROPOSED, Event.WITHDRAWN, Event.PROPOSED]


def test_the_same_result_again_leaves_no_event(ledger: Ledger) -> None:
    for _ in range(3):
        take(ledger, found("a", "x"), found("b", "y", 0.99, accepted=True))
    accepted = only(ledger, Status.ACCEPTED)
    for pair in (only(ledger), accepted):
        assert len(ledger.crosswalk.history(STEWARD, pair)) == 1


def test_accepting_withdraws_what_was_proposed_for_the_same_records(ledger: Ledger) -> None:
    take(ledger, found("a", "x", 0.6), found("a", "y", 0.4), found("b", "x", 0.3))
    first = ledger.crosswalk.page(STEWARD, BETWEEN, Status.PROPOSED)[0]
    ledger.crosswalk.decide(STEWARD, first.id, Event.ACCEPTED, now=NOW)
    assert standing(ledger, Status.ACCEPTED) == {("a", "x")}
    assert standing(ledger, Status.PROPOSED) == set()


def test_a_record_has_one_partner_a_source_and_another_in_another(ledger: Ledger) -> None:
    walk = ledger.crosswalk
    walk.merge(STEWARD, BETWEEN, End("a"), End("x"), now=NOW)
    with pytest.raises(PairRefused, match=r"matching\.taken"):
        walk.merge(STEWARD, BETWEEN, End("a"), End("y"), now=NOW)
    walk.merge(STEWARD, OTHER, End("a"), End("y"), now=NOW)
    assert walk.accepted(BETWEEN) == (("a", "x"),)
    assert walk.accepted(OTHER) == (("a", "y"),)


def test_a_pair_that_stands_otherwise_is_not_decided_again(ledger: Ledger) -> None:
    take(ledger, found("a", "x"))
    pair = only(ledger)
    ledger.crosswalk.decide(STEWARD, pair, Event.ACCEPTED, now=NOW)
    for event in (Event.ACCEPTED, Event.REJECTED, Event.MERGED):
        with pytest.raises(PairRefused, match=r"matching\.stands"):
            ledger.crosswalk.decide(STEWARD, pair, event, now=NOW)


def test_whoever_may_not_decide_is_refused_and_nothing_changes(ledger: Ledger) -> None:
    take(ledger, found("a", "x"))
    pair = only(ledger)
    with pytest.raises(PermissionRefused):
        ledger.crosswalk.decide(READER, pair, Event.ACCEPTED, now=NOW)
    with pytest.raises(PermissionRefused):
        ledger.crosswalk.decide_all(READER, [pair], Event.ACCEPTED, now=NOW)
    with pytest.raises(PermissionRefused):
        ledger.crosswalk.merge(READER, BETWEEN, End("b"), End("y"), now=NOW)
    assert standing(ledger, Status.PROPOSED) == {("a", "x")}
    assert standing(ledger, Status.ACCEPTED) == set()


def test_rows_of_other_departments_are_not_there(ledger: Ledger) -> None:
    elsewhere = Found(End("b", "b", "north"), End("y", "y", "north"), 0.8)
    take(ledger, found("a", "x"), elsewhere)
    north, south = ledger.crosswalk.page(STEWARD, BETWEEN, Status.PROPOSED)
    assert ledger.crosswalk.count(SOUTH, BETWEEN, Status.PROPOSED) == 1
    assert [p.id for p in ledger.crosswalk.page(SOUTH, BETWEEN, Status.PROPOSED)] == [south.id]
    with pytest.raises(PairRefused, match=r"matching\.outside"):
        ledger.crosswalk.decide(SOUTH, north.id, Event.ACCEPTED, now=NOW)
    assert ledger.crosswalk.decide_all(SOUTH, [north.id, south.id], Event.ACCEPTED, now=NOW) == 1
    assert standing(ledger, Status.ACCEPTED) == {("a", "x")}


KEYS = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.lists(st.tuples(KEYS, st.booleans()), max_size=5)),
        st.tuples(st.sampled_from(["accepted", "rejected", "split", "merged", "hand"]), KEYS),
    ),
    max_size=12,
)


@settings(
    max_examples=some(40, 15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_no_record_ever_has_two_partners_and_split_then_merge_restores(
    ledger: Ledger, steps: list[tuple[str, object]]
) -> None:
    with ledger.database.write() as connection:
        for table in ("crosswalk_events", "crosswalk"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    for what, about in steps:
        step(ledger, what, about)
        accepted = ledger.crosswalk.accepted(BETWEEN)
        for at in (0, 1):
            assert len({pair[at] for pair in accepted}) == len(accepted)
        for pair in ledger.crosswalk.page(STEWARD, BETWEEN, Status.ACCEPTED):
            events = ledger.crosswalk.history(STEWARD, pair.id)
            assert AFTER[events[-1].event] is pair.status
    for pair in ledger.crosswalk.page(STEWARD, BETWEEN, Status.ACCEPTED):
        before = set(ledger.crosswalk.accepted(BETWEEN))
        ledger.crosswalk.decide(STEWARD, pair.id, Event.SPLIT, now=NOW)
        assert set(ledger.crosswalk.accepted(BETWEEN)) == before - {(pair.left_key, pair.right_key)}
        ledger.crosswalk.decide(STEWARD, pair.id, Event.MERGED, now=NOW)
        assert set(ledger.crosswalk.accepted(BETWEEN)) == before


def step(ledger: Ledger, what: str, about: object) -> None:
    """One thing that happens; what does not fit is refused, and that is all."""
    walk = ledger.crosswalk
    if what == "run":
        assert isinstance(about, list)
        pairs = dict(about)
        take(ledger, *(found(*keys, accepted=sure) for keys, sure in pairs.items()))
        return
    assert isinstance(about, tuple)
    try:
        if what == "hand":
            walk.merge(STEWARD, BETWEEN, End(about[0]), End(about[1]), now=NOW)
            return
        known = [
            pair
            for status in Status
            for pair in walk.page(STEWARD, BETWEEN, status)
            if (pair.left_key, pair.right_key) == about
        ]
        for pair in known:
            walk.decide(STEWARD, pair.id, Event(what), now=NOW)
    except PairRefused:
        pass
