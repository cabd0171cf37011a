"""Relations, held against the cases of OpenFGA."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from checks.permissions.model import Account, Membership, Node, Role, System
from checks.permissions.relation_model import (
    By,
    InvalidTuple,
    InvalidUser,
    RelationError,
    Step,
    TooDeep,
    Tuple,
    UnknownRelation,
    UnknownType,
    Users,
)
from checks.permissions.relations import Relations
from checks.permissions.resolve import resolver
from tests.permissions.openfga import read_model
from tests.thorough import some

CASES = Path(__file__).parents[1] / "fixtures" / "openfga" / "consolidated_1_1_tests.yaml"
# The codes that the cases expect, as our errors. 2000 is what a check says of any bad question.
ERRORS: dict[int, type[RelationError]] = {
    2000: RelationError,
    2002: TooDeep,
    2021: UnknownType,
    2022: UnknownRelation,
    2027: InvalidTuple,
}
LISTS = ("checkAssertions", "listObjectsAssertions", "listUsersAssertions")


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    return YAML(typ="safe").load(CASES)["tests"]  # type: ignore[no-any-return]


def tuples(listed: list[dict[str, str]] | None) -> list[Tuple]:
    return [Tuple(one["object"], one["relation"], one["user"]) for one in listed or []]


def stages(case: dict[str, Any]) -> Iterator[tuple[Relations, dict[str, Any]]]:
    """Each stage has a model of its own over all tuples that were written so far."""
    written: list[Tuple] = []
    for stage in case["stages"]:
        written += tuples(stage.get("tuples"))
        yield Relations(read_model(stage["model"]), written, deepest=25), stage


def asked(relations: Relations, kind: str, assertion: dict[str, Any]) -> object:
    """What we answer, in the form of the case's expectation."""
    if "contextualTuples" in assertion:
        relations = relations.with_tuples(tuples(assertion["contextualTuples"]))
    if kind == "checkAssertions":
        (one,) = tuples([assertion["tuple"]])
        return relations.check(one.object, one.relation, one.user) is not None
    request = assertion["request"]
    if kind == "listObjectsAssertions":
        found = relations.objects(request["type"], request["relation"], request["user"])
        return sorted(found)
    (form,) = request["filters"]
    users = relations.users(request["object"], request["relation"], form)
    return sorted([*users.named, *([f"{form}:*"] if users.everybody else [])])


def wrong(case: dict[str, Any], counted: Counter[str]) -> Iterator[str]:
    for at, (relations, stage) in enumerate(stages(case)):
        for kind in LISTS:
            for assertion in stage.get(kind) or []:
                counted[kind] += 1
                said: object
                try:
                    said = asked(relations, kind, assertion)
                except RelationError as error:
                    said = error
                if "errorCode" in assertion:
                    right = isinstance(said, ERRORS[assertion["errorCode"]])
                else:
                    expected = assertion.get("expectation")
                    right = said == (expected if kind == LISTS[0] else sorted(expected or []))
                if not right:
                    yield f"{case['name']} stage {at} {kind}: {assertion} but {said!r}"


def test_all_137_cases_are_answered_as_openfga_answers_them(cases: list[dict[str, Any]]) -> None:
    counted: Counter[str] = Counter()
    failures = [failure for case in cases for failure in wrong(case, counted)]
    assert failures == []
    assert len(cases) == 137
    assert counted == {LISTS[0]: 360, LISTS[1]: 270, LISTS[2]: 295}


MODEL = read_model("""
type user
type group
  relations
    define member: [user, group#member]
type folder
  relations
    define viewer: [user, user:*]
type document
  relations
    define parent: [folder]
    define blocked: [user]
    define reader: [user, group#member] or viewer from parent
    define can_read: reader but not blocked
    define both: reader and can_read
""")


def relations(*listed: tuple[str, str, str]) -> Relations:
    return Relations(MODEL, [Tuple(*one) for one in listed])


