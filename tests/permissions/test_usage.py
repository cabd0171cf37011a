"""What was done with what is granted, and how much lies open beyond need."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.permissions.company import Company
from checks.permissions.exposure import Exposed, Exposure, bits, exposure
from checks.permissions.model import (
    Activity,
    FieldAccess,
    FieldRight,
    Operation,
    Record,
    Ref,
    RefersTo,
    Scope,
    System,
)
from checks.permissions.need import Needs
from checks.permissions.policy import Family
from checks.permissions.usage import Usage, Used, usage
from tests.permissions.small import (
    account,
    ago,
    company,
    declared,
    facts,
    login,
    name,
    person,
    policy,
    service,
    system,
    unread,
)
from tests.thorough import some

POLICY = policy(
    {"CUST_VIEW": {"crm": ["query"]}, "CUST_EXPORT": {"crm": ["export"]}},
    [
        Family("sales_rep", name("reps"), ("rep",), {"CUST_VIEW": Scope.OWN}),
        Family("sales_manager", name("heads"), ("head",), {"CUST_VIEW": Scope.SUBTREE}),
        Family("office", name("office"), ("office",)),
    ],
    actions={"CUST_VIEW": {"crm": ["open*"]}, "CUST_EXPORT": {"crm": ["export"]}},
)
TREE = {"d1": None, "d2": "d1", "d3": "d1", "d4": "d2"}
PEOPLE = (
    person("1001", "rep", "d2"), person("1002", "head", "d2"), person("1003", "office", "d3"),
    person("1004", None, "d3"),
)  # fmt: skip


def crm(*done: Activity, **more: object) -> System:
    base = system(
        "crm",
        [account("a1", "1001", department="d2"), account("a2", "1002", department="d2"),
         account("a3", "1003", department="d3"), account("a4", "1004", department="d3")],
        {"wide": ["query", "export"]}, {"a1": ["wide"]}, TREE, activity=done,
        read=["operations", "records"], log_from=ago(400),
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def of(firm: System) -> Company:
    return company(facts(firm, people=PEOPLE), POLICY)


def used(firm: System, function: str = "CUST_VIEW", days: int | None = None) -> Usage:
    span = None if days is None else timedelta(days=days)
    found = usage(of(firm), span)
    return next(u for u in found if (u.holding.account, u.holding.function) == ("a1", function))


def did(
    action: str, count: int, days: float, *owners: tuple[str | None, str | None, int]
) -> Activity:
    touched = tuple((None if who is None else login(who), d, n) for who, d, n in owners)
    return Activity(login("A1"), action, count, ago(days + 1), ago(days), f"L{days}", touched)


def test_use_is_added_up_over_the_actions_of_a_function() -> None:
    found = used(crm(did("open_a", 3, 9), did("open_b", 2, 4), did("other", 7, 1)))
    assert (found.state, found.count, found.last_at, found.last_id) == (
        Used.USED, 5, ago(4), "L4",
    )  # fmt: skip


def test_what_was_done_before_the_window_is_no_use() -> None:
    assert used(crm(did("open", 3, 91))).state is Used.UNUSED
    assert used(crm(did("open", 3, 60)), days=30).state is Used.UNUSED


@pytest.mark.parametrize(("firm", "reason"), [
    (crm(log_from=ago(20)), "rules.log_young"),
    (crm(log_from=None), "rules.log_empty"),
    (unread(crm(), "operations"), "rules.not_read"),
    (replace(crm(), known=crm().known - {"operations"}), "rules.no_log"),
])  # fmt: skip
def test_a_log_that_cannot_tell_never_says_unused(firm: System, reason: str) -> None:
    found = used(firm)
    assert (found.state, found.reason) == (Used.NOT_EVALUABLE, reason)


def test_a_young_log_still_proves_use() -> None:
    assert used(crm(did("open", 1, 2), log_from=ago(20))).state is Used.USED


def test_a_span_beyond_what_was_read_of_the_log_is_not_judged() -> None:
    assert used(crm(), days=200).state is Used.NOT_EVALUABLE


@pytest.mark.parametrize(("owners", "touched", "unplaced"), [
    ([("A1", "d2", 3)], Scope.OWN, 0),
    ([("A1", "d2", 3), ("A2", "d2", 1)], Scope.DEPARTMENT, 0),
    ([("A2", "d4", 1)], Scope.SUBTREE, 0),
    ([("A2", "d4", 1), ("A3", None, 1)], Scope.ALL, 0),
    ([(None, None, 5)], None, 5),
    ([], None, 0),
])  # fmt: skip
def test_touched_is_the_narrowest_scope_that_would_have_done(
    owners: list[tuple[str | None, str | None, int]], touched: Scope | None, unplaced: int
) -> None:
    found = used(crm(did("open", 9, 2, *owners)))
    assert (found.touched, found.unplaced) == (touched, unplaced)


@pytest.mark.parametrize(("rows", "expected"), [((10, 5), 15), ((10, None), None)])
def test_rows_given_out_are_known_only_where_every_line_says_so(
    rows: tuple[int | None, ...], expected: int | None
) -> None:
    lines = tuple(
        Operation(str(n), login("A1"), "export", ago(3), rows=r) for n, r in enumerate(rows)
    )
    firm = crm(did("export", 2, 3), operations=lines)
    assert used(firm, "CUST_EXPORT").rows == expected


def test_an_export_that_failed_gave_out_nothing() -> None:
    lines = (
        Operation("1", login("A1"), "export", ago(3), rows=10),
        Operation("2", login("A1"), "export", ago(3), rows=90, is_successful=False),
    )
    assert used(crm(did("export", 1, 3), operations=lines), "CUST_EXPORT").rows == 10


# Exposure


RECORDS = (
    Record("1", "customer", login("A1"), "d2", "p1"),
    Record("2", "customer", login("A2"), "d2", "p2"),
    Record("3", "customer", login("A2"), "d4", "p3"),
    Record("4", "customer", login("A3"), "d3", "p1"),
    Record("5", "customer", login("A3"), "d3", None),
    Record("6", "lead", login("A3"), "d3", "p9"),
)


def at(scope: str, who: str, records: tuple[Record, ...] = RECORDS, **more: object) -> System:
    """The CRM in which one account alone has the role, at a scope."""
    base = crm(records=records)
    roles = {"wide": replace(base.roles["wide"], scope=Scope(scope))}
    mine = (replace(base.memberships[0], member=who),)
    return replace(base, roles=roles, memberships=mine, **more)  # type: ignore[arg-type]


def exposed(scope: str, who: str, **more: object) -> Exposed:
    return exposure(of(at(scope, who, **more)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("scope", "who", "rows", "phones"), [
    ("own", "a1", 0, 0),
    ("department", "a1", 1, 1),
    ("subtree", "a1", 2, 2),
    ("all", "a1", 4, 2),
    ("subtree", "a2", 0, 0),
    ("all", "a2", 2, 0),
    ("own", "a3", 2, 1),
])  # fmt: skip
def test_what_lies_beyond_need_is_counted_once(
    scope: str, who: str, rows: int, phones: int
) -> None:
    """A phone that somebody needs anyway lies not open, whichever record bears it. The last may
    see no customers at all by their job."""
    total = exposed(scope, who).total
    assert (total.rows, total.phones) == (rows, phones)
    assert (total.looked_at, total.accounts) == (1, int(rows > 0))


def test_what_belongs_to_a_person_is_theirs_under_each_of_their_accounts() -> None:
    """The table names the person, who has two accounts in the system."""
    records = (Record("1", "customer", Ref("1001", RefersTo.PERSON), "d3", "p1"),)
    firm = at("all", "a1", records)
    second = account("a9", "1001", department="d2")
    firm = replace(firm, accounts={**firm.accounts, "a9": second})
    assert exposure(of(firm)).total.rows == 0


def test_masked_numbers_are_not_counted() -> None:
    masked = (FieldRight("wide", "customer", "pii", FieldAccess.MASKED),)
    total = exposed("all", "a1", field_rights=masked).total
    assert (total.rows, total.phones) == (4, 0)


def test_departments_count_what_their_people_reach_in_all_once() -> None:
    base = crm(records=RECORDS)
    both = (*base.memberships, replace(base.memberships[0], member="a2"))
    found = exposure(of(replace(base, memberships=both)))
    assert [(e.department, e.accounts, e.rows) for e in found.departments] == [("d2", 2, 4)]
    assert [(b.account, b.rows) for b in found.accounts] == [("a1", 4), ("a2", 2)]


@pytest.mark.parametrize(("firm", "reason"), [
    (crm(accounts={"a1": account("a1", "1004")}), "rules.exposure.no_job"),
    (crm(accounts={"a1": account("a1")}), "rules.exposure.no_owner"),
    (crm(accounts={"a1": service("a1")}), "rules.exposure.nobodys"),
])  # fmt: skip
def test_what_cannot_be_judged_is_counted_by_its_reason(firm: System, reason: str) -> None:
    total = exposure(of(replace(firm, records=RECORDS))).total
    assert (total.looked_at, total.unclear) == (0, {reason: 1})


def test_a_reach_that_was_not_worked_out_whole_is_not_counted() -> None:
    dim = at("custom", "a1")
    dim = replace(dim, known=dim.known - {"scope_departments"})
    assert exposure(of(dim)).total.unclear == {"rules.exposure.no_reach": 1}


def test_a_system_whose_records_were_not_read_is_named() -> None:
    found = exposure(of(unread(crm(), "records")))
    assert (found.unread, found.total) == ({"crm": "records"}, Exposure(None))


def walked(made: Company, firm: System, who: str) -> tuple[int, int]:
    """Records and phones beyond need, record by record."""
    holding = made.holding("crm", who, "CUST_VIEW")
    human = made.identities.human("crm", who)
    assert holding is not None
    assert human is not None
    needs = Needs(made)
    need = needs.reach(human, "crm", needs.scope(human, "CUST_VIEW") or Scope.NONE)
    assert need is not None
    beyond = 0
    fair, open_ = set(), set()
    for record in firm.records:
        owner = made.account("crm", record.owner)
        department = record.department
        if department is None and owner is not None:
            department = firm.accounts[owner].department
        is_fair = need.covers(is_owner=owner == who, department=department)
        is_open = holding.reach.covers(is_owner=owner == who, department=department)
        beyond += is_open and not is_fair
        if is_fair:
            fair.add(record.phone)
        elif is_open:
            open_.add(record.phone)
    return beyond, len(open_ - fair - {None})


@settings(max_examples=some(40, 13), deadline=None)
@given(
    st.lists(st.tuples(
        st.sampled_from([None, "A1", "A2", "A3"]), st.sampled_from([None, "d1", "d2", "d3", "d4"]),
        st.sampled_from([None, "p1", "p2", "p3"]),
    ), max_size=8),
    st.sampled_from(["own", "department", "subtree", "all"]),
    st.sampled_from(["a1", "a2", "a3"]),
)  # fmt: skip
def test_bits_count_as_a_walk_over_all_records_does(
    rows: list[tuple[str | None, str | None, str | None]], scope: str, who: str
) -> None:
    records = tuple(
        Record(str(n), "customer", None if o is None else login(o), d, p)
        for n, (o, d, p) in enumerate(rows)
    )
    firm = at(scope, who, records)
    made = of(firm)
    total = exposure(made).total
    assert (total.rows, total.phones) == walked(made, firm, who)


@given(st.sets(st.integers(0, 200)))
def test_bits_are_the_numbers(numbers: set[int]) -> None:
    assert {n for n in range(201) if bits(numbers) >> n & 1} == numbers


def test_an_unsure_account_is_nobodys_until_somebody_says_so() -> None:
    known = facts(crm(records=RECORDS), people=PEOPLE)
    unsure = declared(known, {("crm", "a1"): ("1001",)})
    assert exposure(company(known, POLICY, unsure)).total.unclear == {"rules.exposure.no_owner": 1}
