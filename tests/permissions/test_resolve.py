"""What accounts may really do: paths, scopes, denials, administrators, moments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.permissions.model import (
    Account,
    Department,
    FieldAccess,
    FieldRight,
    Grant,
    Membership,
    Node,
    Permission,
    Role,
    Scope,
    ScopeDepartment,
    System,
)
from checks.permissions.resolve import SystemResolver, resolver
from checks.permissions.rights import NOWHERE, Reach
from checks.permissions.semantics import SEMANTICS
from tests.thorough import some

NOW = datetime(2026, 3, 3, 4, tzinfo=UTC)
DAY = timedelta(days=1)
GROUP, ROLE, DEPARTMENT, ACCOUNT = Node.GROUP, Node.ROLE, Node.DEPARTMENT, Node.ACCOUNT


def system(semantics: str = "widest", **parts: object) -> System:
    """A system of a head office (1) with sales (10; north 11, south 12) and finance (20)."""
    departments = [("1", None), ("10", "1"), ("11", "10"), ("12", "10"), ("20", "1")]
    whole: dict[str, object] = {
        "accounts": by_id(Account("a", login="anna", department="10")),
        "departments": {id_: Department(id_, parent, f"d{id_}") for id_, parent in departments},
        "permissions": by_id(Permission("p1", "view", "View"), Permission("p2", "edit")),
    }
    return System("crm", semantics, **(whole | parts))  # type: ignore[arg-type]


def by_id(*things: Any) -> dict[str, Any]:
    return {thing.id: thing for thing in things}


def asked(whole: System) -> SystemResolver:
    return resolver(whole, as_of=NOW)


def scoped(scope: Scope | None, semantics: str = "ruoyi", **parts: object) -> SystemResolver:
    """Anna of sales in one role of that scope."""
    whole: dict[str, object] = {
        "roles": by_id(Role("r", "r", "Reader", scope=scope)),
        "memberships": (Membership("a", "r"),),
        "grants": (Grant("r", "p1"),),
    }
    return asked(system(semantics, **(whole | parts)))


def steps(path: Iterable[object]) -> list[str]:
    return [f"{hop.what}:{hop.id}" for hop in path]  # type: ignore[attr-defined]


def test_a_right_is_told_with_the_way_that_gives_it() -> None:
    (right,) = scoped(Scope.OWN).rights("a")
    assert steps(right.path) == ["account:a", "role:r", "permission:p1", "scope:own"]
    assert [hop.name for hop in right.path] == ["anna", "Reader", "View", None]
    assert (right.code, right.role, right.is_bypass) == ("view", "r", False)


@pytest.mark.parametrize(
    ("scope", "reach"),
    [
        (Scope.ALL, Reach(is_all=True)),
        (Scope.OWN, Reach(own=True)),
        (Scope.DEPARTMENT, Reach(departments=frozenset({"10"}))),
        (Scope.SUBTREE, Reach(departments=frozenset({"10", "11", "12"}))),
        (Scope.CUSTOM, Reach(departments=frozenset({"20"}))),
        (Scope.NONE, NOWHERE),
    ],
)
def test_a_scope_becomes_departments(scope: Scope, reach: Reach) -> None:
    resolved = scoped(scope, scope_departments=(ScopeDepartment("r", "20"),))
    assert resolved.reach("a", "view") == replace(reach, words=frozenset({scope}))


def test_a_ruoyi_role_without_a_scope_reaches_everything() -> None:
    assert scoped(None).reach("a", "view").is_all


def test_a_scope_that_nobody_told_is_unknown_and_not_nothing() -> None:
    reach = scoped(None, "widest").reach("a", "view")
    assert reach.unknown
    assert not reach.is_nothing


def test_a_custom_scope_whose_departments_were_not_read_is_unknown() -> None:
    assert scoped(Scope.CUSTOM).reach("a", "view").unknown
    read = scoped(Scope.CUSTOM, known=frozenset({"scope_departments"})).reach("a", "view")
    assert read.is_nothing


def test_a_department_scope_without_departments_of_accounts_is_unknown() -> None:
    assert scoped(Scope.SUBTREE, accounts=by_id(Account("a"))).reach("a", "view").unknown


def test_yudao_adds_the_own_department_to_a_custom_set() -> None:
    listed = (ScopeDepartment("r", "20"),)
    reach = scoped(Scope.CUSTOM, "yudao", scope_departments=listed).reach("a", "view")
    assert reach.departments == {"10", "20"}


def two_roles(semantics: str, one: Scope, other: Scope) -> SystemResolver:
    """Role r gives view, role s gives edit and view as well if it is of `widest` kind."""
    return asked(
        system(
            semantics,
            roles=by_id(Role("r", "r", scope=one), Role("s", "s", scope=other)),
            memberships=(Membership("a", "r"), Membership("a", "s")),
            grants=(Grant("r", "p1"), Grant("s", "p2")),
        )
    )


def test_ruoyi_takes_scopes_only_of_roles_that_hold_the_permission() -> None:
    resolved = two_roles("ruoyi", Scope.OWN, Scope.ALL)
    assert not resolved.reach("a", "view").is_all
    assert resolved.reach("a", "edit").is_all


@pytest.mark.parametrize("semantics", ["yudao", "ruoyi_all_roles"])
def test_where_all_roles_count_a_wide_role_widens_the_others(semantics: str) -> None:
    resolved = two_roles(semantics, Scope.OWN, Scope.ALL)
    assert resolved.reach("a", "view").is_all
    paths = [steps(right.path) for right in resolved.rights("a")]
    assert paths == [
        ["account:a", "role:r", "permission:p1", "role:s", "scope:all"],
        ["account:a", "role:s", "permission:p2", "scope:all"],
    ]


def both(semantics: str, *grants: Grant, **parts: object) -> SystemResolver:
    roles = by_id(Role("r"), Role("s"))
    members = (Membership("a", "r"), Membership("a", "s"))
    return asked(system(semantics, roles=roles, memberships=members, grants=grants, **parts))


def test_several_scopes_are_joined_or_the_narrowest_counts_as_the_system_says() -> None:
    grants = (Grant("r", "p1", scope=Scope.OWN), Grant("s", "p1", scope=Scope.SUBTREE))
    wide = both("widest", *grants).reach("a", "view")
    assert (wide.own, wide.departments) == (True, {"10", "11", "12"})
    narrow = both("narrowest", *grants).reach("a", "view")
    assert (narrow.own, narrow.departments) == (True, frozenset())


def test_a_denial_takes_the_permission_away_where_denials_win() -> None:
    grants = (Grant("r", "p1"), Grant("s", "p1", is_denied=True), Grant("s", "p2"))
    assert [r.code for r in both("widest", *grants).rights("a")] == ["edit"]
    assert [r.code for r in both("espocrm", *grants).rights("a")] == ["view", "edit"]
    assert both("widest", *grants).reach("a", "view") == NOWHERE
    assert both("widest", *grants).codes("a") == {"edit"}


def test_in_suitecrm_the_roles_of_a_user_outrank_those_of_a_group_and_the_defaults() -> None:
    whole = system(
        "suitecrm",
        accounts=by_id(Account("a"), Account("b"), Account("c")),
        roles=by_id(
            Role("mine"), Role("ours"), Role("team", node=GROUP), Role("~", is_built_in=True)
        ),
        memberships=(
            Membership("a", "mine"),
            *(Membership(who, "team", into_node=GROUP) for who in "ab"),
            Membership("team", "ours", member_node=GROUP),
            *(Membership(who, "~") for who in "abc"),
        ),
        grants=(
            Grant("mine", "p1", scope=Scope.DEPARTMENT),
            Grant("ours", "p1", is_denied=True),
            Grant("~", "p1", scope=Scope.ALL),
            Grant("~", "p2", scope=Scope.ALL),
        ),
    )
    resolved = asked(whole)
    view = resolved.reach("a", "view")
    assert (view.own, view.departments) == (True, {"team"})
    assert resolved.codes("b") == {"edit"}
    assert resolved.reach("c", "view").is_all
    assert resolved.reach("b", "edit").is_all


def test_in_weaver_levels_that_differ_take_the_narrower_and_stay_partly_unknown() -> None:
    departments = by_id(
        Department("S1"), Department("S2", "S1"), Department("5", "S2"), Department("6", "S2")
    )

    def reach(member: Scope, right: Scope) -> Reach:
        return asked(
            system(
                "weaver",
                accounts=by_id(Account("a", department="5")),
                departments=departments,
                roles=by_id(Role("r")),
                memberships=(Membership("a", "r", scope=member),),
                grants=(Grant("r", "p1", scope=right),),
            )
        ).reach("a", "view")

    assert reach(Scope.SUBTREE, Scope.SUBTREE).departments == {"S2", "5", "6"}
    assert not reach(Scope.SUBTREE, Scope.SUBTREE).unknown
    narrow = reach(Scope.DEPARTMENT, Scope.ALL)
    assert (narrow.is_all, narrow.departments, narrow.unknown) == (False, {"5"}, True)


@pytest.mark.parametrize(
    ("semantics", "account", "role"),
    [
        ("ruoyi", Account("1", login="admin"), None),
        ("odoo", Account("1"), None),
        ("weaver", Account("1", login="sysadmin"), None),
        ("frappe", Account("Administrator"), None),
        ("suitecrm", Account("x", is_admin=True), None),
        ("espocrm", Account("x", is_admin=True), None),
        ("yudao", Account("x"), Role("9", "super_admin")),
    ],
)
def test_built_in_administrators_are_bound_by_no_table(
    semantics: str, account: Account, role: Role | None
) -> None:
    whole = system(
        semantics,
        accounts=by_id(account),
        roles={} if role is None else by_id(role),
        memberships=() if role is None else (Membership(account.id, role.id),),
    )
    resolved = asked(whole)
    rights = resolved.rights(account.id)
    assert [(r.code, r.reach.is_all, r.is_bypass) for r in rights] == [
        ("view", True, True),
        ("edit", True, True),
    ]
    assert "administrator" in {hop.what for hop in rights[0].path}
    assert resolved.reach(account.id, "edit").is_all
    assert resolved.reach(account.id, "unheard of") == NOWHERE


def test_nobody_else_is_an_administrator() -> None:
    assert asked(system("ruoyi", accounts=by_id(Account("11"), Account("x")))).rights("x") == ()


def test_groups_nest_and_a_circle_ends() -> None:
    whole = system(
        roles=by_id(Role("g", node=GROUP), Role("h", node=GROUP), Role("r"), Role("s")),
        memberships=(
            Membership("a", "g", into_node=GROUP),
            Membership("g", "h", member_node=GROUP, into_node=GROUP),
            Membership("h", "g", member_node=GROUP, into_node=GROUP),
            Membership("h", "r", member_node=GROUP),
            Membership("r", "s", member_node=ROLE),
            Membership("s", "r", member_node=ROLE),
        ),
        grants=(Grant("s", "p1", scope=Scope.ALL), Grant("g", "p2", holder_node=GROUP)),
    )
    resolved = asked(whole)
    found = {right.code: steps(right.path) for right in resolved.rights("a")}
    nested = ["account:a", "group:g", "group:h", "role:r", "role:s", "permission:p1", "scope:all"]
    assert found["view"] == nested
    assert found["edit"] == ["account:a", "group:g", "permission:p2", "scope:unknown"]
    assert {id_: len(path) for id_, path in resolved.roles("a").items()} == {
        "g": 2,
        "h": 3,
        "r": 4,
        "s": 5,
    }


def test_the_shortest_of_several_ways_is_told_once() -> None:
    whole = system(
        roles=by_id(Role("g", node=GROUP), Role("r")),
        memberships=(
            Membership("a", "g", into_node=GROUP),
            Membership("g", "r", member_node=GROUP),
            Membership("a", "r"),
        ),
        grants=(Grant("r", "p1"),),
    )
    (right,) = asked(whole).rights("a")
    assert steps(right.path)[:2] == ["account:a", "role:r"]


def test_departments_and_accounts_may_hold_roles_and_grants() -> None:
    whole = system(
        roles=by_id(Role("r")),
        memberships=(Membership("10", "r", member_node=DEPARTMENT),),
        grants=(Grant("r", "p1"), Grant("a", "p2", holder_node=ACCOUNT)),
    )
    paths = [steps(right.path)[:3] for right in asked(whole).rights("a")]
    assert paths == [
        ["account:a", "permission:p2", "scope:unknown"],
        ["account:a", "department:10", "role:r"],
    ]


def test_what_a_group_and_a_role_of_one_number_give_stays_apart() -> None:
    roles = {"g": Role("7", node=GROUP, name="group"), "r": Role("7", name="role")}
    whole = system(
        roles=roles, memberships=(Membership("a", "7"),), grants=(Grant("7", "p1", GROUP),)
    )
    assert asked(whole).rights("a") == ()


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + DAY, None, False),
        (None, NOW, False),
        (NOW - DAY, NOW + DAY, True),
    ],
)
def test_a_membership_counts_from_its_beginning_until_its_end(
    since: datetime | None, until: datetime | None, *, counts: bool
) -> None:
    member = (Membership("a", "r", since=since, until=until),)
    assert bool(scoped(Scope.OWN, memberships=member).rights("a")) is counts


def test_disabled_roles_and_permissions_and_missing_ones_give_nothing() -> None:
    off = scoped(Scope.OWN, roles=by_id(Role("r", is_enabled=False)))
    assert (off.rights("a"), off.roles("a")) == ((), {})
    assert (
        scoped(Scope.OWN, permissions=by_id(Permission("p1", "v", is_enabled=False))).codes("a")
        == frozenset()
    )
    assert scoped(Scope.OWN, roles={}).rights("a") == ()
    assert scoped(Scope.OWN, permissions={}).rights("a") == ()


def test_a_disabled_account_keeps_its_rights_and_an_unknown_one_has_none() -> None:
    resolved = scoped(Scope.OWN, accounts=by_id(Account("a", is_enabled=False)))
    assert len(resolved.rights("a")) == 1
    assert resolved.rights("b") == ()
    assert (resolved.roles("b"), resolved.codes("b")) == ({}, frozenset())
    assert resolved.reach("b", "view") == NOWHERE


def test_amounts_that_bound_a_right_come_with_it() -> None:
    grant = Grant("r", "p1", above=Decimal(5), below=Decimal(9))
    (right,) = scoped(Scope.OWN, grants=(grant,)).rights("a")
    assert (right.above, right.below) == (Decimal(5), Decimal(9))


def test_fields_are_seen_by_the_widest_role_or_the_narrowest() -> None:
    rows = (
        FieldRight("r", "customer", "pii", FieldAccess.MASKED),
        FieldRight("s", "customer", "pii", FieldAccess.READ),
        FieldRight("s", "customer", "pii", FieldAccess.READ, "api"),
    )
    wide = both("widest", field_rights=rows)
    assert wide.fields("a", "customer", "pii") == {"page": "read", "api": "read"}
    assert wide.fields("a", "customer", "financial") == {}
    assert both("narrowest", field_rights=rows).fields("a", "customer", "pii")["page"] == "masked"
    admin = both("widest", field_rights=rows, accounts=by_id(Account("a", is_admin=True)))
    assert admin.fields("a", "customer", "pii") == {"page": "edit", "api": "edit"}


def test_a_tree_that_bites_its_tail_is_walked_once() -> None:
    circle = by_id(Department("10", "11"), Department("11", "10"), Department("12", "12"))
    resolved = scoped(Scope.SUBTREE, departments=circle)
    assert resolved.reach("a", "view").departments == {"10", "11"}
    assert resolved.tree.ancestors("10") == ("11",)
    assert resolved.tree.ancestors("12") == ()
    assert resolved.tree.subtree("12") == {"12"}


def test_every_semantics_is_named_by_its_key() -> None:
    assert all(value.name == name for name, value in SEMANTICS.items())


IDS = st.sampled_from("rstu")
ROLES = st.fixed_dictionaries(
    {id_: st.builds(Role, st.just(id_), is_enabled=st.booleans()) for id_ in "rstu"}
)
MEMBERS = st.lists(
    st.one_of(
        st.builds(Membership, st.just("a"), IDS),
        st.builds(Membership, IDS, IDS, member_node=st.just(ROLE)),
    ),
    max_size=8,
).map(tuple)
GRANTS = st.lists(
    st.builds(
        Grant,
        IDS,
        st.sampled_from(["p1", "p2"]),
        is_denied=st.booleans(),
        scope=st.sampled_from(Scope),
    ),
    max_size=8,
).map(tuple)


@settings(max_examples=some(60, 20), deadline=None)
@given(ROLES, MEMBERS, GRANTS, st.sampled_from(["widest", "espocrm"]))
def test_rights_are_those_of_all_roles_that_can_be_walked_to(
    roles: dict[str, Role],
    members: tuple[Membership, ...],
    grants: tuple[Grant, ...],
    semantics: str,
) -> None:
    inside: set[str] = set()
    for _ in roles:
        inside |= {
            m.into
            for m in members
            if roles[m.into].is_enabled and (m.member == "a" or m.member in inside)
        }
    given_ = [g for g in grants if g.holder in inside]
    denied = {g.permission for g in given_ if g.is_denied} if semantics == "widest" else set()
    expected = sorted(
        (g.holder, g.permission, g.scope or "")
        for g in given_
        if not g.is_denied and g.permission not in denied
    )
    resolved = asked(system(semantics, roles=roles, memberships=members, grants=grants))
    rights = resolved.rights("a")
    found = sorted((r.role or "", r.path[-2].id, r.path[-1].id) for r in rights)
    assert found == expected
    assert set(resolved.roles("a")) == inside
    for code in ("view", "edit"):
        reach = NOWHERE
        for right in rights:
            if right.code == code:
                reach = reach.joined(right.reach)
        assert resolved.reach("a", code) == reach
        assert set(resolved.rights_to("a", [code])) == {r for r in rights if r.code == code}
    assert resolved.codes("a") == {right.code for right in rights}


@given(MEMBERS, GRANTS, IDS)
def test_one_more_membership_takes_nothing_away_where_denials_do_not_win(
    members: tuple[Membership, ...], grants: tuple[Grant, ...], more: str
) -> None:
    roles = by_id(*(Role(id_) for id_ in "rstu"))
    before = asked(system("espocrm", roles=roles, memberships=members, grants=grants))
    wider = (*members, Membership("a", more))
    after = asked(system("espocrm", roles=roles, memberships=wider, grants=grants))
    assert before.codes("a") <= after.codes("a")
    for code in before.codes("a"):
        assert before.reach("a", code).within(after.reach("a", code))
