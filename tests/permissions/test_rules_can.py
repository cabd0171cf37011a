"""What people can do: per rule one who does wrong, one who nearly does, one nobody can tell.

A failure's paths are always asked of the resolver again (`failing`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from checks.outcome import Severity
from checks.permissions.company import Company
from checks.permissions.model import (
    AccountKind,
    Activity,
    Approval,
    Document,
    FieldAccess,
    FieldRight,
    Grant,
    Membership,
    Node,
    Permission,
    Ref,
    RefersTo,
    Role,
    Scope,
    ScopeDepartment,
    System,
)
from checks.permissions.policy import Exemption, Family, Policy, Risk, RuleSetting
from checks.permissions.rules import RULES
from checks.permissions.verdict import RuleKind, RuleResult, Ruling
from tests.permissions.small import (
    NOW,
    account,
    ago,
    company,
    declared,
    facts,
    failing,
    login,
    name,
    person,
    policy,
    ruling,
    service,
    system,
    the,
    unread,
    well_said,
)

FAILED, UNCLEAR, PASSED, EXCEPTED = (
    Ruling.FAILED, Ruling.NOT_EVALUABLE, Ruling.PASSED, Ruling.EXCEPTED,
)  # fmt: skip
FAMILIES = (
    Family("sales_rep", name("reps"), ("rep",), {"CUST_VIEW": Scope.OWN}),
    Family("sales_manager", name("heads"), ("head",), {"CUST_VIEW": Scope.SUBTREE}),
    Family("finance", name("finance"), ("clerk",), {"CUST_VIEW": Scope.ALL}, {"pii": "none"}),
    Family("office", name("office"), ("office",)),
)


def risk(id: str, left: str, *right: str, severity: Severity = Severity.HIGH) -> Risk:
    return Risk(id, (left,), right, name(id), severity)


FUNCTIONS = {
    "CUST_VIEW": {"crm": ["customer:query"]},
    "CUST_DELETE": {"crm": ["customer:remove"], "host": ["root"]},
    "CUST_EXPORT": {"crm": ["customer:export"]},
    "CONTRACT_CREATE": {"crm": ["contract:add"]},
    "CONTRACT_APPROVE": {"oa": ["contract:approve"]},
    "PAY_ENTRY": {"oa": ["pay:add"]},
    "PAY_APPROVE": {"oa": ["pay:approve"]},
    "VENDOR_MAINT": {"oa": ["vendor:*", "!vendor:query"]},
    "USER_ADMIN": {"oa": ["user:edit"]},
    "ROLE_ADMIN": {"oa": ["role:edit"]},
    "LOG_VIEW": {"oa": ["log:query"]},
    "LOG_DELETE": {"oa": ["log:remove"]},
    "BACKUP_DELETE": {"host": ["root", "backup:remove"]},
    "RESTORE": {"host": ["root", "restore"]},
}
POLICY = policy(
    FUNCTIONS,
    FAMILIES,
    (
        risk("contract", "CONTRACT_CREATE", "CONTRACT_APPROVE"),
        risk("payment", "PAY_ENTRY", "PAY_APPROVE", severity=Severity.CRITICAL),
        risk("vendor", "VENDOR_MAINT", "PAY_ENTRY", "PAY_APPROVE"),
        risk("officers_system_security", "USER_ADMIN", "ROLE_ADMIN"),
        risk("officers_system_audit", "USER_ADMIN", "LOG_VIEW"),
        risk("delete_both", "CUST_DELETE", "BACKUP_DELETE"),
    ),
    strong=("CUST_EXPORT", "USER_ADMIN"),
    actions={"CUST_EXPORT": {"crm": ["export*"]}},
)
TREE = {"d1": None, "d2": "d1", "d3": "d1"}
ME = "human:1001"


def judged(rule: str, of: Company) -> RuleResult:
    return well_said(RULES[rule].judge(of))


def of(*systems: System, job: str | None = "rep", department: str | None = "d2",
       by: Policy = POLICY, **more: object) -> Company:  # fmt: skip
    """The person 1001, the systems, and a second one who has nothing to do with it."""
    people = [person("1001", job, department), person("1002", "office")]
    return company(facts(*systems, people=people), by, **more)  # type: ignore[arg-type]


def crm(roles: dict[str, list[str]], mine: Iterable[str] | None = None, **more: object) -> System:
    """A CRM in which a1 is 1001's account, in `mine` or all of the roles."""
    accounts = [account("a1", "1001", department="d2")]
    members = {"a1": roles if mine is None else mine}
    return system("crm", accounts, roles, members, TREE, **more)  # type: ignore[arg-type]


