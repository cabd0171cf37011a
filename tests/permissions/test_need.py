"""What a job family may do, set against what its people hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.permissions.company import Company
from checks.permissions.model import Scope, System
from checks.permissions.need import Needs, home
from checks.permissions.policy import Family
from tests.permissions import small

VIEW = "CUST_VIEW"


def held(role_scope: str, allowed: Scope | None, *, job: str = "sales") -> tuple[Company, Needs]:
    """One seller of d2, below d1, whose role views customers at `role_scope`."""
    crm = small.system(
        "crm", [small.account("a1", "1001", department="d2")],
        {"seller": ["crm:customer:view", f"@{role_scope}"]}, {"a1": ["seller"]},
        {"d1": None, "d2": "d1", "d3": "d2", "d9": "d1"},
    )  # fmt: skip
    family = Family("sales", small.name("Sales"), ("sales",), {VIEW: allowed} if allowed else {})
    company = small.company(
        small.facts(crm, people=[small.person("1001", job=job, department="d2")]),
        small.policy({VIEW: {"crm": ["crm:customer:view"]}}, [family]),
    )
    return company, Needs(company)


@pytest.mark.parametrize(
    ("role_scope", "allowed", "beyond"),
    [
        ("own", Scope.OWN, False),
        ("department", Scope.OWN, True),
        ("department", Scope.DEPARTMENT, False),
        ("subtree", Scope.DEPARTMENT, True),
        ("subtree", Scope.SUBTREE, False),
        ("all", Scope.SUBTREE, True),
        ("all", Scope.ALL, False),
        ("own", None, True),  # not theirs at all
        ("own", Scope.CUSTOM, None),  # a set that no policy spells out
    ],
)
def test_what_reaches_further_than_the_family_may_is_beyond_its_need(
    role_scope: str, allowed: Scope | None, beyond: bool | None
) -> None:
    company, needs = held(role_scope, allowed)
    (holding,) = company.holdings("crm", "a1")
    assert needs.is_beyond(holding) is beyond


def test_of_an_unknown_job_nobody_can_tell_what_it_needs() -> None:
    company, needs = held("all", Scope.OWN, job="astronaut")
    (holding,) = company.holdings("crm", "a1")
    assert needs.scope("1001", VIEW) is None
    assert needs.is_beyond(holding) is None


def at_home(
    number: str, hr: dict[str, str], crm: dict[str, str], *, is_list: bool
) -> frozenset[str]:
    """Where 1001 of the staff list's department `number` is at home in the CRM; both trees by
    number and name, and whether the first system keeps the staff list."""

    def of(label: str, tree: dict[str, str]) -> System:
        base = small.system(label, [small.account("a", "1001", department="9")],
                            departments=dict.fromkeys(tree),
                            read=["persons"] if is_list and label == "hr" else [])  # fmt: skip
        named = {id: replace(base.departments[id], name=name) for id, name in tree.items()}
        return replace(base, departments=named)

    people = [small.person("1001", department=number)]
    firm = small.facts(of("hr", hr), of("crm", crm), people=people)
    return home(small.company(firm, small.policy({})), "crm", "1001")


@pytest.mark.parametrize(("hr", "crm", "is_list", "found"), [
    ({"1": "North"}, {"1": "North", "9": "Old"}, False, {"1"}),
    ({"1": "North"}, {"1": "South", "2": "North", "9": "Old"}, True, {"2"}),
    ({"1": "North"}, {"1": "South", "2": "North", "9": "Old"}, False, {"9"}),
    ({"1": "North"}, {"1": "South", "9": "Old"}, True, {"9"}),
    ({"1": "North"}, {"2": "North", "3": "North", "9": "Old"}, True, {"9"}),
    ({"1": "North"}, {"2": "West"}, True, set()),
    ({}, {"1": "South", "9": "Old"}, True, {"1"}),
])  # fmt: skip
def test_a_department_is_found_in_the_numbers_of_each_system(
    hr: dict[str, str], crm: dict[str, str], is_list: bool, found: set[str]
) -> None:
    """Of two meanings of one number that of the system with the staff list counts. Where nothing
    fits it is the account's own department."""
    assert at_home("1", hr, crm, is_list=is_list) == found
