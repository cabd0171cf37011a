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


@pytest.mark.parametrize(
    ("direction", "system", "proposed"),
    [("left_moved", "oa", "云帆科技 1"), ("right_moved", "crm", "云帆科贸 1")],
)
def test_without_an_authority_the_side_that_moved_has_the_word(
    store: World, direction: str, system: str, proposed: str
) -> None:
    fix = only_fix(store, authority="erp", direction=direction)
    assert (fix.system, fix.proposed, fix.why) == (system, proposed, Why.MOVED)
    assert fix.action is Action.CHANGE


@pytest.mark.parametrize(
    ("direction", "why"),
    [
        ("both_moved", Why.BOTH_MOVED),
        ("never_agreed", Why.NO_AUTHORITY),
        ("void", Why.NO_AUTHORITY),
        (None, Why.NO_AUTHORITY),
    ],
)
def test_where_nothing_tells_who_is_right_a_person_decides(
    store: World, direction: str | None, why: Why
) -> None:
    fix = only_fix(store, authority="erp", direction=direction)
    assert (fix.action, fix.why, fix.proposed) == (Action.DECIDE, why, None)


def test_an_empty_authority_takes_what_was_entered_on_the_other_side(store: World) -> None:
    empty = {"left_value": None, "class": "null_vs_value"}
    fix = only_fix(store, direction="right_moved", **empty)
    assert (fix.system, fix.proposed, fix.why) == ("crm", "云帆科贸 1", Why.MOVED)


def test_an_authority_that_was_emptied_empties_nobody(store: World) -> None:
    fix = only_fix(store, left_value=None, direction="left_moved")
    assert (fix.action, fix.why, fix.proposed) == (Action.CONFIRM, Why.AUTHORITY_EMPTY, None)


def test_the_authority_comes_before_the_side_that_moved_and_that_is_told(store: World) -> None:
    fix = only_fix(store, authority="crm", direction="right_moved")
    assert (fix.system, fix.proposed, fix.why) == ("oa", "云帆科技 1", Why.AUTHORITY)
    assert fix.target_moved


def test_a_deleted_record_without_an_authority_is_for_a_person(store: World) -> None:
    fix = only_fix(store, kind="only_left", authority="erp", direction="deleted", **WHOLE)
    assert (fix.action, fix.why) == (Action.DECIDE, Why.DELETED)


def test_a_single_row_left_over_is_not_blamed_on_the_wrong_system(store: World) -> None:
    both = {"record_key": "C1", **WHOLE}
    store.run(
        [
            finding(1, kind="duplicate_left", copies=1, **both),
            finding(2, kind="duplicate_right", copies=2, **both),
            finding(3, kind="duplicate_right", copies=1, record_key="C2", **WHOLE),
        ]
    )
    made = {fix.finding.finding_id: fix.why for fix in fixes(store.desk.view(ALICE))}
    assert made == {
        "f000001": Why.DUPLICATE_EITHER,
        "f000002": Why.DUPLICATE,
        "f000003": Why.DUPLICATE,
    }


def test_personal_values_that_contradict_each_other_are_told_by_their_hashes(
    store: World,
) -> None:
    told = {"personal": True, "record_key": "C1", "left_value": "1***", "right_value": "2***"}
    store.run(
        [
            finding(1, authority="crm", left_hash="a", right_hash="c", **told),
            finding(2, left_source="legacy", authority="legacy", left_hash="b", **told),
        ]
    )
    assert {fix.action for fix in fixes(store.desk.view(ALICE))} == {Action.DECIDE}
