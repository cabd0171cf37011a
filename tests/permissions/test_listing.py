"""Effective rights as JSON: written with gaps, and yet what the resolver says of each account."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.permissions.evaluate import company_of
from checks.permissions.model import (
    Account,
    Department,
    Facts,
    Grant,
    Membership,
    Node,
    Permission,
    Role,
    Scope,
    System,
)
from checks.permissions.policy import Policy
from checks.permissions.semantics import SEMANTICS
from governance.permissions.listing import BETWEEN, Lines, scope
from governance.permissions.told import hops
from tests.permissions.small import policy
from tests.thorough import some

NOW = datetime(2026, 3, 3, tzinfo=UTC)
BOUND = policy({"CUST_VIEW": {"crm": ["view*"]}, "CUST_EDIT": {"crm": ["edit", "view\nall"]}})
HOSTILE = 'a"\\\x00\x01\n<b>'


def listed(system: System, by: Policy = BOUND, functions: Any = None) -> list[dict[str, Any]]:
    company = company_of(Facts(NOW, "Asia/Shanghai", {"crm": system}), by)
    lines = Lines(company, "crm", functions)
    parts = [part for account in system.accounts.values() for part in lines.of(account)]
    return json.loads(b"[" + BETWEEN.join(parts) + b"]")  # type: ignore[no-any-return]


def plainly(system: System, by: Policy = BOUND) -> list[dict[str, Any]]:
    """The same right by right."""
    company = company_of(Facts(NOW, "Asia/Shanghai", {"crm": system}), by)
    functions = {
        code: [name for name in by.functions if code in company.codes("crm", name)]
        for code in {p.code for p in system.permissions.values()}
    }
    found = []
    for account in system.accounts.values():
        for right in company.resolvers["crm"].rights(account.id):
            found.append({
                "system": "crm", "account": account.id, "login": account.login, "person": None,
                "enabled": account.is_enabled, "permission": right.code,
                "functions": functions[right.code], "scope": scope(right.reach),
                "role": right.role, "path": hops(right.path),
            })  # fmt: skip
    return found


def in_any_order(rights: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(right, sort_keys=True) for right in rights)


IDS = st.sampled_from("rst")
SCOPES = st.sampled_from([None, *Scope])
ROLES = st.fixed_dictionaries(
    {
        id_: st.builds(
            Role, st.just(id_), st.sampled_from(["x", "super_admin"]), scope=SCOPES,
            is_enabled=st.booleans(), is_built_in=st.booleans(),
        )
        for id_ in "rst"
    }
)  # fmt: skip
MEMBERS = st.lists(
    st.one_of(
        st.builds(Membership, st.sampled_from("ab"), IDS, scope=SCOPES),
        st.builds(Membership, IDS, IDS, member_node=st.just(Node.ROLE)),
    ),
    max_size=6,
).map(tuple)
GRANTS = st.lists(
    st.one_of(
        st.builds(Grant, IDS, st.sampled_from("123"), is_denied=st.booleans(), scope=SCOPES),
        st.builds(Grant, st.sampled_from("ab"), st.just("1"), st.just(Node.ACCOUNT)),
    ),
    max_size=8,
).map(tuple)


@settings(max_examples=some(150, 50), deadline=None)
@given(st.sampled_from(sorted(SEMANTICS)), ROLES, MEMBERS, GRANTS, st.sampled_from([True, False]))
def test_each_line_says_what_the_resolver_says(
    semantics: str, roles: dict[str, Role], members: Any, grants: Any, is_admin: object
) -> None:
    system = System(
        "crm",
        semantics,
        accounts={
            "a": Account("a", HOSTILE, department="10", is_admin=bool(is_admin)),
            "b": Account("b", "bob", department="11", is_enabled=False),
        },
        departments={"10": Department("10"), "11": Department("11", "10")},
        roles=roles,
        memberships=members,
        permissions={
            "1": Permission("1", "view\nall", HOSTILE),
            "2": Permission("2", "edit"),
            "3": Permission("3", "view"),
        },
        grants=grants,
    )
    found = listed(system)
    assert in_any_order(found) == in_any_order(plainly(system))
    some = listed(system, functions=["CUST_EDIT"])
    assert some == [right for right in found if "CUST_EDIT" in right["functions"]]


def test_the_amounts_a_right_holds_for_are_told() -> None:
    system = System(
        "crm",
        "widest",
        accounts={"a": Account("a")},
        roles={"r": Role("r")},
        memberships=(Membership("a", "r"),),
        permissions={"1": Permission("1", "approve")},
        grants=(Grant("r", "1", above=Decimal("10.50"), below=None),),
    )
    (right,) = listed(system)
    assert right["amount"] == {"above": "10.5", "below": None}
    (whole,) = listed(replace(system, grants=(Grant("r", "1"),)))
    assert "amount" not in whole