def test_the_answer_is_the_path() -> None:
    asked = relations(
        ("document:1", "reader", "group:a#member"),
        ("group:a", "member", "group:b#member"),
        ("group:b", "member", "user:anna"),
    )
    assert asked.check("document:1", "can_read", "user:anna") == (
        Step("document:1", "can_read", By.COMPUTED, "reader"),
        Step("document:1", "reader", By.USERSET, "group:a#member"),
        Step("group:a", "member", By.USERSET, "group:b#member"),
        Step("group:b", "member", By.DIRECT, "user:anna"),
    )


def test_a_path_leads_over_other_objects_and_everybody() -> None:
    asked = relations(("document:1", "parent", "folder:x"), ("folder:x", "viewer", "user:*"))
    path = asked.check("document:1", "reader", "user:anna")
    assert path == (
        Step("document:1", "reader", By.FROM, "folder:x#viewer"),
        Step("folder:x", "viewer", By.EVERYBODY, "user:*"),
    )
    assert asked.objects("document", "reader", "user:anna") == ("document:1",)


def test_groups_in_a_circle_prove_nothing_and_end() -> None:
    asked = relations(
        ("group:a", "member", "group:b#member"), ("group:b", "member", "group:a#member")
    )
    assert asked.check("group:a", "member", "user:anna") is None
    assert asked.users("group:a", "member", "user") == Users()


def test_everybody_but_some_is_kept_as_such() -> None:
    asked = relations(
        ("document:1", "parent", "folder:x"),
        ("folder:x", "viewer", "user:*"),
        ("document:1", "blocked", "user:bob"),
    )
    users = asked.users("document:1", "both", "user")
    assert ("user:anna" in users, "user:bob" in users) == (True, False)
    assert asked.check("document:1", "both", "user:bob") is None
    assert len(asked.check("document:1", "both", "user:anna") or ()) == 7


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (("folder:1", "reader", "user:a"), UnknownRelation),
        (("house:1", "reader", "user:a"), UnknownType),
        (("document:1", "reader", "a:b:c"), InvalidUser),
        (("document:1", "reader", "group:a#owner"), UnknownRelation),
    ],
)
def test_a_question_that_the_model_does_not_know_is_an_error(
    question: tuple[str, str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        relations().check(*question)


def test_what_the_model_forbids_is_refused_or_does_not_count() -> None:
    with pytest.raises(InvalidTuple):
        relations().with_tuples([Tuple("document:1", "blocked", "user:*")])
    assert (
        relations(("document:1", "blocked", "user:*")).users("document:1", "blocked", "user")
        == Users()
    )


GROUPS = st.sampled_from("abcd")


@settings(max_examples=some(50, 16), deadline=None)
@given(st.lists(st.tuples(GROUPS, GROUPS), max_size=8), st.sets(GROUPS, max_size=2))
def test_nested_groups_of_a_system_are_those_of_the_relations(
    nested: list[tuple[str, str]], direct: set[str]
) -> None:
    asked = relations(
        *((f"group:{into}", "member", f"group:{inner}#member") for inner, into in nested),
        *((f"group:{into}", "member", "user:a") for into in direct),
    )
    group = Node.GROUP
    system = System(
        "oa",
        "widest",
        accounts={"a": Account("a")},
        roles={id_: Role(id_, node=group) for id_ in "abcd"},
        memberships=(
            *(Membership(inner, into, group, group) for inner, into in nested),
            *(Membership("a", into, into_node=group) for into in direct),
        ),
    )
    found = resolver(system, as_of=datetime(2026, 3, 3, tzinfo=UTC)).roles("a")
    assert asked.objects("group", "member", "user:a") == tuple(f"group:{g}" for g in sorted(found))
    for group_, path in found.items():
        steps = asked.check(f"group:{group_}", "member", "user:a")
        assert steps is not None
        assert len(steps) >= len(path) - 1
