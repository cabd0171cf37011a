"""Who is who: declared numbers first, then evidence; below the threshold nothing is merged."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.permissions.identify import identify
from checks.permissions.identity import Identities, Link, LinkKind
from checks.permissions.model import AccountKind, Department, Facts
from checks.permissions.policy import Policy
from tests.permissions.small import account, ago, facts, person, service, system
from tests.thorough import some

POLICY = Policy()


def who(of: Facts, policy: Policy = POLICY) -> Identities:
    return identify(of, policy)


def link(of: Facts, label: str, id: str) -> Link:
    return who(of).links[label, id]


STAFF = (
    person("1001", mobile="m1", mail="e1", name="Wang Fang"),
    person("1002", mobile="m2", mail="e2", name="Li Lei"),
)


def test_a_declared_number_links_accounts_of_several_systems() -> None:
    of = facts(
        system("crm", [account("a", "1001")]), system("oa", [account("b", "1001")]), people=STAFF
    )
    assert who(of).accounts == {"1001": (("crm", "a"), ("oa", "b"))}
    assert link(of, "crm", "a").kind is LinkKind.DECLARED


def test_a_declared_number_wins_over_the_evidence() -> None:
    of = facts(system("crm", [account("a", "1001", mobile="m2", name="Li Lei")]), people=STAFF)
    found = link(of, "crm", "a")
    assert (found.human, found.reason) == ("1001", "identity.declared_contradicted")


def test_a_number_that_the_staff_list_lacks_still_names_one_human() -> None:
    of = facts(
        system("crm", [account("a", "77")]), system("oa", [account("b", "77")]), people=STAFF
    )
    assert who(of).accounts["77"] == (("crm", "a"), ("oa", "b"))
    assert link(of, "oa", "b").reason == "identity.declared_unlisted"


def test_a_mobile_of_one_person_links() -> None:
    of = facts(system("crm", [account("a", mobile="m1")]), people=STAFF)
    found = link(of, "crm", "a")
    assert (found.kind, found.human, found.evidence) == (LinkKind.MATCHED, "1001", ("mobile",))
    assert found.confidence >= POLICY.link_threshold


def test_a_mobile_that_two_people_share_proves_nothing() -> None:
    people = (*STAFF, person("1003", mobile="m1"))
    of = facts(system("crm", [account("a", mobile="m1")]), people=people)
    assert link(of, "crm", "a").kind is LinkKind.NOBODY


def test_the_number_of_a_switchboard_proves_nothing() -> None:
    clerks = [account("a", mobile="m1", name="Zhao"), account("b", mobile="m1", name="Qian")]
    of = facts(system("crm", clerks), people=STAFF)
    assert {found.kind for found in who(of).links.values()} == {LinkKind.NOBODY}


def test_evidence_for_two_people_is_for_neither() -> None:
    of = facts(system("crm", [account("a", mobile="m1", mail="e2")]), people=STAFF)
    found = link(of, "crm", "a")
    assert (found.kind, found.reason) == (LinkKind.UNSURE, "identity.rivals")
    assert set(found.candidates) == {"1001", "1002"}


def test_another_name_lowers_what_a_mobile_says() -> None:
    of = facts(system("crm", [account("a", mobile="m1", name="Zhao Yun")]), people=STAFF)
    found = link(of, "crm", "a")
    assert (found.kind, found.candidates) == (LinkKind.UNSURE, ("1001",))
    assert found.confidence < 0.5


def test_a_name_alone_merges_nothing_and_a_common_one_says_less() -> None:
    alone = facts(system("crm", [account("a", name="Li Lei")]), people=STAFF)
    people = (*STAFF, person("1003", name="Li Lei"))
    common = facts(system("crm", [account("a", name="Li Lei")]), people=people)
    first, second = link(alone, "crm", "a"), link(common, "crm", "a")
    assert first.kind is second.kind is LinkKind.UNSURE
    assert second.confidence < first.confidence
    assert second.candidates == ("1002", "1003")


def test_namesakes_do_not_outweigh_a_mobile() -> None:
    crowd = tuple(person(str(no), name="Li Lei") for no in range(2000, 2010))
    of = facts(system("crm", [account("a", mobile="m2", name="Li Lei")]), people=(*STAFF, *crowd))
    assert link(of, "crm", "a").human == "1002"


@pytest.mark.parametrize(("named", "kind"), [
    ("Li Lei", LinkKind.MATCHED), (None, LinkKind.UNSURE), ("Zhao", LinkKind.UNSURE),
])  # fmt: skip
def test_a_staff_number_as_login_needs_the_name_beside_it(
    named: str | None, kind: LinkKind
) -> None:
    of = facts(system("crm", [account("a", login="1002", name=named)]), people=STAFF)
    assert link(of, "crm", "a").kind is kind


def test_a_department_counts_by_its_name_where_ids_differ() -> None:
    hr = system("oa", [], departments={})
    hr = replace(hr, departments={"d1": Department("d1", name="Sales")})
    crm = system("crm", [account("a", name="Li Lei", department="7")])
    crm = replace(crm, departments={"7": Department("7", name="Sales")})
    found = link(facts(crm, hr, people=STAFF), "crm", "a")
    assert found.evidence == ("name", "department")
    assert link(facts(crm, people=STAFF), "crm", "a").evidence == ("name",)


def test_the_threshold_is_the_policys() -> None:
    of = facts(system("crm", [account("a", name="Li Lei")]), people=STAFF)
    assert identify(of, Policy(link_threshold=0.55)).links["crm", "a"].human == "1002"


def test_shared_service_and_built_in_accounts_are_kinds_of_their_own() -> None:
    accounts = [
        account("desk", "1001", kind=AccountKind.SHARED, mobile="m1"),
        service("sync", mobile="m1"),
        account("admin", kind=AccountKind.BUILT_IN, mobile="m1"),
        account("root", "1002", kind=AccountKind.BUILT_IN),
        account("ghost"),
    ]
    links = who(facts(system("oa", accounts), people=STAFF)).links
    assert [links["oa", a.id].kind.value for a in accounts] == [
        "shared", "service", "built_in", "declared", "nobody",
    ]  # fmt: skip


def test_people_outside_the_staff_list_are_found_by_what_their_accounts_share() -> None:
    crm = system("crm", [account("x", mobile="m9", name="Guest")])
    oa = system("oa", [account("y", mobile="m9", name="Guest"), account("z", mobile="m8")])
    found = who(facts(crm, oa, people=STAFF))
    assert found.accounts == {"~crm/x": (("crm", "x"), ("oa", "y"))}
    assert found.links["oa", "z"].kind is LinkKind.NOBODY


def test_two_names_behind_one_unlisted_mobile_are_not_merged() -> None:
    crm = system("crm", [account("x", mobile="m9", name="Guest")])
    oa = system("oa", [account("y", mobile="m9", name="Host")])
    found = who(facts(crm, oa, people=STAFF))
    assert {each.kind for each in found.links.values()} == {LinkKind.UNSURE}


def test_the_older_usable_account_is_the_first_one() -> None:
    accounts = [
        account("a", "1001", is_enabled=False, created_at=ago(900)),
        account("b", "1001", created_at=ago(10)),
        account("c", "1001", created_at=ago(20)),
        account("d", mobile="m1", created_at=ago(500)),
    ]
    links = who(facts(system("crm", accounts), people=STAFF)).links
    assert [links["crm", a].is_second for a in "abcd"] == [True, True, False, True]


NAMES = st.sampled_from([None, "Li Lei", "Wang Fang", "Zhao"])
TOKENS = st.sampled_from([None, "m1", "m2", "m3"])
NUMBERS = st.sampled_from([None, None, None, "1001", "1002", "77"])
LOGINS = st.sampled_from([None, "1001", "1002", "x"])
PEOPLE = st.lists(
    st.builds(
        lambda no, n, m, e: person(no, name=n, mobile=m, mail=e),
        st.sampled_from(["1001", "1002", "1003"]), NAMES, TOKENS, TOKENS,
    ), max_size=3, unique_by=lambda p: p.no,
)  # fmt: skip
ACCOUNTS = st.lists(
    st.builds(
        lambda id, no, n, m, e, login: account(id, no, name=n, mobile=m, mail=e, login=login),
        st.sampled_from("abcdef"), NUMBERS, NAMES, TOKENS, TOKENS, LOGINS,
    ), max_size=5, unique_by=lambda a: a.id,
)  # fmt: skip


@settings(max_examples=some(60, 20), deadline=None)
@given(PEOPLE, ACCOUNTS, ACCOUNTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    people: list, crm: list, oa: list, random: random.Random
) -> None:
    before = who(facts(system("crm", crm), system("oa", oa), people=people))
    for rows in (people, crm, oa):
        random.shuffle(rows)
    after = who(facts(system("oa", oa), system("crm", crm), people=people))
    assert (after.links, after.accounts) == (before.links, before.accounts)
    assert list(after.links) == list(before.links)


@settings(max_examples=some(60, 20), deadline=None)
@given(PEOPLE, ACCOUNTS, ACCOUNTS)
def test_every_account_has_one_link_and_only_sure_ones_a_human(
    people: list, crm: list, oa: list
) -> None:
    found = who(facts(system("crm", crm), system("oa", oa), people=people))
    assert set(found.links) == {("crm", a.id) for a in crm} | {("oa", a.id) for a in oa}
    for each in found.links.values():
        is_sure = each.kind in (LinkKind.DECLARED, LinkKind.MATCHED)
        assert is_sure == (each.human is not None)
        assert not is_sure or each.confidence >= POLICY.link_threshold
        assert is_sure or not each.is_second
    assert sorted(p for places in found.accounts.values() for p in places) == sorted(
        place for place, each in found.links.items() if each.human is not None
    )
