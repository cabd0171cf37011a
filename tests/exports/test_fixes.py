"""What has to change: in the system that is not the authority, and never two things at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.errors import PermissionRefused
from governance.exports.remediation import Action, Why, fixes
from governance.reading import Filters
from tests.reading.build import ALICE, BOB, CHARLIE, World, finding

WHOLE = {"field": None, "class": None, "left_value": None, "right_value": None}


def only_fix(store: World, **changed: object):
    store.run([finding(1, **changed)])
    (fix,) = fixes(store.desk.view(ALICE))
    return fix


@pytest.mark.parametrize(
    ("authority", "system", "current", "proposed"),
    [("crm", "oa", "云帆科贸 1", "云帆科技 1"), ("oa", "crm", "云帆科技 1", "云帆科贸 1")],
)
def test_the_side_that_is_not_the_authority_takes_its_value(
    store: World, authority: str, system: str, current: str, proposed: str
) -> None:
    fix = only_fix(store, authority=authority)
    assert (fix.system, fix.current, fix.proposed) == (system, current, proposed)
    assert (fix.action, fix.why) == (Action.CHANGE, Why.AUTHORITY)


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_authority_that_says_nothing_is_confirmed_first(
    store: World, nothing: str | None
) -> None:
    fix = only_fix(store, left_value=nothing, **{"class": "null_vs_value"})
    assert (fix.system, fix.current, fix.proposed) == ("oa", "云帆科贸 1", None)
    assert (fix.action, fix.why) == (Action.CONFIRM, Why.AUTHORITY_EMPTY)


def test_personal_values_are_never_proposed(store: World) -> None:
    fix = only_fix(store, personal=True, left_value="138****5678", right_value="138****5679")
    assert (fix.action, fix.why, fix.proposed) == (Action.CHANGE, Why.PERSONAL, None)


@pytest.mark.parametrize(
    ("kind", "authority", "system", "action"),
    [
        ("only_left", "crm", "oa", Action.CREATE),
        ("only_left", "oa", "crm", Action.REMOVE),
        ("only_right", "crm", "oa", Action.REMOVE),
        ("only_right", "oa", "crm", Action.CREATE),
        ("duplicate_left", "crm", "crm", Action.MERGE),
        ("duplicate_right", "crm", "oa", Action.MERGE),
        ("null_key_left", "crm", "crm", Action.FILL_KEY),
        ("null_key_right", "crm", "oa", Action.FILL_KEY),
    ],
)
def test_whole_rows_go_where_the_work_is(
    store: World, kind: str, authority: str, system: str, action: Action
) -> None:
    fix = only_fix(store, kind=kind, authority=authority, **WHOLE)
    assert (fix.system, fix.action) == (system, action)


def test_two_systems_that_are_no_authority_are_not_played_off(store: World) -> None:
    fix = only_fix(store, authority="erp")
    assert (fix.action, fix.why, fix.proposed) == (Action.DECIDE, Why.NO_AUTHORITY, None)


def test_contradicting_values_for_one_cell_are_left_to_a_person(store: World) -> None:
    store.run(
        [
            finding(1, record_key="C1", authority="crm", left_value="A"),
            finding(2, record_key="C1", left_source="legacy", authority="legacy", left_value="B"),
            finding(3, record_key="C1", left_source="legacy", field="credit", authority="legacy"),
            finding(4, record_key="C2", left_source="legacy", authority="legacy", left_value="B"),
        ]
    )
    made = {fix.finding.finding_id: fix for fix in fixes(store.desk.view(ALICE))}
    for contradicting in ("f000001", "f000002"):
        assert made[contradicting].action is Action.DECIDE
        assert made[contradicting].why is Why.CONTRADICTION
        assert made[contradicting].proposed is None
    assert made["f000003"].action is Action.CHANGE
    assert made["f000004"].proposed == "B"


def test_rows_without_a_key_are_not_taken_for_one_record(store: World) -> None:
    store.run([finding(n, record_key=None, key_shown=None, left_value=str(n)) for n in (1, 2)])
    assert {fix.proposed for fix in fixes(store.desk.view(ALICE))} == {"1", "2"}


def test_what_heals_by_itself_or_is_gone_asks_nobody(store: World) -> None:
    states = ("open", "pending", "gone", "unchecked")
    store.run([finding(n, state=state) for n, state in enumerate(states)])
    view = store.desk.view(ALICE)
    assert {fix.finding.state for fix in fixes(view)} == {"open", "unchecked"}
    asked = Filters(state=("pending",))
    assert [fix.finding.state for fix in fixes(view, asked)] == ["pending"]


def test_a_reader_gets_the_work_of_their_departments(store: World) -> None:
    store.run([finding(1), finding(2, department="华南")])
    assert [f.finding.finding_id for f in fixes(store.desk.view(BOB))] == ["f000001"]
    assert list(fixes(store.desk.view(replace(BOB, departments=frozenset({"西南"}))))) == []
    with pytest.raises(PermissionRefused):
        list(fixes(store.desk.view(CHARLIE)))