def oa(roles: dict[str, list[str]], mine: Iterable[str] | None = None, **more: object) -> System:
    accounts = [account("b1", "1001", department="d2")]
    members = {"b1": roles if mine is None else mine}
    return system("oa", accounts, roles, members, TREE, **more)  # type: ignore[arg-type]


# R01


@pytest.mark.parametrize(("roles", "expected"), [
    ({"seller": ["customer:query", "@own"]}, PASSED),
    ({"seller": ["customer:query", "@department"]}, FAILED),
    ({"seller": ["customer:query", "@own"], "more": ["customer:query", "@all"]}, FAILED),
    ({"seller": ["customer:query"]}, FAILED),
    ({"seller": ["customer:query", "@own"], "other": ["contract:add", "@all"]}, PASSED),
    ({"none": ["contract:add", "@all"]}, PASSED),
])  # fmt: skip
def test_a_sales_person_sees_no_more_than_their_own(
    roles: dict[str, list[str]], expected: Ruling
) -> None:
    """The third: of several roles the widest wins. The fourth: a role without a scope reaches all
    in RuoYi."""
    firm = of(crm(roles))
    result = judged("R01", firm)
    assert ruling(result, ME) is expected
    assert failing(firm, result) == ({ME} if expected is FAILED else set())


def test_a_role_made_without_a_scope_reaches_everything() -> None:
    base = crm({"seller": ["customer:query", "@own"]})
    bare = replace(base, roles={"seller": replace(base.roles["seller"], scope=None)})
    assert the(judged("R01", of(bare)), ME).reason == "rules.reach.all"


def test_who_is_no_sales_person_may_see_more() -> None:
    assert judged("R01", of(crm({"x": ["customer:query"]}), job="office")).verdicts[0].subject == (
        "rule:R01"
    )


@pytest.mark.parametrize("job", [None, "astronaut"])
def test_what_an_unknown_job_may_see_nobody_can_tell(job: str | None) -> None:
    wide, narrow = crm({"x": ["customer:query"]}), crm({"x": ["customer:query", "@own"]})
    assert ruling(judged("R01", of(wide, job=job)), ME) is UNCLEAR
    assert not any(v.subject == ME for v in judged("R01", of(narrow, job=job)).verdicts)


def test_a_wide_account_that_may_be_a_sales_persons_leaves_both_open() -> None:
    base = system("crm", [account("a1", department="d2")], {"x": ["customer:query"]},
                  {"a1": ["x"]}, TREE)  # fmt: skip
    known = facts(base, people=[person("1001", "rep"), person("1002", "office")])
    unsure = declared(known, {("crm", "a1"): ("1001",)})
    result = judged("R01", company(known, POLICY, unsure))
    assert ruling(result, "account:crm/a1") is ruling(result, ME) is UNCLEAR
    office = declared(known, {("crm", "a1"): ("1002",)})
    assert judged("R01", company(known, POLICY, office)).passed == 1


def test_nobody_passes_where_a_system_was_not_read() -> None:
    seller = crm({"seller": ["customer:query", "@own"]})
    assert judged("R01", of(seller)).passed == 1
    dark = judged("R01", of(unread(seller, "grants")))
    assert (dark.passed, ruling(dark, "system:crm")) == (0, UNCLEAR)


def test_a_disabled_account_reaches_nothing() -> None:
    wide = crm({"x": ["customer:query"]})
    shut = replace(wide, accounts={"a1": replace(wide.accounts["a1"], is_enabled=False)})
    assert judged("R01", of(shut)).passed == 1


# R02


def custom(*departments: str) -> System:
    rows = tuple(ScopeDepartment("boss", d) for d in departments)
    return crm({"boss": ["customer:query", "@custom"]}, scope_departments=rows)


@pytest.mark.parametrize(("firm", "department", "expected"), [
    (crm({"boss": ["customer:query", "@subtree"]}), "d2", PASSED),
    (crm({"boss": ["customer:query"]}), "d2", FAILED),
    (crm({"boss": ["customer:query"]}), "d1", PASSED),
    (custom("d2"), "d2", PASSED),
    (custom("d2", "d3"), "d2", FAILED),
    (custom("d2", "d3"), "d1", PASSED),
    (custom("gone"), "d2", FAILED),
])  # fmt: skip
def test_a_head_of_sales_sees_their_department_and_below(
    firm: System, department: str, expected: Ruling
) -> None:
    """The fifth is a custom list left behind by a change of the tree."""
    made = of(firm, job="head", department=department)
    result = judged("R02", made)
    assert ruling(result, ME) is expected
    assert failing(made, result) == ({ME} if expected is FAILED else set())


def test_a_department_is_found_by_its_name_where_another_system_numbers_it() -> None:
    shifted = custom("d2", "d3")
    hr = system("hr", [], departments={"77": None})
    hr = replace(hr, departments={"77": replace(hr.departments["77"], name="d1")})
    assert ruling(judged("R02", of(shifted, hr, job="head", department="77")), ME) is PASSED


def test_a_head_whose_department_nobody_can_tell_is_not_judged() -> None:
    base = custom("d2")
    lost = replace(base, accounts={"a1": replace(base.accounts["a1"], department=None)})
    assert ruling(judged("R02", of(lost, job="head", department="77")), ME) is UNCLEAR
    wide = crm({"boss": ["customer:query"]})
    lost = replace(wide, accounts={"a1": replace(wide.accounts["a1"], department=None)})
    assert ruling(judged("R02", of(lost, job="head", department="77")), ME) is FAILED


@pytest.mark.parametrize("rule", ["R01", "R02"])
def test_a_reach_that_was_not_worked_out_whole_neither_passes_nor_fails(rule: str) -> None:
    base = crm({"x": ["customer:query", "@custom"]})
    dim = replace(base, known=base.known - {"scope_departments"})
    firm = of(dim, job="rep" if rule == "R01" else "head")
    assert the(judged(rule, firm), ME).reason == "rules.reach_unknown"


# R03


def finance(**access: str) -> Company:
    rows = tuple(
        FieldRight("f", "customer", "pii", FieldAccess(how), channel)
        for channel, how in access.items()
    )
    firm = crm({"f": ["customer:query"]}, field_rights=rows, read=["field_rights"])
    return of(firm, job="clerk")


@pytest.mark.parametrize(("firm", "expected"), [
    (finance(page="none"), PASSED),
    (finance(page="masked"), PASSED),
    (finance(page="read"), FAILED),
    (finance(page="masked", api="read"), FAILED),
    (finance(page="masked", export="edit"), FAILED),
    (finance(), UNCLEAR),
])  # fmt: skip
def test_finance_reads_no_contact_details_on_any_channel(firm: Company, expected: Ruling) -> None:
    result = judged("R03", firm)
    assert ruling(result, ME) is expected
    assert failing(firm, result) == ({ME} if expected is FAILED else set())


def test_an_interface_around_the_mask_is_told_as_such() -> None:
    assert the(judged("R03", finance(page="masked", api="read")), ME).reason == (
        "rules.r03.around_the_page"
    )


def test_a_channel_that_a_role_says_nothing_of_is_open_to_doubt() -> None:
    rows = (
        FieldRight("f", "customer", "pii", FieldAccess.MASKED, "page"),
        FieldRight("g", "customer", "pii", FieldAccess.READ, "api"),
    )
    firm = crm({"f": ["customer:query"], "g": []}, ["f"], field_rights=rows, read=["field_rights"])
    assert ruling(judged("R03", of(firm, job="clerk")), ME) is UNCLEAR


def test_finance_without_any_customer_has_no_contact_details_either() -> None:
    assert ruling(judged("R03", of(crm({"f": ["contract:add"]}), job="clerk")), ME) is PASSED


# R05


CREATES = crm({"seller": ["contract:add"]})
APPROVES = oa({"boss": ["contract:approve"]})


def test_creating_in_one_system_and_approving_in_another_meet_in_one_human() -> None:
    firm = of(CREATES, APPROVES)
    result = judged("R05", firm)
    assert failing(firm, result) == {ME}
    verdict = the(result, ME)
    assert verdict.witness.accounts == (("crm", "a1"), ("oa", "b1"))
    assert {p.system for p in verdict.witness.paths} == {"crm", "oa"}
    assert (verdict.facet, verdict.reason) == ("contract", "rules.pair.across")


def test_two_humans_may_hold_one_side_each() -> None:
    other = system("oa", [account("b1", "1002")], {"boss": ["contract:approve"]}, {"b1": ["boss"]})
    result = judged("R05", of(CREATES, other))
    assert (result.population, result.passed) == (2, 2)


@pytest.mark.parametrize(("create_below", "approve_above", "expected"), [
    (None, None, FAILED), (None, 100, FAILED), (200, 100, FAILED), (100, 100, PASSED),
    (50, 100, PASSED),
])  # fmt: skip
def test_rights_for_other_amounts_do_not_meet(
    create_below: int | None, approve_above: int | None, expected: Ruling
) -> None:
    def amount(value: int | None) -> Decimal | None:
        return None if value is None else Decimal(value)

    first = replace(CREATES, grants=(replace(CREATES.grants[0], below=amount(create_below)),))
    second = replace(APPROVES, grants=(replace(APPROVES.grants[0], above=amount(approve_above)),))
    assert ruling(judged("R05", of(first, second)), ME) is expected


def test_an_approvers_account_that_may_be_the_creators_leaves_it_open() -> None:
    oa_ = replace(APPROVES, accounts={"b1": account("b1")})
    known = facts(CREATES, oa_, people=[person("1001"), person("1002")])
    firm = company(known, POLICY, declared(known, {("oa", "b1"): ("1001", "1002")}))
    result = judged("R05", firm)
    assert ruling(result, ME) is ruling(result, "account:oa/b1") is UNCLEAR
    assert result.passed == 0
    firm = company(known, POLICY, declared(known, {("oa", "b1"): ("1002",)}))
    assert judged("R05", firm).passed == 1


def test_whoever_fails_already_is_not_also_in_doubt() -> None:
    oa_ = replace(APPROVES, accounts={**APPROVES.accounts, "b9": account("b9")},
                  memberships=(*APPROVES.memberships, Membership("b9", "boss")))  # fmt: skip
    known = facts(CREATES, oa_, people=[person("1001"), person("1002")])
    firm = company(known, POLICY, declared(known, {("oa", "b9"): ("1001",)}))
    assert [(v.subject, v.ruling) for v in judged("R05", firm).verdicts] == [(ME, FAILED)]


def test_one_account_with_both_sides_fails_whoever_uses_it() -> None:
    both = {"all": ["contract:add", "contract:approve"]}
    by = policy({**FUNCTIONS, "CONTRACT_APPROVE": {"crm": ["contract:approve"]}},
                risks=POLICY.risks.values())  # fmt: skip
    for kind, expected in (
        (AccountKind.PERSON, FAILED), (AccountKind.SHARED, FAILED), (AccountKind.SERVICE, EXCEPTED),
        (AccountKind.BUILT_IN, EXCEPTED),
    ):  # fmt: skip
        firm = of(system("crm", [account("x", kind=kind)], both, {"x": ["all"]}), by=by)
        result = judged("R05", firm)
        assert ruling(result, "account:crm/x") is expected
        assert failing(firm, result) == ({"account:crm/x"} if expected is FAILED else set())


def test_an_account_of_nobody_with_one_side_is_not_passed() -> None:
    nobody = system("oa", [account("b9")], {"boss": ["contract:approve"]}, {"b9": ["boss"]})
    result = judged("R05", of(CREATES, nobody))
    assert the(result, "account:oa/b9").reason == "rules.no_person"


def test_a_function_without_permissions_judges_nobody() -> None:
    result = judged("R05", of(CREATES, oa({"boss": ["other"]})))
    assert result.verdicts[0].reason == "rules.unbound"
    assert result.passed == 0


def test_nobody_is_known_to_be_free_of_it_while_one_system_is_dark() -> None:
    result = judged("R05", of(CREATES, unread(APPROVES, "memberships")))
    assert (result.passed, [v.subject for v in result.verdicts]) == (0, ["system:oa"])


def test_permissions_that_were_not_read_are_not_taken_for_missing() -> None:
    blank = unread(replace(APPROVES, permissions={}), "permissions")
    assert [v.reason for v in judged("R05", of(CREATES, blank)).verdicts] == ["rules.not_read"]


def test_an_administrator_that_no_table_binds_holds_both_sides() -> None:
    boss = replace(APPROVES, memberships=())
    boss = replace(boss, accounts={"b1": replace(boss.accounts["b1"], is_admin=True)})
    firm = of(CREATES, boss)
    result = judged("R05", firm)
    assert failing(firm, result) == {ME}
    assert any(h.what == "administrator" for p in the(result, ME).witness.paths for h in p.hops)


# R06


def paid(*steps: tuple[str, bool | None], creator: str = "B1", **more: object) -> Company:
    """A payment entered by a login, and its steps: who, approved."""
    accounts = [account("b1", "1001"), account("b2", "1002"), account("b9")]
    made = Document("P1", "payment", login(creator), created_at=ago(3))
    taken = tuple(
        Approval("P1", str(n), login(who), is_approved=said, at=ago(2))
        for n, (who, said) in enumerate(steps)
    )
    firm = system(
        "oa", accounts, {"x": ["pay:add"], "y": ["pay:approve"]}, {}, documents=(made,),
        approvals=taken, read=["documents", "approvals"],
    )  # fmt: skip
    return of(replace(firm, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("steps", "expected"), [
    ([("B1", True)], FAILED),
    ([("B2", True)], PASSED),
    ([("B1", True), ("B2", True)], EXCEPTED),
    ([("B1", False)], PASSED),
    ([("B1", None)], UNCLEAR),
    ([("B9", True)], UNCLEAR),
])  # fmt: skip
def test_a_payment_is_not_approved_by_whoever_entered_it(
    steps: list[tuple[str, bool | None]], expected: Ruling
) -> None:
    """A third human who approved it as well makes up for it: excepted, not passed."""
    result = judged("R06", paid(*steps))
    assert ruling(result, "document:oa/P1") is expected
    done = [v for v in result.verdicts if v.facet == "executed"]
    assert all(v.kind is RuleKind.DID for v in done)


def test_a_step_that_the_system_skipped_is_no_third_pair_of_eyes() -> None:
    base = paid(("B1", True), ("B2", True)).facts.systems["oa"]
    steps = (base.approvals[0], replace(base.approvals[1], is_automatic=True))
    assert ruling(judged("R06", of(replace(base, approvals=steps))), "document:oa/P1") is FAILED


def test_a_number_that_several_documents_bear_tells_nobody_apart() -> None:
    base = paid(("B1", True)).facts.systems["oa"]
    leave = replace(base.documents[0], type="leave")
    firm = of(replace(base, documents=(*base.documents, leave)))
    assert the(judged("R06", firm), "document:oa/P1").reason == "rules.r06.ambiguous"


def test_what_a_program_filed_was_entered_by_nobody_we_know() -> None:
    base = paid(("B1", True)).facts.systems["oa"]
    filed = replace(base.documents[0], creator=login("SYNC"))
    firm = replace(base, documents=(filed,), accounts={**base.accounts, "sync": service("sync")})
    assert the(judged("R06", of(firm)), "document:oa/P1").reason == "rules.r06.no_maker"


def test_a_delegate_who_acts_for_the_one_who_entered_it_is_the_same_side() -> None:
    base = paid(("B2", True))
    firm = base.facts.systems["oa"]
    lent = replace(firm.approvals[0], on_behalf_of=login("B1"))
    again = of(replace(firm, approvals=(lent,)))
    assert ruling(judged("R06", again), "document:oa/P1") is FAILED


def test_who_can_enter_and_approve_payments_fails_before_doing_it() -> None:
    firm = of(oa({"x": ["pay:add"], "y": ["pay:approve"]}))
    verdict = the(judged("R06", firm), ME)
    assert (verdict.kind, verdict.severity) == (RuleKind.CAN, Severity.CRITICAL)
    assert ruling(judged("R06", of(oa({"x": ["pay:add"], "y": ["pay:approve"]}, ["x"]))), ME) is (
        PASSED
    )


def test_payments_are_not_judged_where_approvals_were_not_read() -> None:
    base = paid(("B1", True)).facts.systems["oa"]
    result = judged("R06", of(unread(base, "approvals")))
    assert ruling(result, "system:oa") is UNCLEAR
    assert not any(v.subject.startswith("document") for v in result.verdicts)


# R07, R09


@pytest.mark.parametrize(("codes", "expected"), [
    (["vendor:edit", "pay:add"], FAILED), (["vendor:query", "pay:add"], PASSED),
    (["vendor:edit"], PASSED),
])  # fmt: skip
def test_who_pays_does_not_keep_the_vendors_but_may_look(
    codes: list[str], expected: Ruling
) -> None:
    others = {"rest": ["vendor:edit", "pay:add", "pay:approve"]}
    firm = of(oa({"mine": codes, **others}, ["mine"]))
    result = judged("R07", firm)
    assert ruling(result, ME) is expected
    assert failing(firm, result) == ({ME} if expected is FAILED else set())


def test_vendors_are_not_judged_where_grants_were_not_read() -> None:
    firm = of(unread(oa({"mine": ["vendor:edit", "pay:add"]}), "grants"))
    assert ruling(judged("R07", firm), "system:oa") is UNCLEAR


OFFICERS = {"a": ["user:edit"], "b": ["role:edit"], "c": ["log:query"]}
SMALL_FIRM = Exemption("R09", ME, "Wang", "two people for three posts", NOW.date(),
                       "officers_system_security")  # fmt: skip


def test_two_posts_of_the_three_officers_in_one_human_fail() -> None:
    firm = of(oa(OFFICERS, ["a", "b"]))
    assert failing(firm, judged("R09", firm)) == {ME}
    assert judged("R09", of(oa(OFFICERS, ["a"]))).passed == 1
    assert ruling(judged("R09", of(oa(OFFICERS, ["a", "c"]))), ME) is FAILED


@pytest.mark.parametrize(("until", "expected"), [
    (timedelta(), EXCEPTED), (timedelta(days=30), EXCEPTED), (timedelta(days=-1), FAILED),
])  # fmt: skip
def test_a_small_company_lists_an_exception_which_ends(until: timedelta, expected: Ruling) -> None:
    """The last day counts as a business day: it is noon there while it is four in UTC."""
    excepted = replace(SMALL_FIRM, until=NOW.date() + until)
    firm = of(oa(OFFICERS, ["a", "b"]), by=replace(POLICY, exemptions=(excepted,)))
    verdict = the(judged("R09", firm), ME)
    assert verdict.ruling is expected
    assert verdict.exemption == excepted


def test_an_exception_for_one_pair_excuses_no_other() -> None:
    firm = of(oa(OFFICERS), by=replace(POLICY, exemptions=(SMALL_FIRM,)))
    found = {v.facet: v.ruling for v in judged("R09", firm).verdicts}
    assert found == {"officers_system_security": EXCEPTED, "officers_system_audit": FAILED}


def test_officers_are_not_judged_where_roles_were_not_read() -> None:
    assert ruling(judged("R09", of(unread(oa(OFFICERS), "roles"))), "system:oa") is UNCLEAR


# R10


def test_whoever_can_delete_logs_fails_and_more_so_an_auditor() -> None:
    roles = {"audit": ["log:query"], "clean": ["log:remove"]}
    firm = of(oa(roles))
    assert the(judged("R10", firm), ME).reason == "rules.r10.both"
    alone = of(oa(roles, ["clean"]))
    assert failing(alone, judged("R10", alone)) == {ME}
    assert judged("R10", of(oa(roles, ["audit"]))).passed == 1


def test_a_program_that_clears_logs_is_shown_and_no_failure() -> None:
    firm = system("oa", [service("job"), account("b1", "1001")], {"clean": ["log:remove"]},
                  {"job": ["clean"]})  # fmt: skip
    result = judged("R10", of(firm))
    assert ruling(result, "account:oa/job") is EXCEPTED
    assert result.passed == 1


def test_who_deletes_logs_is_not_known_where_no_permission_says_so() -> None:
    result = judged("R10", of(oa({"audit": ["log:query"]})))
    assert [v.reason for v in result.verdicts] == ["rules.unbound"]


# R12


def exporter(*done: Activity, log_from: float | None = 200, **more: object) -> System:
    firm = crm({"x": ["customer:export"]}, activity=done, read=["operations"])
    begun = None if log_from is None else ago(log_from)
    return replace(firm, log_from=begun, **more)  # type: ignore[arg-type]


def did(action: str = "export_all", days: float = 5, who: Ref | None = None) -> Activity:
    return Activity(who or login("A1"), action, 2, ago(days), ago(days), "L1")


EXPORTER = "account:crm/a1"


@pytest.mark.parametrize(("firm", "expected"), [
    (exporter(did()), PASSED),
    (exporter(did("query")), FAILED),
    (exporter(did(days=91)), FAILED),
    (exporter(), FAILED),
    (exporter(log_from=20), UNCLEAR),
    (exporter(did(), log_from=20), PASSED),
    (exporter(log_from=None), UNCLEAR),
    (exporter(accounts={"a1": account("a1", "1001", created_at=ago(30))}), PASSED),
    (exporter(memberships=(Membership("a1", "x", since=ago(3)),)), PASSED),
    (exporter(memberships=(Membership("a1", "x", since=ago(93)),)), FAILED),
])  # fmt: skip
def test_an_export_right_that_nobody_used_fails_if_the_log_is_old_enough(
    firm: System, expected: Ruling
) -> None:
    """A log that began twenty days ago says nothing of ninety; a right given three days ago could
    not be used before."""
    made = of(firm)
    result = judged("R12", made)
    assert ruling(result, EXPORTER) is expected
    assert failing(made, result) == ({EXPORTER} if expected is FAILED else set())


def test_a_login_that_two_accounts_bear_proves_no_use_and_no_disuse() -> None:
    twins = {i: account(i, login="SAME") for i in ("a1", "a2")}
    firm = exporter(did(who=login("SAME")), accounts=twins)
    assert ruling(judged("R12", of(firm)), EXPORTER) is UNCLEAR


def test_without_an_action_bound_to_exporting_use_cannot_be_seen() -> None:
    by = policy(FUNCTIONS, strong=("CUST_EXPORT",))
    verdict = the(judged("R12", of(exporter(), by=by)), EXPORTER)
    assert verdict.reason == "rules.no_actions"


def test_a_system_without_a_log_is_not_judged() -> None:
    firm = crm({"x": ["customer:export"]})
    assert the(judged("R12", of(firm)), EXPORTER).reason == "rules.no_log"


# R22


def guard(last: float | None, *done: Activity, **more: object) -> System:
    """An administrator who last signed in so many days ago, beside one who is there daily."""
    base = account("b1", "1001", last_login=None if last is None else ago(last))
    mine = replace(base, **more)  # type: ignore[arg-type]
    firm = oa({"x": ["user:edit"]}, activity=done)
    return replace(firm, accounts={"b1": mine, "b2": account("b2", "1002")})


@pytest.mark.parametrize(("firm", "expected"), [
    (guard(89), PASSED),
    (guard(91), FAILED),
    (guard(91, Activity(login("B1"), "any", 1, ago(8), ago(8), "L")), PASSED),
    (guard(None), UNCLEAR),
    (guard(None, created_at=ago(10)), PASSED),
    (guard(91, kind=AccountKind.BUILT_IN, person=None), FAILED),
    (guard(91, is_enabled=False), PASSED),
])  # fmt: skip
def test_a_strong_right_that_lies_dormant_fails(firm: System, expected: Ruling) -> None:
    made = of(firm)
    result = judged("R22", made)
    assert ruling(result, "account:oa/b1") is expected
    assert failing(made, result) == ({"account:oa/b1"} if expected is FAILED else set())


def test_a_dormant_account_without_strong_functions_is_nobodys_concern() -> None:
    firm = replace(guard(91), memberships=())
    assert [v.reason for v in judged("R22", of(firm)).verdicts] == ["rules.no_strong"]


def test_a_system_that_keeps_no_sign_ins_is_said_to_keep_none() -> None:
    base = guard(None)
    bare = replace(base, accounts={"b1": base.accounts["b1"]})
    assert the(judged("R22", of(bare)), "account:oa/b1").reason == "rules.r22.keeps_none"


def test_sign_ins_that_are_kept_elsewhere_are_not_missed_here() -> None:
    setting = RuleSetting("R22", settings={"logins_elsewhere": ("oa",)})
    by = replace(POLICY, rules={"R22": setting})
    assert the(judged("R22", of(guard(91), by=by)), "account:oa/b1").reason == (
        "rules.r22.elsewhere"
    )


# R25


def host(**codes: list[str]) -> System:
    """A host whose root holds everything; by account, what the others hold."""
    accounts = [account("h1", "1001"), account("h2", "1002")]
    roles = {"spare": ["root", "backup:remove", "restore"], **codes}
    return system("host", accounts, roles, {who: [who] for who in codes}, semantics="plain")


DELETES = crm({"x": ["customer:remove"]})


@pytest.mark.parametrize(("second", "expected"), [
    (host(h1=["backup:remove"]), FAILED), (host(h1=["root"]), FAILED),
    (host(h1=["restore"], h2=["restore"]), PASSED), (host(h2=["backup:remove"]), PASSED),
])  # fmt: skip
def test_customers_and_their_backups_are_not_deleted_by_one_hand(
    second: System, expected: Ruling
) -> None:
    """Root on the host of the database implies all of it."""
    firm = of(DELETES, second)
    result = judged("R25", firm)
    assert ruling(result, ME) is expected
    assert (ME in failing(firm, result)) == (expected is FAILED)


@pytest.mark.parametrize(("second", "expected"), [
    (host(h1=["restore"]), FAILED), (host(h1=["restore"], h2=["root"]), PASSED), (host(), UNCLEAR),
])  # fmt: skip
def test_more_than_one_person_can_restore(second: System, expected: Ruling) -> None:
    result = judged("R25", of(DELETES, second))
    assert ruling(result, "function:RESTORE") is expected
    assert all(v.kind is RuleKind.GAP for v in result.verdicts if v.facet == "restore")


def test_an_account_of_nobody_may_be_a_second_restorer() -> None:
    firm = host(h1=["restore"], h2=["restore"])
    firm = replace(firm, accounts={**firm.accounts, "h2": account("h2")})
    assert ruling(judged("R25", of(DELETES, firm)), "function:RESTORE") is UNCLEAR


def test_a_program_that_restores_stands_in_for_nobody() -> None:
    firm = host(h1=["restore"], h2=["restore"])
    firm = replace(firm, accounts={**firm.accounts, "h2": service("h2")})
    assert ruling(judged("R25", of(DELETES, firm)), "function:RESTORE") is FAILED


def test_backups_are_not_judged_where_no_host_was_read() -> None:
    result = judged("R25", of(DELETES))
    assert {v.reason for v in result.verdicts} == {"rules.unbound"}
    assert result.passed == 0


# R27


def crowd(roles: int, users: int, **more: object) -> System:
    made = {f"r{n:03}": [f"p{n}"] for n in range(roles)}
    return system("crm", [account(f"u{n}") for n in range(users)], made, {}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("firm", "expected"), [
    (crowd(21, 40), FAILED), (crowd(20, 40), PASSED), (crowd(19, 5), PASSED),
])  # fmt: skip
def test_roles_that_outgrow_their_users_fail(firm: System, expected: Ruling) -> None:
    assert ruling(judged("R27", of(firm)), "roles:crm") is expected


def test_roles_that_give_the_same_fail_but_templates_and_other_scopes_do_not() -> None:
    roles = {
        "a": ["p", "q", "@own"], "b": ["q", "p", "@own"], "wide": ["p", "q"], "empty": [],
        "void": [],
    }  # fmt: skip
    firm = of(system("crm", [account("u")], roles))
    assert failing(firm, judged("R27", firm)) == {"role:crm/b"}
    setting = RuleSetting("R27", settings={"templates": ("a",)})
    by = replace(POLICY, rules={"R27": setting})
    assert judged("R27", of(system("crm", [account("u")], roles), by=by)).failed == 0


def test_roles_that_came_with_the_system_or_are_off_do_not_count() -> None:
    base = system("crm", [account("u")], {"a": ["p"], "b": ["p"]})
    for change in ({"is_built_in": True}, {"is_enabled": False}):
        roles = {**base.roles, "b": replace(base.roles["b"], **change)}  # type: ignore[arg-type]
        assert judged("R27", of(replace(base, roles=roles))).failed == 0


def test_roles_are_not_judged_where_grants_were_not_read() -> None:
    result = judged("R27", of(unread(crowd(30, 3), "grants")))
    assert (ruling(result, "system:crm"), result.population) == (UNCLEAR, 0)


# All of them


def widened(base: Company, extra: tuple[str, str]) -> Company:
    """The company with one more permission for 1001."""
    where, code = extra
    old = base.facts.systems[where]
    mine = next(iter(old.accounts))
    more = replace(
        old,
        permissions={**old.permissions, code: Permission(code, code)},
        roles={**old.roles, "extra": Role("extra", "extra", "extra", scope=Scope.ALL)},
        grants=(*old.grants, Grant("extra", code, Node.ROLE)),
        memberships=(*old.memberships, Membership(mine, "extra")),
    )
    systems = {**base.facts.systems, where: more}
    return company(replace(base.facts, systems=systems), base.policy)


EXTRAS = [
    (where, code)
    for bound in FUNCTIONS.values()
    for where, codes in bound.items()
    if where in ("crm", "oa")
    for code in codes
    if "*" not in code
]
BASES = (
    of(crm({"x": ["customer:query"]}), oa(OFFICERS)),
    of(crm({"x": ["customer:query"]}), oa({"y": ["pay:add", "pay:approve"]}), job="head"),
    of(CREATES, APPROVES, job=None),
    of(crm({"x": ["customer:remove", "contract:add"]}), oa({"y": ["vendor:edit", "log:remove"]})),
)  # fmt: skip


@pytest.mark.parametrize("rule", ["R01", "R02", "R03", "R05", "R06", "R07", "R09", "R10", "R25"])
def test_one_more_grant_never_mends_what_fails(rule: str) -> None:
    for base in BASES:
        before = {
            (v.subject, v.facet)
            for v in judged(rule, base).verdicts
            if v.ruling is FAILED and v.kind is RuleKind.CAN
        }
        for extra in EXTRAS:
            wider = widened(base, extra)
            assert before <= {
                (v.subject, v.facet) for v in judged(rule, wider).verdicts if v.ruling is FAILED
            }, extra


def test_a_person_whom_a_table_names_by_number_is_one_human() -> None:
    firm = of(CREATES, APPROVES)
    assert firm.human("crm", Ref("1001", RefersTo.PERSON)) == "1001"
